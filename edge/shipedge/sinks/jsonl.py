"""predictions.jsonl: one JSON object per frame, frames without ships included."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any, TextIO

from shipedge.atomic import HIDDEN, is_stream, naming
from shipedge.frame import Frame, FrameResult
from shipedge.measure import as_json, measure
from shipedge.sinks.base import keeps

__all__ = ["JsonLines", "to_json"]


def to_json(result: FrameResult) -> dict[str, Any]:
    """A result as JSON values; `rle` is the Airbus string (1-based, column by column), shape (height, width).

    Meters and longitude and latitude are there where they are known, `scale` where the frame was resampled.
    """
    return {
        "source": result.source,
        "index": result.index,
        "time_s": None if result.time_s is None else round(result.time_s, 6),
        "shape": list(result.shape),
        "score": round(result.score, 4),
        **({} if result.gsd_m is None else {"gsd_m": round(result.gsd_m, 6)}),
        **({} if result.scale == 1 else {"scale": round(result.scale, 6)}),
        "ships": [
            {
                "rle": ship.rle.to_airbus(),
                "bbox": list(ship.bbox),
                "score": round(ship.score, 4),
                **as_json(measured),
            }
            for ship, measured in zip(result.ships, measure(result), strict=True)
        ],
        "timings_ms": {stage: round(value, 3) for stage, value in result.timings_ms.items()},
    }


class JsonLines:
    """Writes line by line into a hidden file beside `path`, and moves it there at the end."""

    def __init__(self, path: Path) -> None:
        """Nothing is touched before `__enter__`."""
        self.path = path
        self._temporary = path.with_name(f"{HIDDEN}{os.urandom(8).hex()}.tmp")
        self._file: TextIO
        self._lines = 0

    def __enter__(self) -> JsonLines:
        """Makes the folder and the hidden file. Raises OSError when that is not possible."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if is_stream(self.path):
            raise FileExistsError(errno.EEXIST, "is a pipe or device, expected a file", str(self.path))
        # ASCII: names that are not valid UTF-8 survive as escapes, and the file stays valid JSON.
        with naming(self.path):
            self._file = self._temporary.open("x", encoding="ascii", newline="\n")
        return self

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Adds one line."""
        self._lines += 1
        with naming(self.path):
            self._file.write(json.dumps(to_json(result), separators=(",", ":"), allow_nan=False) + "\n")

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Moves the file to its place; drops it when empty, or after an error that may have cut a line.

        A run in which nothing could be read has no result, and must not wipe out the one before it.
        """
        try:
            with naming(self.path):
                self._file.close()
                if self._lines and keeps(kind):
                    self._temporary.replace(self.path)
        finally:
            self._temporary.unlink(missing_ok=True)
