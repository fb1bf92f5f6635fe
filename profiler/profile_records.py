"""Profile: what every block of one model costs, for one input, backend, device and thread count."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, model_validator

from profiler.graph import ModelGraph
from profiler.record import Record

Positive = Annotated[int, Field(gt=0)]
# Wide limits: beyond them a number is a mistake, and arithmetic on it would overflow.
NonNegativeInt = Annotated[int, Field(ge=0, le=10**15)]
Threads = Annotated[int, Field(gt=0, le=1024)]
Seconds = Annotated[float, Field(ge=0, le=1e6)]
Ratio = Annotated[float, Field(ge=1e-3, le=1e3)]


class Provenance(StrEnum):
    """Where a number comes from."""

    MEASURED = "measured"
    """Read off a clock or a memory counter on the machine named in the profile."""
    COMPUTED = "computed"
    """Follows exactly from the captured graph."""
    ESTIMATED = "estimated"
    """Derived from a measurement of something else."""


class Timing(Record):
    """A repeated measurement of one thing."""

    median_s: Seconds
    p10_s: Seconds
    p90_s: Seconds
    n: Positive
    samples_s: tuple[Seconds, ...] = ()
    """Each measurement, in the order in which they were made; empty if they were not kept."""

    @model_validator(mode="after")
    def _keeps_all_samples_or_none(self) -> Self:
        if self.samples_s and len(self.samples_s) != self.n:
            raise ValueError(f"samples_s: has {len(self.samples_s)} entries, but n is {self.n}")
        return self


class BlockCost(Record):
    """One block: a contiguous range of operators that is never cut inside."""

    name: str
    op_start: NonNegativeInt
    op_stop: Positive
    flops: Annotated[int, Field(ge=0)]
    """A multiply-add is 2 FLOPs; operators without multiply-adds count 0."""
    weight_bytes: NonNegativeInt
    """Parameters the block reads, each once."""
    latency: Timing
    """Measured in context, as the whole's `attribution` says. Not rescaled."""
    peak_live_bytes: NonNegativeInt
    """Most activation bytes alive at any of its operators, passing tensors included."""
    resident_bytes: NonNegativeInt
    """What a process keeps for it once loaded: weights as the runtime holds them, its operators."""
    workspace_bytes: NonNegativeInt
    """What its kernels need while it runs, beside live activations and the received message."""
    load_bytes: NonNegativeInt
    """What a process needs for a while, beside all that it keeps, to load it."""


class Cut(Record):
    """What crosses one boundary between blocks."""

    position: NonNegativeInt
    """Operators before it."""
    tensors: tuple[str, ...]
    n_bytes: NonNegativeInt


class SharedWeight(Record):
    """A parameter that several blocks read; a part that holds several of them stores it once."""

    name: str
    n_bytes: NonNegativeInt
    blocks: tuple[NonNegativeInt, ...] = Field(min_length=2)
    """Ascending indexes of the blocks that read it."""


class Runtime(Record):
    """What a process of this backend needs before any block, and how exact the prediction is.

    A process that holds some blocks in a row needs at most
    margin + (1 + ratio) · (base + Σ resident + max over blocks of max(live + workspace, load))
    + the received message.
    """

    base_bytes: NonNegativeInt
    """Peak of a process that loads and runs a stage without weights, and what every process with
    a block of the model keeps once."""
    margin_ratio: Annotated[float, Field(ge=0, le=1)]
    """Share added to all that was measured: no process is like another, not even of one stage."""
    margin_bytes: NonNegativeInt
    """Added to every process: what else a worker holds, and what the kernel keeps for one."""


class Attribution(StrEnum):
    """How a block's time in the whole model was told."""

    SEQUENCE = "sequence"
    """Every block ran by itself, one after another."""
    TRACE = "trace"
    """The backend told when each of the whole model's operators started."""


class Precision(Record):
    """What the time spent on a measurement bought: intervals that hold the median.

    They are between order statistics of the rounds, each by itself, and take rounds as
    independent: they do not include what changes on the machine after the measurement.
    """

    confidence: Annotated[float, Field(gt=0, lt=1)]
    whole: NonNegativeFloat
    """Half-width of the interval of the whole's median, over that median."""
    worst_block_share: NonNegativeFloat
    """Of the blocks' shares of their sum, the half-width of the one known worst, in parts of it."""
    spent_s: Seconds
    """Wall time of noise floor, warm-up and rounds."""


class Whole(Record):
    """The unsplit model, measured in the same run, interleaved with the blocks."""

    latency: Timing
    blocks_over_whole: Ratio
    """Sum of the blocks' medians divided by the whole's median; 1 is perfect."""
    stage_start_s: Seconds = 0.0
    """What a stage takes beyond its blocks when its process was idle; measured on a few stages."""
    noise: NonNegativeFloat
    """A against A: how far medians of two interleaved halves of equal runs of the whole differ.

    From runs before any block was timed; the median over many ways to halve them.
    """
    attribution: Attribution = Attribution.SEQUENCE
    """How the blocks were timed."""
    named_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of the blocks' time in operators that are known to belong to their block.

    The rest is counted to the block of the operator that ran next to them.
    """
    rest_s: Seconds = 0.0
    """Pause before each run of the whole and of the chain of blocks, as between two requests."""
    rest_factor: Ratio = 1.0
    """Time of the whole after that pause over its time straight after a run; before the rounds."""
    precision: Precision | None = None
    """None in profiles that were measured without it."""

    @model_validator(mode="after")
    def _blocks_take_some_of_it(self) -> Self:
        if 0 < self.stage_start_s >= self.latency.median_s:
            raise ValueError(
                f"stage_start_s is {self.stage_start_s:g} s of a whole of "
                f"{self.latency.median_s:g} s: it must leave the blocks some time"
            )
        return self

    @property
    def blocks_over_rest(self) -> float:
        """Sum of the blocks' medians over what the whole takes beyond its one start."""
        if not self.stage_start_s:
            return self.blocks_over_whole
        return self.blocks_over_whole / (1 - self.stage_start_s / self.latency.median_s)


class ReferenceTimes(Record):
    """How long a fixed small computation took on a machine, at some time."""

    compute_s: Annotated[float, Field(gt=0, le=1e6)]
    """Of the part that is bound by arithmetic."""
    memory_s: Annotated[float, Field(gt=0, le=1e6)]
    """Of the part that is bound by memory."""


class FlopCount(Record):
    """Totals of the two counters, and what neither of them prices."""

    total: Annotated[int, Field(ge=0)]
    """torch's counter on meta tensors; a multiply-add is 2."""
    fvcore_total: Annotated[int, Field(ge=0)] | None
    """fvcore's count of the same graph, doubled to the same convention; none if it failed."""
    unpriced: dict[str, int]
    """Operators that do multiply-adds, or may, and that have no formula: name to occurrences."""
    unpriced_latency_share: NonNegativeFloat
    """Share of the blocks' time spent in blocks that hold such an operator."""


class Environment(Record):
    """The machine and the software that the numbers hold for."""

    machine: str
    processor: str
    device: str
    threads: Threads
    python: str
    packages: dict[str, str]
    allocator: str
    """`pinned` if freed memory is kept by the process, else `default`."""
    reference: ReferenceTimes | None = None
    """Of the machine just before the model was timed; none if it was not taken."""


class Carried(Record):
    """From which machine the times were carried, and how kernels compare on the two."""

    processor: str
    """Of the machine on which they were measured."""
    threads: Threads
    """With so many threads."""
    runtime: str
    """What ran the kernels that compare the two machines."""
    factor: Annotated[float, Field(gt=0)]
    """How many times longer the machine of the environment takes; the kernels' geometric mean."""
    kernels: dict[str, float]
    """The same for each kernel."""
    error: NonNegativeFloat
    """Largest relative distance of a kernel's factor from `factor`. It bounds no model's error."""
    by_work: bool
    """Whether each block has a factor by its kind of work, instead of one for all."""


class Profile(Record):
    """Everything a planner needs to know about one model on one machine."""

    schema_: Literal["partway.profile/2"] = Field(alias="schema", default="partway.profile/2")
    backend: str
    granularity: str
    graph: ModelGraph
    blocks: tuple[BlockCost, ...] = Field(min_length=1)
    cuts: tuple[Cut, ...]
    """One more than blocks: before the first, between them, after the last."""
    stage_positions: tuple[int, ...]
    """Operator positions of the `stage` granularity: where a person would cut by hand."""
    shared: tuple[SharedWeight, ...] = ()
    runtime: Runtime
    whole: Whole
    flops: FlopCount
    environment: Environment
    provenance: dict[str, Provenance]
    """Origin of each kind of number, by field name."""
    carried: Carried | None = None
    """Where the times come from if they were not measured on the machine of the environment."""

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        borders = (0, *(block.op_stop for block in self.blocks))
        starts = tuple(block.op_start for block in self.blocks)
        if starts != borders[:-1] or any(a >= b for a, b in pairwise(borders)):
            raise ValueError("blocks: must follow each other, each with an operator or more")
        if borders[-1] != len(self.graph.ops):
            raise ValueError(
                f"blocks: end at operator {borders[-1]}, but the graph has {len(self.graph.ops)}"
            )
        if tuple(cut.position for cut in self.cuts) != borders:
            raise ValueError("cuts: must be the borders of the blocks")
        for cut in self.cuts:
            if unknown := [name for name in cut.tensors if name not in self.graph.tensor]:
                raise ValueError(
                    f"cuts: {unknown[0]!r} at {cut.position} is no tensor of the graph"
                )
        for weight in self.shared:
            if any(a >= b for a, b in pairwise((*weight.blocks, len(self.blocks)))):
                raise ValueError(
                    f"shared: {weight.name!r} names the blocks {weight.blocks}: they must ascend "
                    f"below {len(self.blocks)}"
                )
        if any(a >= b for a, b in pairwise((-1, *self.stage_positions, borders[-1] + 1))):
            raise ValueError(f"stage_positions: must ascend from 0 to {borders[-1]}")
        return self

    @model_validator(mode="after")
    def _rounds_are_those_of_all_blocks(self) -> Self:
        counts = sorted({len(block.latency.samples_s) for block in self.blocks})
        if len(counts) > 1:
            raise ValueError(
                f"blocks: some have {counts[0]} samples and some {counts[-1]}, but every round "
                "measures every block"
            )
        return self
