"""Tools: what live tools choose, by their own code."""

from __future__ import annotations

from experiments.peers.tools.accelerate_map import AccelerateMap
from experiments.peers.tools.deepspeed_parts import DeepspeedParts
from experiments.peers.tools.elf_parts import ElfParts
from experiments.peers.tools.interface import Tool
from experiments.peers.tools.torch_pipelining import TorchPipelining
from experiments.peers.tools.torchgpipe_balance import TorchgpipeBalance

TOOLS: tuple[Tool, ...] = (
    TorchPipelining(),
    AccelerateMap(),
    DeepspeedParts(),
    TorchgpipeBalance(),
    ElfParts("constrained"),
    ElfParts("metis"),
)
"""Every tool, in the order in which tables list them."""
