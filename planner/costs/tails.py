"""Tails: quantiles of a plan's end-to-end latency by simulation over measured samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from math import ceil, fsum, isfinite

import numpy as np
from numpy.typing import NDArray

from netmodel.links.spread import TransferSpread, format_level
from planner.breakdown import Breakdown, StageTerm, in_turn
from planner.costs.compute import block_compute_s, on_node_s, stage_start_s
from planner.costs.evaluate import Evaluator
from planner.costs.spread_prices import SpreadPrices
from planner.costs.transfer import HopPrices
from planner.errors import PlannerError
from planner.plan import Plan
from planner.problem import NodeCosts, Problem
from planner.tail import Tail

_Floats = NDArray[np.float64]
_Key = tuple[str, ...]

DRAWS = 20_000
_CONFIDENCE = 0.95
_LARGEST_SEED = 2**63
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Part:
    """A stage or a hop with its time in every draw."""

    name: str
    seconds: _Floats
    quantile_s: Callable[[float], float]
    """Its own quantile, exactly."""
    basis: str
    """Where that comes from; empty if nothing is sent."""


class TailSimulator:
    """Draws the latency of plans of one problem.

    Every draw is one request: each node takes one of its profile's rounds, and a stage takes the
    sum of its blocks in that round, scaled as `block_compute_s` scales; each hop takes the link
    model's time at one of the link's ratios. Nodes and hops are independent of each other. What
    has quantiles only is drawn by its quantile function; what has no spread takes its usual time.
    With replicas the slowest node and the slowest link count, as in the evaluator.

    Equal nodes and wires get equal draws in every plan of one simulator, so that plans differ by
    what they do and not by luck.

    It does not include queueing, cold connections, or slowness that hits several machines at once.

    Args:
        problem: what the plans answer.
        seed: of the draws; equal seeds give equal tails.
        n_draws: requests per plan.
    """

    def __init__(self, problem: Problem, *, seed: int = 0, n_draws: int = DRAWS) -> None:
        self._problem = problem
        self._seed = seed % _LARGEST_SEED
        self._n_draws = n_draws
        self._evaluator = Evaluator(problem)
        self._spreads = SpreadPrices(problem)
        self._hops = HopPrices(problem)
        self._uniform: dict[_Key, _Floats] = {}

    def latencies_s(self, plan: Plan) -> _Floats:
        """End-to-end latency of each request, [n_draws].

        Raises:
            MismatchError: the plan answers another problem.
            PlannerError: the plan needs a link that does not exist.
        """
        return _total(self._parts(plan))

    def tail(self, plan: Plan, quantile: float) -> Tail:
        """A quantile of the plan's latency, with an interval for the error of the simulation.

        The interval ends at two of the sorted draws. The number of draws below the quantile is
        binomial, so the interval's confidence holds whatever the distribution.

        Raises:
            MismatchError: the plan answers another problem.
            PlannerError: the plan needs a link that does not exist, or the quantile is so extreme
                that the draws cannot bound it.

        Source: David and Nagaraja, "Order Statistics", 3rd edition, 2003, section 7.1.
        """
        parts = self._parts(plan)
        low, rank, high = _ranks(self._n_draws, quantile)
        ranks = [low - 1, rank - 1, high - 1]
        total = np.partition(_total(parts), ranks)[ranks].tolist()
        return Tail(
            quantile=quantile,
            latency_s=total[1],
            low_s=total[0],
            high_s=total[2],
            confidence=_CONFIDENCE,
            n_draws=self._n_draws,
            seed=self._seed,
            sum_of_quantiles_s=fsum(part.quantile_s(quantile) for part in parts),
            basis={part.name: part.basis for part in parts if part.basis},
        )

    def _parts(self, plan: Plan) -> list[_Part]:
        estimate = self._evaluator.evaluate(plan)
        if not isfinite(estimate.latency_s):
            raise PlannerError(
                "the plan needs a link that does not exist: its latency has no quantiles"
            )
        return [*map(self._stage, estimate.stages), *self._hop_parts(estimate)]

    def _stage(self, term: StageTerm) -> _Part:
        nodes = [self._problem.nodes[self._problem.node_index[name]] for name in term.nodes]
        span = slice(term.start, term.stop)
        node = max(nodes, key=lambda n: stage_start_s(n) + block_compute_s(n)[span].sum())
        table = self._spreads.block_table(node)
        name = f"stage on {node.name} [{term.start}, {term.stop})"
        if table is None:
            return self._fixed(name, term.compute_s)
        drawn = table.draw(self._draws("node", node.name), term.start, term.stop)
        start_s = stage_start_s(node)

        def quantile_s(level: float) -> float:
            profiled_s = np.array(table.quantile(level, term.start, term.stop))
            return start_s + float(on_node_s(node, profiled_s))

        return _Part(name, start_s + on_node_s(node, drawn), quantile_s, self._basis(node))

    def _hop_parts(self, estimate: Breakdown) -> Iterator[_Part]:
        ends = (
            (estimate.hops[0].source,),
            *(stage.nodes for stage in estimate.stages),
            (estimate.hops[-1].target,),
        )
        used: Counter[tuple[str, str]] = Counter()
        for hop, (senders, receivers) in zip(estimate.hops, pairwise(ends), strict=True):
            wire = self._slowest(in_turn(senders, receivers), hop.n_bytes)
            used[wire] += 1
            yield self._hop(wire, hop.transfer_s, used[wire])

    def _hop(self, wire: tuple[str, str], usual_s: float, times: int) -> _Part:
        """A hop that goes over its wire for the first, second … time in a request."""
        name = f"hop {wire[0]} -> {wire[1]}" + (f" ({times})" if times > 1 else "")
        table = self._spreads.hop_table(*wire)
        if table is None:
            fixed = self._fixed(name, usual_s)
            return replace(fixed, basis="") if wire[0] == wire[1] else fixed
        ratio = table.draw(self._draws("hop", *wire, str(times)), 0, 1)
        return _Part(
            name,
            usual_s * ratio,
            lambda level: usual_s * table.quantile(level, 0, 1),
            _link_basis(self._problem, *wire),
        )

    def _slowest(self, pairs: list[tuple[str, str]], n_bytes: int) -> tuple[str, str]:
        size = np.array([n_bytes])
        seconds = [float(self._hops.hop_s(a, b, size)[0]) for a, b in pairs]
        return pairs[seconds.index(max(seconds))]

    def _fixed(self, name: str, seconds: float) -> _Part:
        drawn = np.broadcast_to(np.float64(seconds), self._n_draws)
        return _Part(name, drawn, lambda level: seconds, "no spread known, as priced")

    def _basis(self, node: NodeCosts) -> str:
        return "" if node.spread is None else self._problem.spreads[node.spread].describe()

    def _draws(self, *key: str) -> _Floats:
        """Uniform numbers of their own for each key, whatever was drawn before."""
        if key not in self._uniform:
            entropy = [self._seed, *"\0".join(key).encode()]
            self._uniform[key] = np.random.default_rng(entropy).random(self._n_draws)
        return self._uniform[key]


def simulate_tail(
    problem: Problem, plan: Plan, quantile: float, *, seed: int = 0, n_draws: int = DRAWS
) -> Tail:
    """A quantile of one plan's latency; see `TailSimulator` for what is drawn and what is not.

    Raises:
        MismatchError: the plan answers another problem.
        PlannerError: the plan needs a link that does not exist, or the quantile is so extreme
            that the draws cannot bound it.
    """
    return TailSimulator(problem, seed=seed, n_draws=n_draws).tail(plan, quantile)


def check_quantile(quantile: float, n_draws: int = DRAWS) -> None:
    """Makes sure that so many draws can bound a quantile.

    Raises:
        PlannerError: they cannot.
    """
    _ranks(n_draws, quantile)


def _total(parts: list[_Part]) -> _Floats:
    total = np.zeros(parts[0].seconds.shape)
    for part in parts:
        total += part.seconds
    return total


def _link_basis(problem: Problem, source: str, target: str) -> str:
    spread = next(k.spread for k in problem.links if (k.source, k.target) == (source, target))
    return "" if spread is None else f"{_ratio_words(spread)}, times the link model's time"


def _ratio_words(spread: TransferSpread) -> str:
    if not spread.levels:
        return f"{len(spread.ratios)} ratios of the cluster file"
    names = ", ".join(format_level(level) for level in spread.levels)
    return f"quantiles {names} of the cluster file, constant beyond"


@lru_cache(maxsize=64)
def _ranks(n_draws: int, quantile: float) -> tuple[int, int, int]:
    """Ranks from 1 of the interval's low end, the quantile and the interval's high end.

    With K draws at or below the quantile, binomial: the largest low rank with P(K < low) at most
    half of what confidence leaves, and the smallest high rank with P(K >= high) at most so.
    """
    below = _binomial_shares(n_draws, quantile)
    allowed = (1 - _CONFIDENCE) / 2
    low = int(np.searchsorted(below, allowed, side="right"))
    high = int(np.searchsorted(below, 1 - allowed, side="left")) + 1
    if low < 1 or high > n_draws:
        raise PlannerError(
            f"{n_draws:,} draws cannot bound the {format_level(quantile)}: ask for a quantile "
            "nearer to the median, or for more draws"
        )
    # A product such as 0.55 · 20,000 may come out a little above the whole number that it is.
    return low, max(ceil(quantile * n_draws - _ROUNDING), 1), high


def _binomial_shares(n: int, p: float) -> _Floats:
    """P(K <= k) for each k < n, K binomial, from each probability's ratio to the one before."""
    k = np.arange(n - 1)
    ratios = np.log((n - k) / (k + 1)) + np.log(p / (1 - p))
    logarithms = n * np.log1p(-p) + np.concatenate(([0.0], np.cumsum(ratios)))
    shares: _Floats = np.cumsum(np.exp(logarithms))
    return shares
