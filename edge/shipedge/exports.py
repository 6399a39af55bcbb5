"""Files of other formats, made from the log of a run: whatever becomes of them, the log holds what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from shipedge.errors import DatasetError, ShipedgeError
from shipedge.events import Result
from shipedge.events.reading import read_events
from shipedge.files.outputs import Kind
from shipedge.rle import parse
from shipedge.sinks.coco import write_detected_coco
from shipedge.sinks.csv import write_submission
from shipedge.sinks.detections import write_detections
from shipedge.sinks.geojson import write_geojson
from shipedge.sinks.sqlite import write_sqlite

__all__ = ["EXPORTS", "Export", "export", "results_of"]


class Export(NamedTuple):
    """A format: what kind of file it is, and what writes it and says what is not in it."""

    kind: Kind
    write: Callable[[Path, Iterable[Result]], str | None]


EXPORTS: dict[str, Export] = {
    "csv": Export("CSV of ships", write_submission),
    "detections": Export("CSV of detections", write_detections),
    "geojson": Export("JSON", write_geojson),
    "coco": Export("JSON", write_detected_coco),
    "sqlite": Export("SQLite", write_sqlite),
}
"""By the name of the option."""


def results_of(log: Path) -> Iterator[Result]:
    """The results of all frames of a log. Raises DatasetError where it is none, or a mask is not one of its frame."""
    for event in read_events(log):
        if isinstance(event, Result):
            for ship in event.ships:
                try:
                    parse(ship.rle, (event.shape[0], event.shape[1]))
                except ValueError as error:
                    raise DatasetError(f"{log}: frame {event.index} of {event.source}: {error}") from None
            yield event


def export(log: Path, files: Mapping[str, Path]) -> tuple[list[Path], list[str]]:
    """Writes each file, {format: path}; one that cannot be written does not stop the others.

    Returns:
        Those that were written, and one sentence for each that was not, or not whole.
    """
    written, failed = [], []
    for name, path in files.items():
        try:
            left_out = EXPORTS[name].write(path, results_of(log))
        except ShipedgeError as error:
            failed.append(str(error))
        except (ValueError, OverflowError) as error:  # numbers that no run has written
            failed.append(f"{path}: cannot be written: {error}")
        except OSError as error:
            failed.append(f"{path}: cannot be written: {error.strerror or error}")
        else:
            written.append(path)
            failed += [left_out] if left_out else []
    return written, failed
