"""Transfer time of messages between two nodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.problem import Problem


class HopPrices:
    """Prices messages between the nodes of one problem.

    `hop_s(a, b, n) = 0 if a = b else overhead + α_ab + n / β_ab`, as the link from a to b has it;
    infinite if there is no such link. Messages are not relayed over a third node.

    It does not include other traffic on the same medium, or the time that a sender needs before
    its first byte; a cold connection is in `cold_s` alone.
    """

    def __init__(self, problem: Problem) -> None:
        self._models = {(link.source, link.target): link.model for link in problem.links}
        self._prices = {(link.source, link.target): link.price_per_byte for link in problem.links}
        self._media = {(link.source, link.target): link.medium for link in problem.links}

    def is_linked(self, source: str, target: str) -> bool:
        """Whether a message can go from one node to the other at all."""
        return source == target or (source, target) in self._models

    def hop_s(self, source: str, target: str, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds from the sender's first byte to the receiver's last, one per message size."""
        if source == target:
            return np.zeros(n_bytes.shape)
        model = self._models.get((source, target))
        return np.full(n_bytes.shape, np.inf) if model is None else model.transfer_s(n_bytes)

    def busy_s(self, source: str, target: str, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds for which each message keeps the link from the next one; as `hop_s` otherwise."""
        if source == target:
            return np.zeros(n_bytes.shape)
        model = self._models.get((source, target))
        return np.full(n_bytes.shape, np.inf) if model is None else model.busy_s(n_bytes)

    def cold_s(
        self, source: str, target: str, n_bytes: NDArray[np.int64]
    ) -> NDArray[np.float64] | None:
        """As `hop_s`, on a fresh connection; none where the link does not know it."""
        if source == target:
            return np.zeros(n_bytes.shape)
        model = self._models.get((source, target))
        return None if model is None else model.cold_s(n_bytes)

    def medium(self, source: str, target: str) -> str | None:
        """What the link shares with others; none if it is a wire of its own, or missing."""
        return self._media.get((source, target))

    def price(self, source: str, target: str, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Money for each message: bytes times the link's price; as `hop_s` otherwise."""
        if source == target:
            return np.zeros(n_bytes.shape)
        per_byte = self._prices.get((source, target))
        missing = np.full(n_bytes.shape, np.inf)
        return missing if per_byte is None else n_bytes.astype(np.float64) * per_byte


def hop_s(
    problem: Problem, source: str, target: str, n_bytes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Seconds of one message per size; see `HopPrices`, which is quicker for many pairs."""
    return HopPrices(problem).hop_s(source, target, n_bytes)
