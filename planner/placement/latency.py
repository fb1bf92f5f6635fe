"""Least latency of one sample on k accelerators and a host: a placement, a bound and a proof.

The instance is contracted, cut along several orders, bounded by several chains, searched exactly
within a small budget, improved locally, and searched exactly again with what is now to be beaten.
It ends as soon as the bound meets the value. Budgets count steps, so equal inputs and seed give
equal answers as long as the time limit does not bind. `n_cpus` plays no part, and what no
accelerator takes runs on the host, so there is always a placement.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from planner.placement.instance import PlacementInstance
from planner.placement.latency_bound import ChainBound, chains
from planner.placement.latency_clock import Deadline
from planner.placement.latency_contraction import Contraction, contract
from planner.placement.latency_exact import ExactAnswer, solve_exactly
from planner.placement.latency_labels import PricedChain, remainders_s
from planner.placement.latency_price import device_of, latency_s, placement_of, violations
from planner.placement.latency_search import Found, Moves, OrderCutter, SearchLimits, improve, price
from planner.placement.latency_tables import LatencyTables
from planner.placement.placement import PlacementSolution
from planner.solution import Status

DEFAULT_TIME_LIMIT_S = 60.0
"""Limit where none is given; the budgets below mostly end earlier."""
_RELATIVE_TOLERANCE = 1e-9
_N_ORDERS = 6
_N_CHAINS = 12
_N_THOROUGH_CHAINS = 4
_N_CHAINS_THAT_PRUNE = 3
# Beyond, one thorough chain takes as long as everything else.
_MOST_OPERATORS_FOR_THOROUGH = 600
_FIRST_STEPS = 100_000
_MOVES = 6_000
_FRESH_STARTS = 3
# So close to the bound, time is better spent on the proof.
_CLOSE = 1e-3
_LAST_STEPS = 4_000_000
# Shares of the time that is left that a stage may use before the next.
_SHARE_OF_ORDERS = 0.4
_SHARE_OF_CHAINS = 0.3
_SHARE_OF_EXACT = 0.3
_SHARE_OF_MOVES = 0.3


def solve_latency(
    instance: PlacementInstance, *, time_limit_s: float | None = None, seed: int = 0
) -> PlacementSolution:
    """The placement of least latency that was found, with a lower bound on all placements.

    Its status is optimal where the two meet within 1e-9 of the value; otherwise `method` says which
    limit stopped the proof.
    """
    begun_s = time.monotonic()
    limit_s = DEFAULT_TIME_LIMIT_S if time_limit_s is None else time_limit_s
    contraction, whole = contract(instance), LatencyTables.of(instance)
    # What it took to read the instance is about what it takes to check the answer.
    deadline = Deadline(begun_s + limit_s).earlier(time.monotonic() - begun_s)
    run = _Run(contraction, whole, deadline, seed)
    for _ in run.stages():
        if run.is_proved or deadline.is_over():
            break
    return run.solution(time.monotonic() - begun_s)


class _Run:
    """What is known so far: the best placement, the bound, and what was cut short."""

    def __init__(
        self, contraction: Contraction, whole: LatencyTables, deadline: Deadline, seed: int
    ) -> None:
        self._contraction = contraction
        self._whole = whole
        self._deadline = deadline
        self._seed = seed
        self._rng = np.random.default_rng(seed)
        self._tables = LatencyTables.of(contraction.instance)
        self._best = price(self._tables, ())
        self._bound_s = max(remainders_s(self._tables))
        self._chains: list[PricedChain] = []
        self._proof = "chain bound"
        self._stopped_by = ""

    @cached_property
    def _cutter(self) -> OrderCutter:
        return OrderCutter(self._tables, self._rng)

    @property
    def is_proved(self) -> bool:
        """Whether no placement can be better by more than rounding."""
        return self._bound_s >= self._best.value_s * (1 - _RELATIVE_TOLERANCE)

    def stages(self) -> Iterator[None]:
        """Runs one stage after another, until the caller has seen enough."""
        yield
        self._take(self._cutter.packed())
        yield
        self._cut_orders(0, 1)
        yield
        self._price_quickly()
        yield
        self._cut_orders(1, _N_ORDERS)
        yield
        self._price_thoroughly()
        yield
        self._search_exactly(_FIRST_STEPS, self._deadline.share(_SHARE_OF_EXACT))
        yield
        self._improve(self._best)
        yield
        is_close = self._bound_s >= self._best.value_s * (1 - _CLOSE)
        for _ in range(0 if is_close else _FRESH_STARTS):
            # One start leads to one basin, however long the search.
            self._improve(self._cutter.afresh(self._deadline.share(_SHARE_OF_MOVES)))
            yield
        self._search_exactly(_LAST_STEPS, self._deadline)
        yield

    def solution(self, runtime_s: float) -> PlacementSolution:
        """The answer for the instance as it was given."""
        tables = self._whole
        device = self._contraction.lift(device_of(self._tables.n, self._best.blocks))
        broken = violations(tables, device)
        assert not broken, broken
        value_s = latency_s(tables, device)
        method = f"cut orders, local search and downset labels; {self._proof}"
        if not self.is_proved:
            by_clock = self._deadline.is_over() or not self._stopped_by
            method += f"; stopped by the {'time limit' if by_clock else self._stopped_by}"
        return PlacementSolution(
            objective="latency",
            status=Status.OPTIMAL if self.is_proved else Status.FEASIBLE,
            method=method,
            placement=placement_of(device),
            value_s=value_s,
            lower_bound_s=min(self._bound_s, value_s),
            runtime_s=runtime_s,
        )

    def _cut_orders(self, first: int, stop: int) -> None:
        """Cuts the orders with these numbers, of a sequence without end."""
        deadline = self._deadline.share(_SHARE_OF_ORDERS)
        for index in range(first, stop):
            found = self._cutter.numbered(index, self._best, deadline)
            if found is None:
                break
            self._take(found)

    def _price_quickly(self) -> None:
        paths = chains(self._tables, n_random=_N_CHAINS, seed=self._seed)
        self._chains = self._priced(list(paths), thorough=False)

    def _price_thoroughly(self) -> None:
        """The best chains again, with all that the graph says of their pieces."""
        if self._tables.n <= _MOST_OPERATORS_FOR_THOROUGH:
            paths = [priced.operators for priced in self._chains[:_N_THOROUGH_CHAINS]]
            priced = [*self._priced(paths, thorough=True), *self._chains]
            self._chains = sorted(priced, key=lambda chain: -chain.bound_s)

    def _priced(self, paths: list[tuple[int, ...]], *, thorough: bool) -> list[PricedChain]:
        """Chains with their bounds, best first; the overall bound rises to the best."""
        bounds = ChainBound(self._tables, thorough=thorough)
        deadline = self._deadline.share(_SHARE_OF_CHAINS)
        found: list[PricedChain] = []
        for path in paths:
            if self.is_proved or deadline.is_over():
                break
            found.append(bounds.price(path, deadline))
            self._bound_s = max(self._bound_s, found[-1].bound_s)
        return sorted(found, key=lambda priced: -priced.bound_s)

    def _search_exactly(self, max_steps: int, deadline: Deadline) -> None:
        answer: ExactAnswer = solve_exactly(
            self._tables,
            self._best.value_s,
            chains=self._chains[:_N_CHAINS_THAT_PRUNE],
            max_steps=max_steps,
            deadline=deadline,
        )
        if answer.blocks is not None:
            self._take(price(self._tables, answer.blocks))
        if answer.is_complete:
            self._bound_s = self._best.value_s
            self._proof = "all downsets"
        else:
            self._stopped_by = f"limit of {max_steps:,} steps over downsets"

    def _improve(self, start: Found | None) -> None:
        if start is None:
            return
        limits = SearchLimits(_MOVES, self._deadline.share(_SHARE_OF_MOVES), self._bound_s)
        self._take(improve(self._cutter, Moves(self._tables, self._rng), start, limits))

    def _take(self, found: Found) -> None:
        if found.value_s < self._best.value_s:
            self._best = found
