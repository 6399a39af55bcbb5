"""How long work tells where it stands: one line per finished part, and how far a part is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

T = TypeVar("T")

Report = Callable[[str], None]
"""Called with one line per finished part."""


class Progress(Protocol):
    """Takes items from an iterator and shows how far it is."""

    def __call__(self, items: Iterator[T], count: int, label: str, /) -> Iterator[T]:
        """The first `count` items."""


def quietly(items: Iterator[T], count: int, label: str, /) -> Iterator[T]:
    """A `Progress` that shows nothing."""
    return islice(items, count)


@dataclass(frozen=True, slots=True)
class Console:
    """Where long work tells how far it is.

    Attributes:
        report: called with one line per finished part.
        progress: shows how far a part is.
    """

    report: Report = print
    progress: Progress = quietly


CONSOLE = Console()
"""Lines on standard output, and no bars."""
