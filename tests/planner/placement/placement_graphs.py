"""Small random placement instances, and an oracle that tries every assignment.

The oracle shares nothing with the package: sets are bit masks, and the price is written out again.
"""

from itertools import product

from planner.placement.instance import Operator, PlacementInstance


def instance(rows, edges=(), *, k=2, cpus=1, cap=1e9, name="small"):
    """Rows are dicts of what differs from a supported operator of 1 s, 10 s on a processor."""
    operators = tuple(
        Operator(
            id=row.get("id", place),
            cpu_s=row.get("cpu", 10.0),
            accelerator_s=row.get("acc", 1.0),
            transfer_s=row.get("out", 0.0),
            size_bytes=row.get("size", 0.0),
            on_accelerator=row.get("runs", True),
            colour=row.get("colour"),
            backward=row.get("backward", False),
        )
        for place, row in enumerate(rows)
    )
    return PlacementInstance(
        name=name,
        operators=operators,
        edges=tuple(edges),
        n_accelerators=k,
        n_cpus=cpus,
        cap_bytes=cap,
    )


def random_instance(random, *, most=7):
    n = random.randint(1, most)
    density, colours = random.choice((0.1, 0.3, 0.6)), random.choice((0, 0, 2, 4))
    edges = [(i, j) for j in range(n) for i in range(j) if random.random() < density]
    rows = [_row(random, colours) for _ in range(n)]
    caps = (1e9, 1e9, 3.0, 6.0, 10.0)
    k, cpus = random.choice((0, 1, 2, 2, 3)), random.choice((0, 0, 1, 1, 2))
    # Names in the file need not follow the order.
    places = random.sample(range(n), n)
    return instance(
        [rows[places.index(i)] for i in range(n)],
        [(places[i], places[j]) for i, j in edges],
        k=k,
        cpus=cpus,
        cap=random.choice(caps),
    )


def random_training_instance(random, *, mirrored, most=4):
    """Forward operators and a backward pass: its exact mirror image, or one with differences."""
    n = random.randint(1, most)
    edges = [(i, j) for j in range(n) for i in range(j) if random.random() < 0.5]
    forward = [_row(random, 0) | {"colour": i} for i in range(n)]
    backward = [_row(random, 0) | {"colour": i, "backward": True} for i in range(n)]
    back_edges = [(n + j, n + i) for i, j in edges]
    if not mirrored:
        for row in backward:
            if random.random() < 0.3:
                row["colour"] = None
        back_edges = [edge for edge in back_edges if random.random() < 0.8]
        extra = [(n + j, n + i) for j in range(n) for i in range(j) if random.random() < 0.2]
        back_edges = sorted({*back_edges, *extra})
    across = [(i, n + i) for i in range(n) if random.random() < 0.7]
    return instance(
        forward + backward,
        [*edges, *back_edges, *across],
        k=random.choice((1, 2, 3)),
        cpus=random.choice((0, 1)),
        cap=random.choice((1e9, 8.0)),
    )


def _row(random, colours):
    return {
        "acc": random.choice((0, 0, 1, 2, 3, 5)),
        "cpu": random.choice((0, 0, 1, 4, 20, 30)),
        "out": random.choice((0, 1, 1, 2, 4)),
        "size": random.choice((0, 0, 1, 2, 3)),
        "runs": random.random() < 0.9,
        "colour": random.randrange(colours) if colours and random.random() < 0.6 else None,
    }


def oracle_s(problem):
    """Least value over all contiguous placements; none if there is none."""
    devices = [("acc", i) for i in range(problem.n_accelerators)]
    devices += [("cpu", i) for i in range(problem.n_cpus)]
    ends = [
        (op.transfer_s, {i, *(b for a, b in problem.edges if a == i)})
        for i, op in enumerate(problem.operators)
        if any(a == i for a, _ in problem.edges)
    ]
    best = None
    for labels in product(range(len(devices)), repeat=len(problem.operators)):
        if not _first_use_in_order(labels, devices):
            continue
        value = _value(problem, labels, devices, ends)
        if value is not None and (best is None or value < best) and _is_contiguous(problem, labels):
            best = value
    return best


def _first_use_in_order(labels, devices):
    """Devices of a kind are alike: only placements that use them in order are looked at."""
    seen = {"acc": 0, "cpu": 0}
    for label in labels:
        kind, number = devices[label]
        if number > seen[kind]:
            return False
        seen[kind] = max(seen[kind], number + 1)
    return True


def _value(problem, labels, devices, ends):
    loads, sizes, colours = [0.0] * len(devices), [0.0] * len(devices), {}
    for operator, label in zip(problem.operators, labels, strict=True):
        on_accelerator = devices[label][0] == "acc"
        if on_accelerator and not operator.on_accelerator:
            return None
        if operator.colour is not None and colours.setdefault(operator.colour, label) != label:
            return None
        loads[label] += operator.accelerator_s if on_accelerator else operator.cpu_s
        sizes[label] += operator.size_bytes if on_accelerator else 0
    if max(sizes) > problem.cap_bytes:
        return None
    for transfer, places in ends:
        using = {labels[place] for place in places}
        if len(using) > 1:
            for label in using:
                loads[label] += transfer if devices[label][0] == "acc" else 0
    return max(loads)


def _is_contiguous(problem, labels):
    operators = problem.operators
    used = sorted(set(labels))
    ahead = set()
    mated = {op.colour for op in operators if not op.backward and op.colour is not None}
    for a, b in problem.edges:
        if not operators[a].backward and not operators[b].backward:
            ahead.add((labels[a], labels[b]))
        elif (operators[a].backward and operators[b].backward) and (
            not {operators[a].colour, operators[b].colour} <= mated
        ):
            ahead.add((labels[b], labels[a]))
    if any((x, x) in _closure(ahead, used) for x in used):
        return False
    backward = {(a, b) for a, b in problem.edges if operators[a].backward and operators[b].backward}
    reach = _closure(backward, range(len(operators)))
    return not any(
        labels[a] == labels[c] != labels[b] and (b, c) in reach
        for a, b in reach
        for c in range(len(labels))
    )


def _closure(pairs, elements):
    closed = {(a, b) for a, b in pairs if a != b}
    for middle in elements:
        into = [a for a, b in closed if b == middle]
        out = [b for a, b in closed if a == middle]
        closed |= {(a, b) for a in into for b in out}
    return closed


def attention(random, *, layers, heads, chain=4, **machine):
    """Layers of parallel heads, each a chain of operators with weights, joined and skipped over."""
    rows, edges = [{}], []

    def add(**row):
        rows.append({"out": random.uniform(0.1, 2.0), **row})
        return len(rows) - 1

    last = 0
    for _ in range(layers):
        ends = []
        for _ in range(heads):
            end = last
            for _ in range(chain):
                weight = add(acc=0, cpu=0, out=0.01, size=random.randint(1, 4))
                node = add(acc=random.uniform(0, 9), cpu=random.uniform(0, 60), colour=weight)
                rows[weight]["colour"] = weight
                edges += [(end, node), (weight, node)]
                end = node
            ends.append(end)
        joined = add(acc=random.uniform(2, 9), cpu=90)
        edges += [(end, joined) for end in (*ends, last)]
        last = joined
    return instance(rows, edges, **machine)
