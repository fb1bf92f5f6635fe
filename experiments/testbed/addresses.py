"""Addresses: the node at position i of the cluster is 10.77.0.0 + i + 1 in its own namespace.

Namespaces share nothing, so every testbed uses the same addresses.
"""

from __future__ import annotations

NETWORK = "10.77.0.0/16"
MAX_NODES = 500
"""There are more addresses; but a node takes two of the relay's descriptors, all below 1024."""
_PREFIX = bytes((10, 77))
GATEWAY = _PREFIX + (2**16 - 2).to_bytes(2, "big")
"""Who says that an address is unreachable."""


def address_of(index: int) -> str:
    """The address of the node at a position."""
    return ".".join(map(str, packed_address_of(index)))


def packed_address_of(index: int) -> bytes:
    """The same as the four bytes that stand in packets."""
    return _PREFIX + (index + 1).to_bytes(2, "big")


def index_of(packed: bytes) -> int | None:
    """The position of the node with an address, or none if it is no address of nodes."""
    if len(packed) != len(GATEWAY) or packed[:2] != _PREFIX:
        return None
    return int.from_bytes(packed[2:], "big") - 1
