"""Groups into parts that are alike: each with its share of images, of empty ones, and of ships of every size."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shipedge.errors import DatasetError
from shipedge.formats.splits import TEST, fold_name
from shipedge.rle import bboxes, parse
from shipedge_train.dataset import SHAPE, Image
from shipedge_train.dataset.sizes import size_class

COLUMNS = ("images", "empty", "under 16 px", "16-31 px", "32-63 px", "64 px and over")
"""What is counted of each image; the last four are ships by `size_class`."""

Counts = NDArray[np.int64]


def count_ships(images: Sequence[Image]) -> Counts:
    """What each image holds, (n, 6) in the order of COLUMNS.

    Raises:
        RleFormatError: a ship string is none.
    """
    counts = np.zeros((len(images), len(COLUMNS)), np.int64)
    counts[:, 0] = 1
    for row, image in zip(counts, images, strict=True):
        row[1] = not image.ships
        if image.ships:
            row[2:] = np.bincount(size_class(bboxes([parse(text, SHAPE) for text in image.ships])), minlength=4)
    return counts


@dataclass(frozen=True, slots=True)
class Shares:
    """What a split is made into: so many folds, and a test part with its share of the whole (0: none).

    The seed decides the order of equals: another one, another split.
    """

    folds: int
    test_share: float
    seed: int


def deal(counts: Counts, names: Sequence[str], shares: Shares) -> list[str]:
    """The part of each group: large groups first, each to the part that lacks most of what it holds.

    "Lacks most" is Pearson's: the sum of (have - want)^2 / want over COLUMNS grows least there.

    Args:
        counts: (groups, 6) sums over each group's images.
        names: of the groups; with the seed they decide the order of equals.
        shares: the parts.

    Raises:
        DatasetError: a part would have no ship or no image at all.
    """
    folds, test = shares.folds, shares.test_share
    parts = [fold_name(fold) for fold in range(folds)] + [TEST] * (test > 0)
    total = counts.sum(axis=0)
    want = np.array([(1 - test) / folds] * folds + [test] * (test > 0))[:, None] * np.maximum(total, 1)
    have = np.zeros_like(want)
    chosen = [""] * len(names)
    weight = (counts / np.maximum(total, 1)).sum(axis=1)
    for group in sorted(range(len(names)), key=lambda g: (-weight[g], _mixed(shares.seed, names[g]))):
        row = counts[group]
        cost = (row * (2 * (have - want) + row) / want).sum(axis=1)
        part = int(cost.argmin())
        have[part] += row
        chosen[group] = parts[part]
    bare = [part for part, row in zip(parts, have, strict=True) if not row[2:].any()]
    if bare:
        holding = int(np.count_nonzero(counts[:, 2:].any(axis=1)))
        raise DatasetError(
            f"{bare[0]} would have no ship: only {holding} of {len(names)} groups hold ships, "
            f"expected at least {len(parts)} for {len(parts)} parts (fewer folds, no test part, or more images)"
        )
    return chosen


def _mixed(seed: int, name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=8, key=str(seed).encode()).digest()
