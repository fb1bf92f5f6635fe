"""Findings: what the rows say, as records; `summary.json` is one of them."""

from __future__ import annotations

from profiler.record import Record


class PartsCost(Record):
    """Predicted, over the numbers of parts of one model over one link setting."""

    blocks: int
    best_parts: int | None
    """Of the plan of least latency; none if no plan fits the caps."""
    best_s: float | None
    most_parts: int
    """That were tried."""
    most_s: float | None
    """Latency of the best plan with so many; none if it does not fit."""
    further_part_s: float | None
    """What each part more than in the best plan adds, in the mean up to the most; none if the best
    plan has the most."""
    whole_bytes: int
    """Memory that one node needs for the whole model."""
    best_threshold_bytes: int | None
    """Least cap for as many parts as the best plan has."""
    least_threshold_bytes: int
    """Least cap for any number of parts that was tried."""
    least_threshold_parts: int
    """The fewest parts for which that is enough."""
    hand_parts: int | None
    """Of the split by hand; none if there is none."""
    hand_over_best: float | None
    """Latency of the split by hand over the best plan's, less one; none if it does not fit."""
    hand_peak_over_best: float | None = None
    """Its highest memory of a node over that of the best plan of as many parts, less one; none if
    there is none of these."""


class LevelCost(Record):
    """Predicted: the best plan of one level."""

    blocks: int
    parts: int | None
    """None if no plan fits the caps."""
    latency_s: float | None
    over_finest: float | None
    """Latency over that of the finest level, less one."""
    threshold_bytes: int
    moved_bytes: int | None


class MeasuredPlans(Record):
    """Predictions against runs."""

    runs: int
    killed: int
    """Of plans that were said to fit, for their memory."""
    failed: int
    """For another reason."""
    median_error: float | None
    """Median |predicted / measured latency - 1|."""
    worst_error: float | None
    """The one of largest size, with its sign."""
    median_over_estimate: float | None
    """Median of predicted / measured highest peak - 1."""
    below_measured: int
    """Runs whose highest peak was above the prediction."""
    same_best: int
    """Models and links in which the quickest of the measured plans was predicted to be that."""
    compared: int
    """Models and links with two measured numbers of parts or more."""


class Summary(Record):
    """All that the page of the experiment claims, from the rows alone."""

    unproved: int
    """Plans whose search ended before the proof."""
    parts: dict[str, dict[str, PartsCost]]
    """By model and link."""
    levels: dict[str, dict[str, dict[str, LevelCost]]]
    """By model, link and level, from fine to coarse."""
    measured: MeasuredPlans
