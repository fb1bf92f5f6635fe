"""Published accuracy: what torchvision's metadata say of the weights that it offers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from experiments.families.config import case_of
from planner.files import write_record
from profiler.record import Record

_DATA_SET, _METRIC = "ImageNet-1K", "acc@1"


class PublishedWeights(Record):
    """One set of weights. Neither they nor their accuracy were looked at here."""

    case: str
    """The model."""
    weights: str
    top1_percent: float
    """Of the validation images of ImageNet-1K."""


class PublishedAccuracy(Record):
    """Of all models of the experiment."""

    weights: tuple[PublishedWeights, ...] = ()

    @property
    def cases(self) -> tuple[str, ...]:
        """The models, in the order of the config."""
        return tuple(dict.fromkeys(each.case for each in self.weights))

    def best(self, case: str) -> PublishedWeights | None:
        """The most accurate weights of a model; none if none are published."""
        return max(self.of(case), key=lambda each: each.top1_percent, default=None)

    def of(self, case: str) -> list[PublishedWeights]:
        """All weights of a model, in the order in which torchvision lists them."""
        return [each for each in self.weights if each.case == case]


def keep_published(models: Iterable[str], path: Path) -> PublishedAccuracy:
    """Writes and returns the accuracy of the models' weights; nothing is fetched."""
    found = PublishedAccuracy(weights=tuple(each for model in models for each in _of(model)))
    write_record(path, found)
    return found


def refuse_unpublished(models: Iterable[str]) -> None:
    """Keeps models out of a run of which nothing could be said afterwards.

    Raises:
        SystemExit: torchvision publishes no accuracy of one of them.
    """
    for model in models:
        _of(model)


def _of(model: str) -> list[PublishedWeights]:
    from torchvision.models import get_model_weights

    try:
        return [
            PublishedWeights(
                case=case_of(model),
                weights=member.name,
                top1_percent=member.meta["_metrics"][_DATA_SET][_METRIC],
            )
            for member in get_model_weights(case_of(model))
        ]
    except (KeyError, ValueError) as error:
        raise SystemExit(
            f"model {model!r}: torchvision publishes no accuracy of it on {_DATA_SET}: write "
            "torchvision:NAME of a model that classifies it"
        ) from error
