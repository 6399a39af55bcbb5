"""Detections as a COCO file: images, and their ships as polygons with scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from shipedge.events import Result
from shipedge.formats.coco_write import write_coco
from shipedge.formats.labelled import Labelled
from shipedge.rle import parse
from shipedge.sinks.csv import ImageIds

__all__ = ["write_detected_coco"]


def write_detected_coco(path: Path, results: Iterable[Result]) -> None:
    """All frames, with the names of the submission CSV, and their ships.

    Raises:
        DatasetError: two frames would share their name, or it is no plain file name.
        OSError: it cannot be written.
    """
    named, scores = ImageIds(), list[float]()

    def images() -> Iterator[Labelled]:
        for result in results:
            shape = (result.shape[0], result.shape[1])
            scores.extend(ship.score for ship in result.ships)
            yield Labelled(named(result), shape, [parse(ship.rle, shape) for ship in result.ships])

    write_coco(path, images(), scores=scores)
