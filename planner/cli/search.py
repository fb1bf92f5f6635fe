"""The options of a search, shared by every command that plans."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from planner.limits import Limits
    from planner.objectives import Objective, ObjectiveKind
    from planner.plan_options import PlanOptions


@dataclass(frozen=True)
class Search:
    """What is searched for, in the words of the command line."""

    objective: Annotated[
        str,
        typer.Option(
            help="What is made least: latency, throughput (the time between two requests), "
            "makespan (of --micro-batches), price, or nodes."
        ),
    ] = "latency"
    micro_batches: Annotated[
        int | None, typer.Option(min=1, help="Inputs that follow each other, for the makespan.")
    ] = None
    quantile: Annotated[
        float | None,
        typer.Option(help="Plan for the latency that this share of requests keeps, such as 0.95."),
    ] = None
    order: Annotated[
        str,
        typer.Option(help="Nodes in free order, or as listed in the cluster file."),
    ] = "free"
    revisits: Annotated[
        bool,
        typer.Option("--revisits", help="A node may hold several stages."),
    ] = False
    replicas: Annotated[
        int,
        typer.Option(min=1, help="Equal nodes that may share a stage, in turn."),
    ] = 1
    max_stages: Annotated[
        int | None,
        typer.Option(min=1, help="Use at most this many stages."),
    ] = None
    max_latency: Annotated[str | None, typer.Option(help="Limit, such as 200ms.")] = None
    max_period: Annotated[
        str | None,
        typer.Option(help="Limit on the time between two requests, such as 50ms."),
    ] = None
    max_price: Annotated[
        float | None, typer.Option(help="Limit, in the currency of the cluster file.")
    ] = None
    program_order: Annotated[
        bool,
        typer.Option("--program-order", help="Keep the program's order of blocks that branch."),
    ] = False
    method: Annotated[
        str, typer.Option(help="A solver by name, or auto; a wrong name lists them.")
    ] = "auto"
    time_limit: Annotated[
        str | None,
        typer.Option(help="After so long the best plan so far is taken, with its gap: 30s."),
    ] = None
    seed: Annotated[int, typer.Option(help="Of random searches.")] = 0

    @property
    def time_limit_s(self) -> float | None:
        """Seconds, if there is a limit."""
        return _seconds(self.time_limit)

    def options(self) -> PlanOptions:
        """The same for the Python API.

        Raises:
            PlannerError: a word that is unknown, or limits that contradict each other.
            UnitError: a duration without a unit.
        """
        from pydantic import ValidationError

        from planner.errors import PlannerError
        from planner.plan_options import PlanOptions

        try:
            return PlanOptions(
                objective=self._objective(),
                limits=self._limits(),
                method=self.method,
                time_limit_s=self.time_limit_s,
                seed=self.seed,
                reorder=not self.program_order,
            )
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            message = first["msg"].removeprefix("Value error, ")
            field = str(first["loc"][0]) if first["loc"] else ""
            place = f"{_option_of(field)} {first['input']!r}: " if field else ""
            raise PlannerError(f"{place}{message}") from error

    def objective_named(self, option: str, word: str) -> Objective:
        """The objective of another option, without numbers of its own.

        Raises:
            PlannerError: the word is unknown, or the objective needs a number.
        """
        from planner.errors import PlannerError
        from planner.objectives import Objective, ObjectiveKind

        kind = self._kind(option, word)
        if kind is ObjectiveKind.MAKESPAN:
            raise PlannerError(f"--{option} makespan: use latency, throughput, price or nodes")
        return Objective(kind=kind)

    def _objective(self) -> Objective:
        from planner.objectives import Objective

        return Objective(
            kind=self._kind("objective", self.objective),
            micro_batches=self.micro_batches,
            quantile=self.quantile,
        )

    def _kind(self, option: str, word: str) -> ObjectiveKind:
        from planner.objectives import ObjectiveKind

        words = [kind.value for kind in ObjectiveKind if kind is not ObjectiveKind.MEAN_VARIANCE]
        return ObjectiveKind(word_of(words, option, word))

    def _limits(self) -> Limits:
        from planner.limits import Limits, Order

        return Limits(
            order=Order(word_of([order.value for order in Order], "order", self.order)),
            revisits=self.revisits,
            max_replicas=self.replicas,
            max_stages=self.max_stages,
            max_latency_s=_seconds(self.max_latency),
            max_period_s=_seconds(self.max_period),
            max_price=self.max_price,
        )


def with_search(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command one option for every field of its parameter `search`."""
    names = [field.name for field in fields(Search)]
    hints = get_type_hints(Search, include_extras=True)
    own = inspect.signature(command, eval_str=True).parameters
    spread = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in fields(Search)
    ]
    kept = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in own.items()
        if name != "search"
    ]

    @functools.wraps(command)
    def spelled_out(**given: Any) -> None:
        search = Search(**{name: given.pop(name) for name in names})
        command(**given, search=search)

    signature = inspect.Signature([*kept, *spread])
    spelled_out.__signature__ = signature  # type: ignore[attr-defined]
    spelled_out.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    del spelled_out.__wrapped__
    return spelled_out


def _option_of(field: str) -> str:
    """The option that stands for a field of the limits or the objective."""
    name = {"max_replicas": "replicas"}.get(field, field).removesuffix("_s")
    return "--" + name.replace("_", "-")


def word_of(known: list[str], option: str, word: str) -> str:
    """The word of an option, which must be one of those known.

    Raises:
        PlannerError: it is not.
    """
    from planner.errors import PlannerError

    if word not in known:
        raise PlannerError(f"--{option} {word!r} is unknown: use one of {', '.join(known)}")
    return word


def _seconds(text: str | None) -> float | None:
    from netmodel.units import parse_duration_s

    return None if text is None else parse_duration_s(text)
