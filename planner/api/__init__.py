"""The public Python API: wiring only, one module per family of verbs.

The functions follow the closed loop, each taking what the one before it returns:

    profile = api.profile("torchvision:resnet18", api.ProfileOptions(backend="onnx"))
    document = api.plan(profile, api.read_cluster("cluster.yaml"))
    partition = api.emit(document, "torchvision:resnet18", "parts")
    result = api.run(partition, api.RunOptions(emulate_links=True))
"""

from netmodel.probe_records import Probe
from planner.api.documents import describe
from planner.api.files import (
    read_cluster,
    read_instance,
    read_plan,
    read_plan_or_run,
    read_profile,
    read_run,
    read_speed,
)
from planner.api.plans import pareto, place, plan, remedy
from planner.api.probes import probe, probe_between
from planner.api.profiles import capture, carry, measure_speed, profile
from planner.api.reports import alternatives, explain, report
from planner.api.runs import emit, emit_all, run, start
from planner.api.sweeps import sweep, sweep_bandwidth, sweep_granularity, sweep_memory
from planner.engines.interface import RunOptions, RunResult
from planner.explanation import Explanation
from planner.limits import Limits, Order
from planner.objectives import (
    LATENCY,
    NODES,
    PRICE,
    THROUGHPUT,
    Objective,
    latency_quantile,
    makespan,
)
from planner.plan_options import PlanOptions
from planner.saved_run import SavedRun
from planner.solution import PlanDocument
from profiler.profile_options import ProfileOptions

__all__ = [
    "LATENCY", "NODES", "PRICE", "THROUGHPUT", "Explanation", "Limits", "Objective", "Order",
    "PlanDocument", "PlanOptions", "Probe", "ProfileOptions", "RunOptions", "RunResult", "SavedRun",
    "alternatives", "capture", "carry", "describe", "emit", "emit_all", "explain",
    "latency_quantile", "makespan", "measure_speed", "pareto", "place", "plan", "probe",
    "probe_between", "profile", "read_cluster", "read_instance", "read_plan", "read_plan_or_run",
    "read_profile", "read_run", "read_speed", "remedy", "report", "run", "start", "sweep",
    "sweep_bandwidth", "sweep_granularity", "sweep_memory",
]  # fmt: skip
