"""Small random instances, and a second, slow statement of the rules of latency to judge ours by.

Nothing here uses the code under test: prices come from a fixed point over start times, validity
from the merged graph, and optima from trying every assignment.
"""

import math
import random
from pathlib import Path

from planner.placement.instance import Operator, PlacementInstance

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT.parent / "shared" / "workloads" / "latency"
HOST = -1


def operator(place, **changes):
    fields = {
        "cpu_s": 10.0,
        "accelerator_s": 1.0,
        "transfer_s": 0.0,
        "size_bytes": 1.0,
        "on_accelerator": True,
    }
    return Operator(id=place, **{**fields, **changes})


def instance(operators, edges, *, k=2, cap_bytes=100.0, n_cpus=1):
    return PlacementInstance(
        name="small",
        operators=tuple(operators),
        edges=tuple(edges),
        n_accelerators=k,
        n_cpus=n_cpus,
        cap_bytes=cap_bytes,
    )


def random_instance(seed, *, most=7, idle=0.0):
    """Colours, caps, transfers, unsupported operators and idle accelerators all occur.

    That part of the operators which is idle takes no time on the host, and often none at all.
    """
    rng = random.Random(seed)
    n = rng.randint(1, most)
    places = list(range(n))
    rng.shuffle(places)
    density, factor = rng.choice([0.2, 0.4, 0.6]), rng.choice([1, 3, 10])
    is_coloured = rng.random() < 0.7
    operators = [
        operator(
            place,
            cpu_s=factor * rng.choice([0, 0, 1, 2, 3, 5]),
            accelerator_s=rng.choice([0, 0, 1, 2, 3, 5]),
            transfer_s=rng.choice([0, 0, 1, 2, 3]),
            size_bytes=rng.choice([0, 0, 1, 2, 3, 5]),
            on_accelerator=rng.random() < 0.9,
            colour=rng.randint(0, 2) if is_coloured and rng.random() < 0.5 else None,
        )
        for place in range(n)
    ]
    for place in range(n):
        if rng.random() < idle:
            weightless = {"accelerator_s": 0.0, "size_bytes": 0.0} if rng.random() < 0.6 else {}
            changes = {"cpu_s": 0.0, **weightless}
            operators[place] = operators[place].model_copy(update=changes)
    edges = [(places[a], places[b]) for b in range(n) for a in range(b) if rng.random() < density]
    cap_bytes = rng.choice([0.0, 4.0, 8.0, 12.0, 100.0])
    return instance(operators, edges, k=rng.randint(0, 3), cap_bytes=cap_bytes)


def is_allowed(problem, device):
    return _holds_its_operators(problem, device) and _is_acyclic(_merged(problem, device))


def _holds_its_operators(problem, device):
    """Caps, what devices can run, and colours, of the first operators; no more can mend them."""
    operators = problem.operators[: len(device)]
    for number in set(device) - {HOST}:
        held = [operators[v] for v, other in enumerate(device) if other == number]
        if number >= problem.n_accelerators:
            return False
        if sum(one.size_bytes for one in held) > problem.cap_bytes:
            return False
        if not all(one.on_accelerator for one in held):
            return False
    place_of = {}
    return all(
        one.colour is None or place_of.setdefault(one.colour, number) == number
        for one, number in zip(operators, device, strict=True)
    )


def finish_s(problem, device):
    """Latest finish, by relaxing all start times until none changes."""
    operators, edges = problem.operators, problem.edges
    waits, run_s = [], []
    for v, number in enumerate(device):
        held = [u for u, other in enumerate(device) if u == v or number == other != HOST]
        reads = {a for a, b in edges if b in held and a not in held}
        sends = {a for a, b in edges if a in held and b not in held}
        waits.append(reads)
        if number == HOST:
            run_s.append(operators[v].cpu_s)
        else:
            parts = [operators[u].accelerator_s for u in held]
            parts += [operators[u].transfer_s for u in (*reads, *sends)]
            run_s.append(sum(parts))
    done = [0.0] * len(operators)
    for _ in range(len(operators) + 1):
        before = list(done)
        for v, reads in enumerate(waits):
            done[v] = max((done[u] for u in reads), default=0.0) + run_s[v]
        if done == before:
            break
    return max(done)


def least_s(problem):
    """The least latency of all placements that are allowed, accelerators being alike."""
    best = math.inf
    n = len(problem.operators)

    def extend(device, n_used):
        nonlocal best
        if not _holds_its_operators(problem, device):
            return
        if len(device) == n:
            if is_allowed(problem, device):
                best = min(best, finish_s(problem, device))
            return
        for number in range(HOST, min(n_used + 1, problem.n_accelerators)):
            extend([*device, number], max(n_used, number + 1))

    extend([], 0)
    return best


def _merged(problem, device):
    """What each operator alone on the host, or all of a device as one, waits for."""
    name = [v if number == HOST else ("block", number) for v, number in enumerate(device)]
    waits = {one: set() for one in name}
    for a, b in problem.edges:
        if name[a] != name[b]:
            waits[name[b]].add(name[a])
    return waits


def _is_acyclic(waits):
    """Whether all can be taken away, each once nothing that it waits for is left."""
    left = set(waits)
    while ready := {one for one in left if not waits[one] & left}:
        left -= ready
    return not left
