"""What a peer is, and the glue for those that speak COCO's counts instead of Airbus texts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int]
Mask = NDArray[np.uint8]
Skill = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Peer:
    """A library or recipe as the benchmark sees it.

    Attributes:
        name: its column.
        skills: what it can do, by the name of the skill; a missing one is work it cannot do.
        native: makes the peer's own mask of a text and a shape, before the clock starts, for skills that begin with it
            (`area_bbox`, `iou`, `unite`).
        plain: by skill, its result in our form, after the clock has stopped.
    """

    name: str
    skills: dict[str, Skill]
    native: Callable[[str, Shape], Any] | None = None
    plain: dict[str, Callable[[Any], Any]] = field(default_factory=dict)

    def skill(self, name: str) -> Skill | None:
        """The way to do it, or None; `x_dense` is `x` unless there is a better way for masks full of edges."""
        return self.skills.get(name) or self.skills.get(name.removesuffix("_dense"))


def numbers_of(text: str) -> NDArray[np.int64]:
    """The numbers of a text by the fastest way NumPy has."""
    return np.fromstring(text, np.int64, sep=" ")


def counts_of(text: str, pixels: int) -> NDArray[np.int64]:
    """COCO's counts of an Airbus text: background, ship, background, ..."""
    numbers = numbers_of(text)
    edges = np.zeros(numbers.size + 2, np.int64)
    edges[1:-1:2] = numbers[::2] - 1
    edges[2:-1:2] = edges[1:-1:2] + numbers[1::2]
    edges[-1] = pixels
    return np.diff(edges)


def text_of(counts: Any) -> str:
    """The Airbus text of COCO's counts."""
    ends = np.cumsum(np.asarray(counts, np.int64))
    numbers = np.empty(ends.size // 2 * 2, np.int64)
    numbers[::2] = ends[: numbers.size : 2] + 1
    numbers[1::2] = np.diff(ends)[::2]
    return " ".join(map(str, numbers.tolist()))


def text_of_edges(edges: NDArray[np.int64]) -> str:
    """The Airbus text of positions where a mask begins and ends, in turns, 0-based and column-major."""
    edges[1::2] -= edges[::2]
    edges[::2] += 1
    return " ".join(map(str, edges.tolist()))
