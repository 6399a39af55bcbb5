"""What the masks of a label file may cost: some bytes can stand for gigabytes of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shipedge.errors import DatasetError
from shipedge.rle import Rle

__all__ = ["RunBudget", "refuse_filling", "refuse_turning"]

MOST_RUNS = 1 << 22
"""Of one mask: no ship in an image of 65,535 pixels a side has a tenth of it."""
_FREE, _PER_BYTE = 1 << 20, 8
"""Runs that all masks of a file may have: a polygon of 60 bytes around a ship of 400 pixels has 400."""


class RunBudget:
    """Counts the runs of all masks of a file or folder."""

    def __init__(self, path: Path) -> None:
        """Looks how large the file is, or all files of the folder together."""
        self._path, self._left = path, _FREE
        try:
            files = path.iterdir() if path.is_dir() else [path]
            self._left += _PER_BYTE * sum(file.stat().st_size for file in files)
        except OSError:  # whoever reads it says so
            pass

    def take(self, mask: Rle) -> Rle:
        """The mask. Raises DatasetError where this one is too much."""
        self._left -= len(mask.runs)
        if self._left < 0:
            raise DatasetError(
                f"{self._path}: its masks have over {_PER_BYTE} runs for each of its bytes, is the size of the images "
                "right?"
            )
        return mask


def refuse_filling(polygons: Sequence[npt.NDArray[np.float64]], shape: tuple[int, int], where: str) -> None:
    """Raises DatasetError where the mask of polygons could have too many runs: each edge ends one in every column."""
    columns = 0.0
    for polygon in polygons:
        x = np.clip(np.nan_to_num(polygon[:, 0]), 0, shape[1])
        columns += float(np.abs(np.diff(x, append=x[:1])).sum())
    _refuse(columns / 2, where)


def refuse_turning(mask: Rle, where: str) -> int:
    """How many runs a mask may have at most with rows and columns exchanged. Raises DatasetError for too many."""
    most = int(np.minimum(mask.runs[:, 1], mask.shape[0]).sum(dtype=np.int64))
    _refuse(most, where)
    return most


def _refuse(runs: float, where: str) -> None:
    if runs > MOST_RUNS:
        raise DatasetError(f"{where}: the mask could have {runs:.0f} runs, expected at most {MOST_RUNS}")
