"""One row for each ship, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from msgspec import UNSET

from shipedge.events import Result
from shipedge.files.atomic import write_output

__all__ = ["COLUMNS", "write_detections"]

COLUMNS = (
    *("image", "index", "time_s", "score", "left", "top", "right", "bottom"),
    *("center_x", "center_y", "length", "width", "orientation", "length_m", "width_m", "lon", "lat"),
    *("track", "speed", "speed_m_s", "heading"),
)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet run a text; such names get an apostrophe in front, which it does not show."""


def write_detections(path: Path, results: Iterable[Result]) -> None:
    """One row for each ship; what is not known stays empty.

    Raises:
        OSError: it cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for result in results:
        name = f"'{result.source}" if result.source.startswith(_FORMULAS) else result.source
        time_s = "" if result.time_s is None else result.time_s
        for ship in result.ships:
            known = (getattr(ship, column) for column in COLUMNS[10:])
            row = [name, result.index, time_s, ship.score, *ship.bbox, *ship.center]
            writer.writerow([*row, *("" if value is UNSET else value for value in known)])
    write_output(path, text.getvalue().encode("utf-8", "backslashreplace"))
