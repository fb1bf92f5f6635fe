"""Small random instances, and a second, slow statement of the rules of latency to judge ours by.

Nothing here uses the code under test: prices come from a fixed point over start times, validity
from the merged graph, and optima from trying every assignment.
"""

import math
import random
from pathlib import Path

import networkx as nx

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
    operators = problem.operators
    for number in set(device) - {HOST}:
        held = [v for v, other in enumerate(device) if other == number]
        if number >= problem.n_accelerators:
            return False
        if sum(operators[v].size_bytes for v in held) > problem.cap_bytes:
            return False
        if not all(operators[v].on_accelerator for v in held):
            return False
    for a, one in enumerate(operators):
        for b, other in enumerate(operators):
            if one.colour is not None and one.colour == other.colour and device[a] != device[b]:
                return False
    return nx.is_directed_acyclic_graph(_merged(problem, device))


def finish_s(problem, device):
    """Latest finish, by relaxing all start times until none changes."""
    operators, edges = problem.operators, problem.edges
    done = [0.0] * len(operators)
    for _ in range(len(operators) + 1):
        for v, number in enumerate(device):
            held = [u for u, other in enumerate(device) if u == v or number == other != HOST]
            reads = {a for a, b in edges if b in held and a not in held}
            sends = {a for a, b in edges if a in held and b not in held}
            run_s = operators[v].cpu_s
            if number != HOST:
                run_s = sum(operators[u].accelerator_s for u in held)
                run_s += sum(operators[u].transfer_s for u in reads)
                run_s += sum(operators[u].transfer_s for u in sends)
            done[v] = max((done[u] for u in reads), default=0.0) + run_s
    return max(done)


def least_s(problem):
    """The least latency of all placements that are allowed, accelerators being alike."""
    best = math.inf
    n = len(problem.operators)

    def extend(device, n_used):
        nonlocal best
        if len(device) == n:
            if is_allowed(problem, device):
                best = min(best, finish_s(problem, device))
            return
        for number in range(HOST, min(n_used + 1, problem.n_accelerators)):
            extend([*device, number], max(n_used, number + 1))

    extend([], 0)
    return best


def _merged(problem, device):
    name = [v if number == HOST else ("block", number) for v, number in enumerate(device)]
    graph = nx.DiGraph()
    graph.add_nodes_from(name)
    graph.add_edges_from((name[a], name[b]) for a, b in problem.edges if name[a] != name[b])
    return graph
