"""Model names, which a run checks before it writes anything about them."""

from __future__ import annotations

from collections.abc import Iterable

SMALL_CNN = "tests.planner.cli.small_models:make_cnn"
"""What smokes measure where any model does: it is captured and exported in no time."""
_PREFIX = "torchvision:"


def refuse_unknown(models: Iterable[str]) -> None:
    """Keeps names out of a run's config that no later run could make rows of.

    Args:
        models: as `partway profile` takes them; only torchvision's are looked up.

    Raises:
        SystemExit: torchvision has no model of one of the names.
    """
    from torchvision.models import list_models

    known = set(list_models())
    for model in models:
        name = model.removeprefix(_PREFIX).partition("@")[0]
        if model.startswith(_PREFIX) and name not in known:
            raise SystemExit(
                f"unknown model {model!r}: torchvision has no {name!r}; "
                "`torchvision.models.list_models()` lists what it has"
            )
