"""From a dataset folder to its splits.csv."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from shipedge.errors import DatasetError
from shipedge_train.data.split.groups import group
from shipedge_train.data.split.overlaps import TABLES, find_overlaps
from shipedge_train.data.split.parts import COLUMNS, Shares, count_ships, deal
from shipedge_train.data.split.signature import solid
from shipedge_train.data.split.store import Store, check_place
from shipedge_train.data.split.summary import summarize
from shipedge_train.dataset import read_dataset, scenes_of
from shipedge_train.dataset.splits import write_splits

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]
"""Opens a progress bar (label, steps) and gives what is called with the number of steps just finished."""


def make_split(folder: Path, out: Path, shares: Shares, workers: int, progress: Progress) -> dict[str, Any]:
    """Write the split of a dataset folder to `out`; what is seen of the images is kept beside it.

    Args:
        folder: with images/ and ships.csv.
        out: the file.
        shares: the parts.
        workers: threads.
        progress: opens a bar for each of the two long parts.

    Returns:
        The figures of `summarize`, `overlapping_pairs`, `copies`, `solid_images`, and `warnings`, sentences.

    Raises:
        DatasetError: a dataset that cannot be used or split, or `out` holds another split.
    """
    images = read_dataset(folder)
    if not any(image.ships for image in images):
        raise DatasetError(f"{folder} has no ship in {len(images)} images: nothing to balance")
    counts = count_ships(images)
    paths = [image.path for image in images]
    kept = out.with_suffix(".signatures")
    check_place(kept)
    with Store(kept) as store, progress("looking at images", len(paths)) as advance:
        signatures = store.collect(paths, workers, advance)
    with progress("finding overlaps", TABLES) as advance:
        # Copies are one group by their digests; to compare their blocks, too, would take most of the time.
        first: dict[bytes, int] = {}
        for i, digest in enumerate(signatures.digests):
            first.setdefault(digest, i)
        originals = np.array([*first.values()])
        overlaps = find_overlaps(signatures.symbols[originals], advance)
        overlaps[:, :2] = originals[overlaps[:, :2]]
    scenes = scenes_of(folder)
    groups = group(overlaps, signatures.digests, [scenes.get(path.name) for path in paths])
    names: list[str] = []
    for image, number in zip(images, groups.of, strict=True):
        if number == len(names):
            names.append(image.path.name)  # the first image gives the group its name: images are sorted
    sums = np.zeros((groups.count, len(COLUMNS)), np.int64)
    np.add.at(sums, groups.of, counts)
    parts = deal(sums, names, shares)
    rows = [(path.name, names[number], parts[number]) for path, number in zip(paths, groups.of, strict=True)]
    write_splits(out, rows)
    warnings = []
    if groups.strangers:
        i, j = groups.strangers[0]
        warnings.append(
            f"{len(groups.strangers)} pairs of images overlap although scenes.csv calls them cuts of different "
            f"scenes, the first {paths[i].name} and {paths[j].name}: they were kept together"
        )
    return {
        **summarize(counts, groups.of, names, parts),
        "overlapping_pairs": len({(i, j) for i, j in overlaps[:, :2].tolist()}),
        "copies": groups.copies,
        "solid_images": int(solid(signatures.symbols).all(axis=1).sum()),
        "warnings": warnings,
    }
