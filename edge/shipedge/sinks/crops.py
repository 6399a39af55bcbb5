"""One image for each ship, cut out with some sea around it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import SourceError
from shipedge.events import Found, Result
from shipedge.files.atomic import own_folder, write_atomic
from shipedge.frame import Frame
from shipedge.sinks.names import FileNames
from shipedge.sources import Source

__all__ = ["Crops", "crop"]

QUALITY = 90
RIM = 0.25
"""Sea on each side, by the longer side of the ship."""
LEAST = 8
"""Pixels of it."""


def crop(frame: Frame, ship: Found) -> NDArray[np.uint8]:
    """(height, width, 3) RGB: the bbox of a ship and some sea around it, as far as the frame goes."""
    left, top, right, bottom = ship.bbox
    rim = max(round(RIM * max(right - left, bottom - top)), LEAST)
    rows = slice(max(top - rim, 0), min(bottom + rim, frame.shape[0]))
    columns = slice(max(left - rim, 0), min(right + rim, frame.shape[1]))
    return np.asarray(frame.raster()[rows, columns], np.uint8)


class Crops:
    """Writes NAME-FRAME-NUMBER.jpg into `folder`, NUMBER from 1 as the ships stand in the log."""

    def __init__(self, folder: Path, sources: Sequence[Source]) -> None:
        """Nothing is touched before `__enter__`."""
        self._folder = folder
        self._names = FileNames(sources)

    def __enter__(self) -> Crops:
        """Makes the folder. Raises OSError when that is not possible."""
        own_folder(self._folder)
        return self

    def write(self, frame: Frame, result: Result) -> None:
        """Writes the ships of one frame."""
        stem = self._names[result.source].rpartition(".")[0]
        if not self._names.is_image(result.source):
            stem += f"-{result.index:06d}"
        for number, ship in enumerate(result.ships, 1):
            bgr = cv2.cvtColor(crop(frame, ship), cv2.COLOR_RGB2BGR)
            good, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            if not good:  # JPEG ends at 65,535 pixels a side
                raise SourceError(f"{result.source}: ship {number} is too large for a JPEG")
            write_atomic(self._folder / f"{stem}-{number}.jpg", encoded.tobytes())

    def end(self, source: Source) -> None:
        """Nothing is left to do."""

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Nothing is left to do."""
