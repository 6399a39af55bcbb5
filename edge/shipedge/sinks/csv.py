"""The Airbus submission CSV: one row per ship, one empty row per image without ships."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import UNSET

from shipedge.airbus import check_image_id, write_airbus
from shipedge.errors import DatasetError
from shipedge.events import Result
from shipedge.sources import Source, source_named

__all__ = ["ImageIds", "check_names", "image_id", "write_submission"]


def image_id(source: Source, index: int) -> str:
    """The ImageId of a frame: an image's file name; NAME_frame000017 for a video or camera, counted from 0.

    So has a file of a watched folder that was written anew.
    """
    is_image = source.kind == "image" and index == 0
    return Path(source.name).name if is_image else f"{source.stem}_frame{index:06d}"


class ImageIds:
    """The ImageId of every frame of a run."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}

    def __call__(self, result: Result) -> str:
        """That of one frame. Raises DatasetError where frames of two sources share it."""
        live = result.captured is not UNSET and result.time_s is not None  # a source may have any name
        source = Source("stream", result.source) if live else source_named(result.source)
        name = image_id(source, result.index)
        if self._sources.setdefault(name, result.source) != result.source:
            raise DatasetError(
                f"{self._sources[name]} and {result.source} would both be {name} in the file: predict them one after "
                "the other"
            )
        return name


def check_names(sources: Sequence[Source]) -> None:
    """Makes sure before the first frame that each source will have an `image_id` of its own.

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


def write_submission(path: Path, results: Iterable[Result]) -> None:
    """One row per ship, one empty row per frame without ships; memory follows the length of the file.

    The format knows an image by its file name alone, so two images of one name would become one: refused.

    Raises:
        DatasetError: two frames would share their ImageId, or a name cannot be one.
        OSError: it cannot be written.
    """
    named = ImageIds()
    write_airbus(path, ((named(result), [ship.rle for ship in result.ships]) for result in results))
