"""Small models, each with a story, and their captures, each made once however many tests ask."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from profiler.backends.torch_export import TorchBackend
from profiler.capture import CapturedModel, capture, without_attention_fastpath
from profiler.carve import carve
from profiler.profile_options import ProfileOptions, Rounds
from profiler.profile_records import Profile
from profiler.profiling import profile
from profiler.sources import ModelSource, load_source, vary_constants


class SmallCnn(nn.Module):
    """Two convolutions and a classifier: the plainest model that people cut."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.more = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.AvgPool2d(4))
        self.head = nn.Linear(16 * 16, 10)

    def forward(self, x):
        return self.head(torch.flatten(self.more(self.features(x)), 1))


class TiedWeights(nn.Module):
    """A language model's trick: the embedding of the words is also the last projection."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.body = nn.Linear(16, 16)
        self.output = nn.Linear(16, 50, bias=False)
        self.output.weight = self.embedding.weight

    def forward(self, words):
        return self.output(torch.tanh(self.body(self.embedding(words))))


class TwoInputs(nn.Module):
    """A picture and a question about it; the question is not read before the middle."""

    def __init__(self):
        super().__init__()
        self.picture = nn.Linear(8, 8)
        self.question = nn.Linear(4, 8)
        self.answer = nn.Linear(8, 2)

    def forward(self, picture, question):
        seen = torch.relu(self.picture(picture))
        return self.answer(seen * self.question(question))


class KeywordOnly(nn.Module):
    """Its second input can only be given by name."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 6)

    def forward(self, x, *, scale):
        return torch.sigmoid(self.linear(x)) * scale


class DictOutput(nn.Module):
    """A segmentation model's habit: its outputs have names."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Linear(6, 6)
        self.out = nn.Linear(6, 3)
        self.aux = nn.Linear(6, 2)

    def forward(self, x):
        shared = torch.relu(self.trunk(x))
        return {"out": self.out(shared), "aux": self.aux(shared)}


class TupleOutput(nn.Module):
    """Returns an early tensor, its input, a nested pair, and one tensor twice."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(5, 5)
        self.second = nn.Linear(5, 5)

    def forward(self, x):
        early = torch.relu(self.first(x))
        late = self.second(early)
        return early, (late, late.sum(dim=1)), x, late


class InPlace(nn.Module):
    """Overwrites a tensor that a skip connection reads, a slice, a view, and its own input."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 6)
        self.second = nn.Linear(6, 6)

    def forward(self, x):
        x.add_(1.0)
        skip = self.first(x)
        hidden = F.relu(skip, inplace=True)
        hidden = self.second(hidden)
        hidden[:, 0] = 0.5
        hidden.view(-1)[3:5].mul_(2.0)
        return hidden + skip + x


class Recurrent(nn.Module):
    """An LSTM whose last state is classified."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(5, 7, num_layers=2, batch_first=True)
        self.head = nn.Linear(7, 3)

    def forward(self, x):
        outputs, (hidden, _) = self.lstm(x)
        return self.head(torch.relu(outputs[:, -1] + hidden[-1]))


class UNet(nn.Module):
    """Two levels down and up: the skips cross every cut at the bottom."""

    def __init__(self):
        super().__init__()
        self.down1 = nn.Conv2d(3, 4, 3, padding=1)
        self.down2 = nn.Conv2d(4, 8, 3, padding=1)
        self.bottom = nn.Conv2d(8, 8, 3, padding=1)
        self.up2 = nn.ConvTranspose2d(8, 8, 2, stride=2)
        self.join2 = nn.Conv2d(16, 8, 3, padding=1)
        self.up1 = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.join1 = nn.Conv2d(8, 2, 3, padding=1)

    def forward(self, x):
        a = torch.relu(self.down1(x))
        b = torch.relu(self.down2(F.max_pool2d(a, 2)))
        c = torch.relu(self.bottom(F.max_pool2d(b, 2)))
        b = torch.relu(self.join2(torch.cat((self.up2(c), b), dim=1)))
        return self.join1(torch.cat((self.up1(b), a), dim=1))


class _ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Linear(width, width)
        self.outer = nn.Linear(width, width)

    def forward(self, x):
        return x + self.outer(torch.relu(self.inner(x)))


class ResidualMlp(nn.Module):
    """Three residual blocks between two projections; the middle block is called twice."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(4, 8)
        self.first = _ResidualBlock(8)
        self.middle = _ResidualBlock(8)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.middle(self.middle(self.first(self.stem(x)))))


class DenseConcat(nn.Module):
    """Every layer reads all earlier ones: cuts carry ever more tensors."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(3 + 2 * i, 2, 3, padding=1) for i in range(4))

    def forward(self, x):
        features = [x]
        for layer in self.layers:
            features.append(torch.relu(layer(torch.cat(features, dim=1))))
        return torch.cat(features, dim=1).mean(dim=(2, 3))


class PositionBias(nn.Module):
    """Attention with a table of position biases and a causal mask, which no input influences."""

    def __init__(self):
        super().__init__()
        self.query = nn.Linear(8, 8)
        self.table = nn.Parameter(torch.randn(9, 2))
        position = torch.arange(5)
        self.register_buffer("index", position[:, None] - position[None, :] + 4)

    def forward(self, x):
        bias = self.table[self.index.view(-1)].view(5, 5, 2).permute(2, 0, 1).contiguous()
        mask = torch.ones(5, 5, dtype=torch.bool).tril()
        heads = self.query(x).view(-1, 5, 2, 4).transpose(1, 2)
        scores = heads @ heads.transpose(-2, -1) + bias.unsqueeze(0)
        scores = scores.masked_fill(~mask, float("-inf"))
        return torch.softmax(scores, dim=-1) @ heads


class Attention(nn.Module):
    """One encoder layer, with the fused attention operator."""

    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True)

    def forward(self, x):
        return self.layer(x)


class Branches(nn.Module):
    """An inception block between two convolutions: three branches of unequal width, joined."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.narrow = nn.Conv2d(8, 2, 1)
        self.wide = nn.Sequential(
            nn.Conv2d(8, 12, 1), nn.BatchNorm2d(12), nn.ReLU(), nn.Conv2d(12, 4, 3, padding=1)
        )
        self.pooled = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), nn.Conv2d(8, 4, 1))
        self.head = nn.Conv2d(10, 5, 3)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        joined = torch.cat((self.narrow(x), self.wide(x), self.pooled(x)), dim=1)
        return self.head(torch.relu(joined)), x.mean(dim=(2, 3))


class DataDependentIf(nn.Module):
    """Chooses its path by what it sees."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        if x.sum() > 0:
            return self.linear(x)
        return x


class UpdatesBuffer(nn.Module):
    """Counts its requests."""

    def __init__(self):
        super().__init__()
        self.register_buffer("requests", torch.zeros(()))

    def forward(self, x):
        self.requests += 1
        return x * self.requests


class RandomNoise(nn.Module):
    """Adds noise that no input influences."""

    def forward(self, x):
        return x + torch.randn(4)


class RandomNoiseLikeInput(nn.Module):
    """Adds noise in the shape of its input: only a comparison of two runs finds out."""

    def forward(self, x):
        return x + torch.randn_like(x)


class DataDependentShape(nn.Module):
    """Keeps the positive numbers, however many there are."""

    def forward(self, x):
        return torch.nonzero(x > 0).float() * 2


class NothingToDo(nn.Module):
    """Returns what it gets."""

    def forward(self, x):
        return x


class ReturnsWeight(nn.Module):
    """Returns a parameter beside its result."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.randn(4))

    def forward(self, x):
        return x * self.scale, self.scale


def noise(*shape: int, seed: int = 0) -> Tensor:
    """Seeded normal numbers."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def source_of(model: type[nn.Module], *args: Tensor, **kwargs: Tensor) -> ModelSource:
    """A model with seeded weights, none of them constant, and the given input."""
    torch.manual_seed(0)
    module = model().eval()
    vary_constants(module)
    return ModelSource(
        model.__name__, module, args or _inputs(model), kwargs or _KWARGS.get(model, {})
    )


def _inputs(model: type[nn.Module]) -> tuple[Tensor, ...]:
    if model is TiedWeights:
        return (torch.tensor([[3, 1, 4, 1, 5]]),)
    return tuple(noise(*shape, seed=i) for i, shape in enumerate(_SHAPES[model]))


_SHAPES: dict[type[nn.Module], tuple[tuple[int, ...], ...]] = {
    SmallCnn: ((1, 3, 32, 32),),
    TwoInputs: ((2, 8), (2, 4)),
    KeywordOnly: ((2, 6),),
    DictOutput: ((2, 6),),
    TupleOutput: ((2, 5),),
    InPlace: ((2, 6),),
    Recurrent: ((2, 6, 5),),
    UNet: ((1, 3, 16, 16),),
    ResidualMlp: ((3, 4),),
    DenseConcat: ((1, 3, 8, 8),),
    PositionBias: ((2, 5, 8),),
    Attention: ((2, 6, 8),),
    Branches: ((1, 3, 12, 12),),
    DataDependentIf: ((2, 4),),
    UpdatesBuffer: ((2, 4),),
    RandomNoise: ((2, 4),),
    RandomNoiseLikeInput: ((2, 4),),
    DataDependentShape: ((2, 4),),
    NothingToDo: ((2, 4),),
    ReturnsWeight: ((2, 4),),
}
_KWARGS: dict[type[nn.Module], dict[str, Tensor]] = {KeywordOnly: {"scale": noise(2, 6, seed=9)}}

CAPTURABLE = (
    SmallCnn, TiedWeights, TwoInputs, KeywordOnly, DictOutput, TupleOutput, InPlace, Recurrent,
    UNet, ResidualMlp, DenseConcat, PositionBias, Attention,
)  # fmt: skip


@cache
def captured(model: type[nn.Module]) -> CapturedModel:
    """The capture of one of the models above."""
    return capture(source_of(model))


@cache
def captured_torchvision(name: str) -> CapturedModel:
    """The capture of a torchvision model with seeded random weights."""
    return capture(load_source(f"torchvision:{name}"))


def eager_outputs(model: type[nn.Module]) -> list[Tensor]:
    """What one of the models above returns when it is simply called, flattened."""
    source = source_of(model)
    with torch.inference_mode(), without_attention_fastpath():
        returned = source.module(*source.args, **source.kwargs)
    return [leaf for leaf in torch.utils._pytree.tree_leaves(returned) if isinstance(leaf, Tensor)]


def chained_outputs(whole: CapturedModel, cuts: Sequence[int] = ()) -> list[Tensor]:
    """The model's outputs if it runs in parts, each of which gets only what it asks for."""
    backend = TorchBackend()
    bounds = (0, *cuts, len(whole.graph.ops))
    parts = [carve(whole, start, stop) for start, stop in pairwise(bounds)]
    values = {name: value.clone() for name, value in whole.inputs.items()}
    for part, program in zip(parts, backend.build(parts), strict=True):
        stage = backend.prepare(program, threads=1)
        outputs = stage.run([values[name] for name in part.inputs])
        values.update(zip(part.outputs, outputs, strict=True))
    return [values[name] for name in whole.graph.outputs]


@cache
def small_profile(backend: str) -> Profile:
    """SmallCnn in three blocks, measured three times."""
    rounds = Rounds(least=3, most=3, floor=4, rest_s=0.001)
    options = ProfileOptions(backend=backend, cuts=(4, 7), rounds=rounds)
    return profile(captured(SmallCnn), options)
