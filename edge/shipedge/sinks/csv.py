"""The Airbus submission CSV: one row per ship, one empty row per picture without ships."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shipedge.errors import DatasetError, SourceError
from shipedge.formats.airbus import check_image_id, write_airbus
from shipedge.frame import Frame, FrameResult
from shipedge.outputs import check_place
from shipedge.sinks.base import keeps
from shipedge.sources import Source

__all__ = ["SubmissionCsv", "image_id", "sources_by_name"]


def image_id(source: Source, index: int) -> str:
    """The ImageId of a frame: a picture's file name; NAME_frame000017 for a video or camera, counted from 0."""
    return Path(source.name).name if source.kind == "picture" else f"{source.stem}_frame{index:06d}"


def sources_by_name(sources: Sequence[Source]) -> dict[str, Source]:
    """The sources by their names, where each will have an `image_id` of its own.

    Raises:
        DatasetError: two would share it, or it is no plain file name.
    """
    names: dict[str, str] = {}
    for source in sources:
        name = image_id(source, 0)
        if trouble := check_image_id(name):
            raise DatasetError(f"{source.name}: cannot go into a CSV or COCO file: {trouble}")
        if name in names:
            raise DatasetError(
                f"{names[name]} and {source.name} would both be {name} in the file: predict them one after the other"
            )
        names[name] = source.name
    return {source.name: source for source in sources}


class SubmissionCsv:
    """Collects the rows and writes them at the end, in one step.

    The format knows a picture by its file name alone, so two pictures of one name would become one: refused.
    """

    def __init__(self, path: Path, sources: Sequence[Source]) -> None:
        """Checks every name before the first frame.

        Raises:
            DatasetError: two sources would share their ImageId, or a name cannot be an ImageId.
        """
        self._path = path
        self._rows: dict[str, list[str]] = {}
        self._sources = sources_by_name(sources)

    def __enter__(self) -> SubmissionCsv:
        """Raises OSError when the file could not be written at the end."""
        check_place(self._path)
        return self

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Takes the ships of one frame."""
        name = image_id(self._sources[result.source], result.index)
        if name in self._rows:  # of an image that is called like a frame of a video
            raise SourceError(f"{result.source}: {name} is in the CSV already: predict them one after the other")
        self._rows[name] = [s.rle.to_airbus() for s in result.ships]

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Writes the file; not when nothing could be read, so that an earlier one stays.

        Raises:
            SourceError: it could not be written.
        """
        if self._rows and keeps(kind):
            try:
                write_airbus(self._path, self._rows.items())
            except OSError as error:  # the results of the other sinks are whole
                raise SourceError(f"{self._path}: cannot be written: {error.strerror or error}") from None
