"""Least latency of one sample on k accelerators and a host: a placement, its bound and its proof.

The instance is contracted, then cut along several orders, bounded by several chains, searched exactly
within a small budget, improved locally, and searched exactly again with what is now to be beaten.
Every stage stops when the bound meets the value. Budgets count steps, so equal inputs and seed give
equal answers as long as the time limit does not bind. `n_cpus` plays no part, and an operator that no
accelerator takes runs on the host, so there is always a placement.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from planner.placement.instance import PlacementInstance
from planner.placement.latency_bound import ChainBound, chains
from planner.placement.latency_clock import Deadline
from planner.placement.latency_contraction import Contraction, contract
from planner.placement.latency_exact import ExactAnswer, PricedChain, remainders_s, solve_exactly
from planner.placement.latency_intervals import IntervalSearch
from planner.placement.latency_orders import UnitOrders
from planner.placement.latency_price import CPU as HOST
from planner.placement.latency_price import device_of, latency_s, violations
from planner.placement.latency_search import Found, SearchLimits, improve, price
from planner.placement.latency_tables import LatencyTables
from planner.placement.placement import CPU, Placement, PlacementSolution, accelerator
from planner.solution import Status

DEFAULT_TIME_LIMIT_S = 60.0
"""Limit where none is given; the budgets below mostly end earlier."""
_RELATIVE_TOLERANCE = 1e-9
_N_ORDERS = 6
_N_CHAINS = 12
_N_CHAINS_THAT_PRUNE = 3
_FIRST_STEPS = 100_000
_MOVES = 6_000
_ROUNDS = 2
_LAST_STEPS = 4_000_000
# Shares of the time left that bounds and the first exact search may use before the next stage.
_SHARE_OF_CHAINS = 0.3
_SHARE_OF_EXACT = 0.3
_SHARE_OF_MOVES = 0.5


def solve_latency(
    instance: PlacementInstance, *, time_limit_s: float | None = None, seed: int = 0
) -> PlacementSolution:
    """The placement of least latency that was found, with a lower bound on all placements.

    Its status is optimal where the two meet within 1e-9 of the value; otherwise `method` says which
    limit stopped the proof.
    """
    begun_s = time.monotonic()
    limit_s = DEFAULT_TIME_LIMIT_S if time_limit_s is None else time_limit_s
    run = _Run(contract(instance), Deadline.after(limit_s), seed)
    for _ in run.stages():
        if run.is_proved:
            break
    return run.solution(instance, time.monotonic() - begun_s)


class _Run:
    """What is known so far: the best placement, the bound, and what was cut short."""

    def __init__(self, contraction: Contraction, deadline: Deadline, seed: int) -> None:
        self._contraction = contraction
        self._deadline = deadline
        self._seed = seed
        self._rng = np.random.default_rng(seed)
        self._tables = LatencyTables.of(contraction.instance)
        self._best = price(self._tables, ())
        self._bound_s = max(remainders_s(self._tables))
        self._chains: list[PricedChain] = []
        self._proof = "chain bound"
        self._stopped_by = ""

    @property
    def is_proved(self) -> bool:
        """Whether no placement can be better by more than rounding."""
        return self._bound_s >= self._best.value_s * (1 - _RELATIVE_TOLERANCE)

    def stages(self) -> Iterator[None]:
        """Runs one stage after another, until the caller has seen enough."""
        yield
        self._cut_orders()
        yield
        self._price_chains()
        yield
        self._search_exactly(_FIRST_STEPS, self._deadline.share(_SHARE_OF_EXACT))
        yield
        for _ in range(_ROUNDS):
            self._improve()
            yield
        self._search_exactly(_LAST_STEPS, self._deadline)
        yield

    def solution(self, instance: PlacementInstance, runtime_s: float) -> PlacementSolution:
        """The answer for the instance as it was given."""
        tables = LatencyTables.of(instance)
        device = self._contraction.lift(device_of(self._tables.n, self._best.blocks))
        broken = violations(tables, device)
        assert not broken, broken
        value_s = latency_s(tables, device)
        method = f"cut orders, local search and downset labels; {self._proof}"
        if not self.is_proved:
            method += f"; stopped by the {self._stopped_by}"
        return PlacementSolution(
            objective="latency",
            status=Status.OPTIMAL if self.is_proved else Status.FEASIBLE,
            method=method,
            placement=_placement(device),
            value_s=value_s,
            lower_bound_s=min(self._bound_s, value_s),
            runtime_s=runtime_s,
        )

    def _cut_orders(self) -> None:
        orders, intervals = UnitOrders(self._tables), IntervalSearch(self._tables)
        for index in range(_N_ORDERS):
            if index == 0:
                order = orders.depth_first()
            elif index == 1:
                order = orders.breadth_first()
            elif index % 2 == 0:
                order = orders.depth_first(rng=self._rng)
            else:
                order = orders.around(self._best.blocks, rng=self._rng)
            blocks = intervals.best_blocks(order, self._deadline)
            if blocks is not None:
                self._take(price(self._tables, tuple(blocks)))

    def _price_chains(self) -> None:
        bounds = ChainBound(self._tables)
        deadline = self._deadline.share(_SHARE_OF_CHAINS)
        for chain in chains(self._tables, n_random=_N_CHAINS, seed=self._seed):
            priced = bounds.price(chain, deadline)
            if priced is None:
                break
            self._chains.append(priced)
            self._bound_s = max(self._bound_s, priced.bound_s)
            if self.is_proved:
                break
        self._chains.sort(key=lambda priced: -priced.bound_s)

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
        elif self._deadline.is_over():
            self._stopped_by = "time limit"
        else:
            self._stopped_by = f"limit of {max_steps:,} steps over downsets"

    def _improve(self) -> None:
        limits = SearchLimits(
            _MOVES, self._deadline.share(_SHARE_OF_MOVES), self._bound_s
        )
        self._take(improve(self._tables, self._best, limits, rng=self._rng))

    def _take(self, found: Found) -> None:
        if found.value_s < self._best.value_s:
            self._best = found


def _placement(device: list[int]) -> Placement:
    return Placement(
        devices=tuple(CPU if number == HOST else accelerator(number) for number in device)
    )
