"""What `partway plan --instance` prints, and nothing computed here."""

from __future__ import annotations

from rich.table import Table

from netmodel.units import format_size
from planner.cli.tables import plain_table
from planner.placement.instance import PlacementInstance
from planner.placement.placement import PlacementSolution, is_accelerator


def devices_table(instance: PlacementInstance, solution: PlacementSolution) -> Table:
    """A row per device that runs something."""
    table = plain_table(
        f"{instance.name}: {len(instance.operators)} operators",
        ["device"],
        ["operators", "compute", "memory", "cap"],
    )
    if solution.placement is None:
        return table
    for device in solution.placement.used_devices():
        members = [instance.operators[place] for place in solution.placement.members(device)]
        fast = is_accelerator(device)
        seconds = sum(o.accelerator_s if fast else o.cpu_s for o in members)
        used = format_size(sum(o.size_bytes for o in members))
        memory = (used, format_size(instance.cap_bytes)) if fast else ("–", "–")
        table.add_row(device, str(len(members)), _ms(seconds), *memory)
    return table


def placement_summary(instance: PlacementInstance, solution: PlacementSolution) -> str:
    """Value, proof, method, and what was not proved."""
    value, bound, gap = solution.value_s, solution.lower_bound_s, solution.gap
    what = "largest load of a device" if solution.objective == "throughput" else "finish time"
    lines = [f"{solution.status.value} by {solution.method}"]
    if value is not None and bound is not None:
        gap_text = f", gap {gap:.2%}" if gap else ""
        lines.append(f"{what} {_ms(value)}, no placement is below {_ms(bound)}{gap_text}")
    if solution.reason:
        lines.append(solution.reason)
    processors = (
        f"{instance.n_cpus} processors"
        if solution.objective == "throughput"
        else "as many processors as operators need (for the latency maxCPUs is not looked at)"
    )
    lines.append(
        f"on {instance.n_accelerators} accelerators of {format_size(instance.cap_bytes)} and "
        f"{processors}; all numbers computed from the file's latencies and costs"
    )
    return "\n".join(lines)


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.3f} ms"
