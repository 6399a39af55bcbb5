"""Which images belong together: they overlap, are copies of each other, or were cut from one scene by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shipedge_train.data.split.overlaps import Pairs


@dataclass(frozen=True, slots=True)
class Groups:
    """The group of each image, and how they came about.

    Attributes:
        of: number of the group of each image, 0 .. count - 1, in the order in which groups first appear.
        count: of groups.
        copies: images that are another one, byte for byte.
        strangers: (i, j) of overlapping or equal images that scenes.csv calls cuts of different scenes.
    """

    of: list[int]
    count: int
    copies: int
    strangers: list[tuple[int, int]]


def group(overlaps: Pairs, digests: Sequence[bytes], scenes: Sequence[str | None]) -> Groups:
    """Join images.

    Args:
        overlaps: (m, 4) from `find_overlaps`.
        digests: of each image's file.
        scenes: of each image, None where scenes.csv does not name it.
    """
    parents = list(range(len(digests)))
    pairs = [(int(i), int(j)) for i, j in overlaps[:, :2]]
    copies = list(_equal(digests))
    for i, j in (*pairs, *copies, *_equal(scenes)):
        parents[_root(parents, i)] = _root(parents, j)
    numbers: dict[int, int] = {}
    of = [numbers.setdefault(_root(parents, i), len(numbers)) for i in range(len(parents))]
    strangers = [(i, j) for i, j in (*pairs, *copies) if None not in (scenes[i], scenes[j]) and scenes[i] != scenes[j]]
    return Groups(of, len(numbers), len(copies), strangers)


def _root(parents: list[int], i: int) -> int:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


def _equal(values: Sequence[object]) -> Iterable[tuple[int, int]]:
    """(first, later) for each later place that has the value of an earlier one; None equals nothing."""
    first: dict[object, int] = {}
    for at, value in enumerate(values):
        before = first.setdefault(value, at) if value is not None else at
        if before != at:
            yield before, at
