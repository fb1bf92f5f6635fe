"""How far predicted latency is from measured latency, over ten plans of one model."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from netmodel.cluster import Cluster
from planner import api
from planner.costs.evaluate import evaluate
from planner.files import write_record, write_text_atomic
from planner.partition import Partition
from planner.problem import Problem, build_problem
from planner.solution import Solution, Status
from profiler.capture import CapturedModel
from profiler.profile_options import Rounds, rounds_within
from profiler.profile_records import Profile

HERE = Path(__file__).parent
MODEL = "torchvision:resnet18"
# Cuts are block boundaries of ResNet-18 (0 conv1…maxpool, 1-2 layer1, 3-4 layer2, 5-6 layer3,
# 7-8 layer4, 9 avgpool…fc); nodes are those of cluster.yaml. Sensible plans and odd ones.
PLANS: tuple[tuple[tuple[int, ...], tuple[str, ...]], ...] = (
    ((), ("device",)),
    ((), ("server",)),
    ((1,), ("device", "server")),
    ((5,), ("device", "server")),
    ((8,), ("edge", "server")),
    ((3,), ("edge", "server")),
    ((2, 7), ("device", "edge", "server")),
    ((1, 9), ("device", "edge", "server")),
    ((5, 6), ("server", "edge", "device")),
    ((4, 8), ("edge", "device", "server")),
)
# A smoke cuts a smaller model, which has blocks of these numbers, too.
SMOKE_MODEL, SMOKE_PLANS, SMOKE_BUDGET_S = "torchvision:squeezenet1_1", PLANS[5:7], 1.0
HEADER = (
    "backend", "plan", "cuts", "nodes", "predicted (s)", "measured (s)", "p10 (s)", "p90 (s)",
    "requests", "error", "compute error", "transfer error",
)  # fmt: skip


def main() -> None:
    """Profiles, then emits and runs every plan twice in opposite orders, and writes the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", choices=("torch", "onnx"), default="onnx")
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--smoke", action="store_true", help="a smaller model, two plans")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/prediction"))
    options = parser.parse_args()
    model, plans = (SMOKE_MODEL, SMOKE_PLANS) if options.smoke else (MODEL, PLANS)
    rounds = rounds_within(SMOKE_BUDGET_S) if options.smoke else Rounds()
    n_requests = 3 if options.smoke else options.requests
    cluster = api.read_cluster(HERE / "cluster.yaml")
    captured = api.capture(model)
    profile = api.profile(captured, api.ProfileOptions(backend=options.backend, rounds=rounds))
    write_record(options.output / f"{options.backend}.profile.json", profile)
    print(
        f"profile: whole {profile.whole.latency}, blocks over whole "
        f"{profile.whole.blocks_over_whole:.3f}, noise {profile.whole.noise:.1%}"
    )
    with tempfile.TemporaryDirectory() as folder:
        partitions = list(emit_all(captured, profile, cluster, plans, Path(folder)))
        order = list(enumerate(partitions))
        rows = [
            row(options.backend, number, partition, n_requests)
            for number, partition in (*order, *reversed(order))
        ]
    text = "\n".join(",".join(map(str, line)) for line in (HEADER, *rows)) + "\n"
    write_text_atomic(options.output / f"{options.backend}.csv", text)
    summarise([float(line[9]) for line in rows])


def emit_all(
    captured: CapturedModel,
    profile: Profile,
    cluster: Cluster,
    plans: tuple[tuple[tuple[int, ...], tuple[str, ...]], ...],
    folder: Path,
) -> Iterator[Partition]:
    """Every plan as a folder of stages."""
    problem = build_problem(profile, cluster)
    for number, (cuts, nodes) in enumerate(plans):
        document = api.describe(profile, cluster, problem, chosen(problem, cuts, nodes))
        yield api.emit(document, captured, folder / str(number))


def chosen(problem: Problem, cuts: tuple[int, ...], nodes: tuple[str, ...]) -> Solution:
    """A plan that this experiment chose, not a solver."""
    plan = problem.plan(cuts, nodes)
    value = evaluate(problem, plan).latency_s
    return Solution(status=Status.FEASIBLE, method="chosen by hand", plan=plan, value=value)


def row(backend: str, number: int, partition: Partition, n_requests: int) -> tuple[object, ...]:
    """Runs a partition with paced links and slowed nodes; errors are predicted over measured."""
    options = api.RunOptions(requests=n_requests, emulate_links=True, emulate_speeds=True)
    measured = api.run(partition, options).measurement
    predicted = partition.document.estimate
    if predicted is None or measured.requests is None:
        raise RuntimeError("a partition without an estimate")
    compute = [sum(s.compute_s for s in b.stages) for b in (predicted, measured)]
    transfer = [sum(h.transfer_s for h in b.hops) for b in (predicted, measured)]
    spread = measured.requests
    line = (
        backend, number,
        " ".join(str(stage.start) for stage in predicted.stages[1:]),
        " ".join(stage.node for stage in predicted.stages),
        f"{predicted.latency_s:.6f}", f"{measured.latency_s:.6f}",
        f"{spread.p10_s:.6f}", f"{spread.p90_s:.6f}", spread.n,
        f"{predicted.latency_s / measured.latency_s - 1:+.4f}",
        f"{compute[0] / compute[1] - 1:+.4f}",
        f"{transfer[0] / transfer[1] - 1:+.4f}",
    )  # fmt: skip
    print(*line, sep="  ", flush=True)
    return line


def summarise(errors: list[float]) -> None:
    """Prints the median and the worst error."""
    sizes = [abs(error) for error in errors]
    print(
        f"{len(errors)} runs: median |error| {statistics.median(sizes):.1%}, "
        f"worst {max(sizes):.1%}, mean signed {statistics.mean(errors):+.1%}"
    )


if __name__ == "__main__":
    main()
