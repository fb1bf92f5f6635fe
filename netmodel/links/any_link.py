"""Any link model, as records hold it: told apart by the field `model`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Tag

from netmodel.links.affine import AffineLink
from netmodel.links.piecewise import PiecewiseLink


def _model_of(value: object) -> object:
    """The name of the model; affine if it is not said."""
    if isinstance(value, dict):
        return value.get("model", "affine")
    return getattr(value, "model", None)


AnyLink = Annotated[
    Annotated[AffineLink, Tag("affine")] | Annotated[PiecewiseLink, Tag("piecewise")],
    Discriminator(_model_of),
]
