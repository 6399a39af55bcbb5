"""Shares of the work, and what is tried again after a worker has died over one: whatever is in it, the others go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from shipedge.engines.engine import Died

__all__ = ["Share", "Tries", "halves"]

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
SomeShare = TypeVar("SomeShare", bound="Share[Any]")

_CHANCES = 2
"""Times that a single item is tried again."""


@dataclass(frozen=True, slots=True)
class Share(Generic[Item]):
    """Items that are worked on together, or a piece of such a share that is tried again.

    Attributes:
        number: of the share, from 0.
        items: those of the piece.
        first: number of the first of them in the share.
        deaths: workers that died over it.
    """

    number: int
    items: tuple[Item, ...]
    first: int = 0
    deaths: int = 0


def halves(share: SomeShare) -> list[SomeShare]:
    """What is tried after a worker has died over a share: once more the same, then each half of it.

    Returns:
        Nothing for a single item that has had all its chances.
    """
    deaths, middle = share.deaths + 1, len(share.items) // 2
    if deaths == 1:
        return [replace(share, deaths=deaths)]
    if not middle:
        return [replace(share, deaths=deaths)] if deaths <= _CHANCES else []
    # Pieces begin where a single item has two chances left: whoever kills at random hardly ever hits it twice.
    return [
        replace(share, items=share.items[:middle], deaths=1),
        replace(share, items=share.items[middle:], first=share.first + middle, deaths=1),
    ]


class Tries(Generic[SomeShare, Outcome]):
    """Shares that are being worked on, whole or in pieces.

    Attributes:
        again: pieces that wait for another try.
    """

    def __init__(self, failed: Callable[[SomeShare, Died], Outcome]) -> None:
        """Takes what is said of a single item that no worker survives."""
        self._failed = failed
        self._open: dict[int, tuple[SomeShare, dict[int, tuple[int, Outcome]]]] = {}
        self.again: deque[SomeShare] = deque()

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, share: SomeShare) -> None:
        """Takes a share in."""
        self._open[share.number] = share, {}

    def take(self, piece: SomeShare, outcome: Outcome | Died) -> tuple[SomeShare, list[Outcome]] | None:
        """The whole share with the outcomes of its pieces, in their order, where this was the last of them."""
        if isinstance(outcome, Died):
            if again := halves(piece):
                self.again += again
                return None
            outcome = self._failed(piece, outcome)
        share, outcomes = self._open[piece.number]
        outcomes[piece.first] = len(piece.items), outcome
        if sum(count for count, _ in outcomes.values()) < len(share.items):
            return None
        del self._open[piece.number]
        return share, [outcomes[first][1] for first in sorted(outcomes)]
