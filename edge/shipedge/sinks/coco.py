"""Detections as a COCO file: images, and their ships as polygons with scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shipedge.errors import SourceError
from shipedge.formats.coco_write import write_coco
from shipedge.formats.labelled import Labelled
from shipedge.frame import Frame, FrameResult
from shipedge.outputs import check_place
from shipedge.sinks.base import keeps
from shipedge.sinks.csv import image_id, sources_by_name
from shipedge.sources import Source

__all__ = ["CocoJson"]


class CocoJson:
    """Collects the ships and writes them at the end, in one step. Images have the names of the submission CSV."""

    def __init__(self, path: Path, sources: Sequence[Source]) -> None:
        """Checks every name before the first frame.

        Raises:
            DatasetError: two sources would share their name, or it is no plain file name.
        """
        self._path = path
        self._sources = sources_by_name(sources)
        self._images: dict[str, Labelled] = {}
        self._scores: list[float] = []

    def __enter__(self) -> CocoJson:
        """Raises OSError when the file could not be written at the end."""
        check_place(self._path)
        return self

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Takes the ships of one frame."""
        name = image_id(self._sources[result.source], result.index)
        if name in self._images:  # of an image that is called like a frame of a video
            raise SourceError(f"{result.source}: {name} is in the COCO file already: predict them one after the other")
        self._images[name] = Labelled(name, result.shape, [ship.rle for ship in result.ships])
        self._scores += [round(ship.score, 4) for ship in result.ships]

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Writes the file; not when nothing could be read, so that an earlier one stays.

        Raises:
            SourceError: it could not be written.
        """
        if self._images and keeps(kind):
            try:
                write_coco(self._path, self._images.values(), scores=self._scores)
            except OSError as error:  # the results of the other sinks are whole
                raise SourceError(f"{self._path}: cannot be written: {error.strerror or error}") from None
