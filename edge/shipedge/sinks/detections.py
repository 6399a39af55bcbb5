"""One row for each ship, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from shipedge.atomic import write_output
from shipedge.errors import SourceError
from shipedge.frame import Frame, FrameResult
from shipedge.measure import as_json, measure
from shipedge.outputs import check_place
from shipedge.sinks.base import keeps

__all__ = ["COLUMNS", "DetectionsCsv"]

COLUMNS = (
    *("image", "index", "time_s", "score", "left", "top", "right", "bottom"),
    *("center_x", "center_y", "length", "width", "orientation", "length_m", "width_m", "lon", "lat"),
)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet run a text; such names get an apostrophe in front, which it does not show."""


class DetectionsCsv:
    """Collects the rows and writes them at the end, in one step; what is not known stays empty."""

    def __init__(self, path: Path) -> None:
        """Nothing is touched before `__enter__`."""
        self._path = path
        self._frames = 0
        self._text = io.StringIO()
        self._writer = csv.writer(self._text, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def __enter__(self) -> DetectionsCsv:
        """Raises OSError when the file could not be written at the end."""
        check_place(self._path)
        return self

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Takes the ships of one frame."""
        self._frames += 1
        name = f"'{result.source}" if result.source.startswith(_FORMULAS) else result.source
        time_s = "" if result.time_s is None else round(result.time_s, 6)
        for ship, measures in zip(result.ships, measure(result), strict=True):
            known = as_json(measures)
            row = [name, result.index, time_s, round(ship.score, 4), *ship.bbox, *known["center"]]
            self._writer.writerow([*row, *(known.get(column, "") for column in COLUMNS[10:])])

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Writes the file; not when nothing could be read, so that an earlier one stays.

        Raises:
            SourceError: it could not be written.
        """
        if self._frames and keeps(kind):
            try:
                write_output(self._path, self._text.getvalue().encode("utf-8", "backslashreplace"))
            except OSError as error:  # the results of the other sinks are whole
                raise SourceError(f"{self._path}: cannot be written: {error.strerror or error}") from None
