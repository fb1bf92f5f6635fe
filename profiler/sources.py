"""Where models come from: `torchvision:NAME`, a `.pt2` file, or `package.module:factory`."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from profiler.errors import SourceError
from profiler.user_code import user_line

_SEED = 0
_MOST_ELEMENTS = 2**31
_SHAPE = re.compile(r"\d+(x\d+)*")


@dataclass(frozen=True)
class ModelSource:
    """A model in evaluation mode, and an input to trace and measure it with."""

    name: str
    """As the user named it."""
    module: nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)


def load_source(name: str, shapes: tuple[tuple[int, ...], ...] | None = None) -> ModelSource:
    """Builds the named model and its sample input; the same name always gives the same weights.

    Args:
        name: `torchvision:resnet18`, `torchvision:resnet18@DEFAULT` (published weights, fetched
            by torchvision), `model.pt2`, or `package.module:factory`, where the factory returns a
            module, a pair of module and args, or a triple with kwargs.
        shapes: of the positional inputs; they are filled with seeded noise of the example's types,
            and keyword inputs stay. Without them torchvision models get their published input size
            and others their own example.

    Raises:
        SourceError: nothing of that name, or no input is known for it.
    """
    torch.manual_seed(_SEED)
    if name.startswith("torchvision:"):
        source = _from_torchvision(name)
    elif name.endswith(".pt2"):
        source = _from_pt2(name)
    elif ":" in name:
        source = _from_factory(name)
    else:
        raise SourceError(
            f"unknown model {name!r}: write torchvision:NAME, a .pt2 file or package.module:factory"
        )
    if shapes is not None:
        source = _reshaped(source, shapes)
    if not source.args and not source.kwargs:
        raise SourceError(f"model {name!r} brings no example input: give its shape with --input")
    return source


def parse_shapes(text: str) -> tuple[tuple[int, ...], ...]:
    """Shapes of a text such as `1x3x224x224`, several separated by commas.

    Raises:
        SourceError: not a list of positive sizes.
    """
    shapes = []
    for part in text.split(","):
        if not _SHAPE.fullmatch(part.strip()):
            raise SourceError(f"input shape {part!r} is not of the form 1x3x224x224")
        shape = tuple(int(size) for size in part.strip().split("x"))
        if 0 in shape:
            raise SourceError(f"input shape {part!r} has a size of 0: every size is at least 1")
        if prod(shape) > _MOST_ELEMENTS:
            raise SourceError(f"input shape {part!r} has over {_MOST_ELEMENTS} elements")
        shapes.append(shape)
    return tuple(shapes)


def vary_constants(module: nn.Module) -> None:
    """Redraws every constant weight and statistic, so that comparing outputs can fail.

    Freshly built models have zero heads, unit batch norm and layer scales of 1e-6: parts of them
    would have no influence on the output at all.
    """
    generator = torch.Generator().manual_seed(_SEED)
    for tensor in (*module.parameters(), *module.buffers()):
        values = tensor.detach()
        if not values.is_floating_point() or values.numel() < 2:
            continue
        if bool((values == values.flatten()[0]).all()):
            spread = torch.rand(values.shape, generator=generator, dtype=torch.float32)
            values.mul_(0.9).add_((0.2 * spread).to(values.dtype))


def _from_torchvision(name: str) -> ModelSource:
    from torchvision import models

    wanted, _, weights = name.removeprefix("torchvision:").partition("@")
    try:
        builder = models.get_model_builder(wanted)
        published = models.get_model_weights(wanted)
    except ValueError as error:
        raise SourceError(
            f"unknown model {name!r}: torchvision has no {wanted!r}; "
            "`torchvision.models.list_models()` lists what it has"
        ) from error
    if weights and weights not in published.__members__:
        known = ", ".join(published.__members__)
        raise SourceError(f"{wanted} has no weights {weights!r}: choose one of {known}")
    offered = inspect.signature(builder).parameters
    options: dict[str, Any] = {"weights_backbone": None} if "weights_backbone" in offered else {}
    if wanted in {"googlenet", "inception_v3"} and not weights:
        options["init_weights"] = False  # a minute of truncated normals that we redraw anyway
    module = builder(weights=weights or None, **options).eval()
    if not weights:
        vary_constants(module)
    crop = inspect.signature(published["DEFAULT"].transforms).parameters.get("crop_size")
    size = crop.default if crop is not None else 224
    return ModelSource(name, module, (_noise((1, 3, size, size)),))


def _from_pt2(name: str) -> ModelSource:
    path = Path(name)
    if not path.is_file():
        raise SourceError(f"model file {name!r} does not exist")
    try:
        program = torch.export.load(path)
    except Exception as error:
        raise SourceError(
            f"model file {name!r} is no readable torch.export file: {error}"
        ) from error
    args, kwargs = program.example_inputs or ((), {})
    return ModelSource(name, program.module(check_guards=False), tuple(args), kwargs)


def _from_factory(name: str) -> ModelSource:
    module_name, _, attribute = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        made = getattr(importlib.import_module(module_name), attribute)()
    except (Exception, SystemExit) as error:
        reason = " ".join(str(error).split())
        raise SourceError(
            f"model {name!r} cannot be made: {type(error).__name__}: {reason} ({user_line(error)})"
        ) from error
    parts = made if isinstance(made, tuple) else (made,)
    module, args, kwargs = (*parts, *((), {})[max(len(parts) - 1, 0) :])[:3]
    if not isinstance(module, nn.Module):
        raise SourceError(f"{name!r} returned {type(module).__name__}, not an nn.Module")
    if isinstance(args, Tensor):
        args = (args,)
    if not isinstance(args, tuple | list) or not isinstance(kwargs, Mapping):
        raise SourceError(
            f"{name!r} must return a module, (module, args) or (module, args, kwargs), where args "
            "is a tensor or a tuple and kwargs a dict"
        )
    return ModelSource(name, module.eval(), tuple(args), kwargs)


def _reshaped(source: ModelSource, shapes: tuple[tuple[int, ...], ...]) -> ModelSource:
    """The model with positional inputs of other shapes; types and keyword inputs stay."""
    if source.args and len(shapes) != len(source.args):
        raise SourceError(
            f"{source.name} takes {len(source.args)} positional inputs, but --input gives "
            f"{len(shapes)} shapes: separate them with commas"
        )
    examples = source.args or (None,) * len(shapes)
    args = tuple(_like(example, shape) for example, shape in zip(examples, shapes, strict=True))
    return ModelSource(source.name, source.module, args, source.kwargs)


def _like(example: object, shape: tuple[int, ...]) -> Tensor:
    """Noise of an example's type; whole numbers stay within the example's range."""
    if not isinstance(example, Tensor) or example.is_floating_point() or example.is_complex():
        kind = example.dtype if isinstance(example, Tensor) else torch.float32
        return _noise(shape).to(kind)
    low, high = (int(example.min()), int(example.max())) if example.numel() else (0, 0)
    generator = torch.Generator().manual_seed(_SEED)
    return torch.randint(low, high + 1, shape, generator=generator).to(example.dtype)


def _noise(shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(_SEED))
