"""Results as Parquet, beside the lines of the log: a row for each ship, and one for a frame without."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from shipedge.events import Failure, Result
from shipedge.events.reading import parse_event
from shipedge.files.atomic import write_atomic

__all__ = ["write_parquet"]


def write_parquet(path: Path, lines: bytes, *, durable: bool) -> None:
    """Writes the results of some lines of a log: a row for each frame, its ships as a list, and for each failure.

    Names that are no UTF-8 are written with replacement characters: Parquet knows no others.

    Raises:
        OSError: it cannot be written.
    """
    import pyarrow
    from pyarrow import parquet

    number = pyarrow.float64()
    ship = pyarrow.struct(
        {
            "rle": pyarrow.string(),
            "bbox": pyarrow.list_(pyarrow.int64()),
            "score": number,
            "center": pyarrow.list_(number),
            "length": number,
            "width": number,
            "orientation": number,
            "length_m": number,
            "width_m": number,
            "lon": number,
            "lat": number,
        }
    )
    schema = pyarrow.schema(
        {
            "source": pyarrow.string(),
            "index": pyarrow.int64(),
            "time_s": number,
            "height": pyarrow.int64(),
            "width": pyarrow.int64(),
            "score": number,
            "gsd_m": number,
            "ships": pyarrow.list_(ship),
            "error": pyarrow.string(),
        }
    )
    rows = [row for line in lines.splitlines() if (row := _row(line, [field.name for field in ship])) is not None]
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema), buffer, compression="zstd")
    write_atomic(path, buffer.getvalue(), durable=durable)


def _row(line: bytes, fields: list[str]) -> dict[str, Any] | None:
    event = parse_event(line)
    if isinstance(event, Failure):
        return {"source": _text(event.source or ""), "error": _text(event.message)}
    if not isinstance(event, Result):
        return None
    return {
        "source": _text(event.source),
        "index": event.index,
        "time_s": event.time_s,
        "height": event.shape[0],
        "width": event.shape[1],
        "score": event.score,
        "gsd_m": event.gsd_m if isinstance(event.gsd_m, float) else None,
        "ships": [
            {name: value for name in fields if isinstance(value := getattr(ship, name), (str, float, int, list))}
            for ship in event.ships
        ],
        "error": None,
    }


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
