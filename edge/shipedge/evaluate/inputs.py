"""What is scored: ships and image scores from the files of ``shipedge predict``, or from a submission CSV."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from shipedge.airbus import open_csv
from shipedge.errors import DatasetError, RleFormatError
from shipedge.events.reading import LOG, log_files, part_files
from shipedge.files.inputs import read_input
from shipedge.files.json_text import loads
from shipedge.files.shorten import shorten
from shipedge.rle import Rle, parse
from shipedge.sinks.csv import image_id
from shipedge.sources import Source, source_named

_LONGEST = 1 << 30  # bytes of it


class Ships(Protocol):
    """Ships by ImageId: a `CsvIndex`, or what was read from JSON Lines."""

    def __contains__(self, image: object, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __getitem__(self, image: str, /) -> list[str]: ...
    def ships(self, image: str, shape: tuple[int, int], /) -> list[Rle]:
        """The ships of one image."""
        ...


@dataclass(frozen=True, slots=True)
class Prediction:
    """A prediction.

    Attributes:
        path: the file it was read from.
        ships: the ships of each image.
        scores: the score of each image, where the file has them.
        confidences: the score of each ship of an image, in the order of `ships`, where the file has them for all.
    """

    path: Path
    ships: Ships
    scores: dict[str, float] | None
    confidences: dict[str, list[float]] | None = None


def read_prediction(path: str | os.PathLike[str]) -> Prediction:
    """Read an Airbus CSV, the JSON Lines of ``shipedge predict``, or the folder that holds them.

    Raises:
        DatasetError: nothing of the kind; names file and line.
    """
    path = Path(path)
    if path.is_dir():
        path /= LOG
        if not path.is_file() and part_files(path.parent):
            raise DatasetError(f"{path.parent} holds a run that is not through; give its command again first")
        if not path.is_file():
            raise DatasetError(f"{path.parent} holds no {LOG}; expected a folder of shipedge predict, or a CSV")
    if path.suffix != ".jsonl":
        return Prediction(path, open_csv(path), None)
    ships, scores = _Lines(path), {}
    confidences: dict[str, list[float]] = {}
    for number, image, score, record in _records(path):
        try:
            ships[image] = [str(ship["rle"]) for ship in record["ships"]]
        except (TypeError, KeyError) as error:
            raise DatasetError(f'{path}: line {number}: expected "ships", each with its "rle"') from error
        confidences[image] = [_confidence(ship, path, number) for ship in record["ships"] if "score" in ship]
        ships.lines[image] = number
        ships.shapes[image] = record.get("shape")
        scores[image] = score
    complete = all(len(confidences[image]) == len(ships[image]) for image in ships)
    return Prediction(path, ships, scores, confidences if complete else None)


def read_scores(path: str | os.PathLike[str]) -> dict[str, float]:
    """ImageId, as in the CSV of the same run -> score of the image, from the JSON Lines of ``shipedge predict``.

    Raises:
        DatasetError: not JSON Lines of that kind, or two lines for one image; names file and line.
    """
    return {image: score for _, image, score, _ in _records(Path(path))}


def same_images(
    name: object, given: Mapping[str, Any] | Ships, truth_name: object, truth: Ships, asked: Sequence[str]
) -> None:
    """Check that both speak of the same images: a run that stopped half-way must not look like a bad model.

    Args:
        name: file of `given`.
        given: what must hold every image in `asked`, and none that `truth` does not know.
        truth_name: file of `truth`.
        truth: all images there are.
        asked: those that are scored.

    Raises:
        DatasetError: an image is missing, or is too many.
    """
    for images, sentence in (
        ([one for one in asked if one not in given], f"{name} lacks {{}} of {truth_name}; every one needs its row"),
        ([one for one in given if one not in truth], f"{name} has {{}} that {truth_name} does not know"),
    ):
        if images:
            listed = ", ".join(images[:3]) + (", ..." if len(images) > 3 else "")
            raise DatasetError(sentence.format(f"{len(images)} image{'s' * (len(images) > 1)} ({listed})"))


class _Lines(dict[str, list[str]]):
    """Ship strings by ImageId, the line that each stands in, and the [height, width] that it gives, if any."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.lines: dict[str, int] = {}
        self.shapes: dict[str, Any] = {}

    def ships(self, image: str, shape: tuple[int, int]) -> list[Rle]:
        place = f"{self.path}: line {self.lines[image]}: image {image!r}"
        if (given := self.shapes[image]) not in (None, list(shape)):  # runs of another height lie elsewhere
            raise DatasetError(f"{place} has shape {shorten(given)}, expected {list(shape)}; --shape H W says which")
        try:
            return [parse(text, shape) for text in self[image]]
        except RleFormatError as error:
            raise DatasetError(f"{place}: {error}") from error


def _lines(path: Path) -> Iterator[tuple[Path, int, bytes]]:
    for part in log_files(path) or [path]:
        for number, line in enumerate(read_input(part, _LONGEST).splitlines(), 1):
            if line.strip():
                yield part, number, line


def _records(path: Path) -> Iterator[tuple[int, str, float, Any]]:
    """(line, ImageId, score, record) of each frame, in the files that --rotate has cut off, too."""
    sources: dict[str, str] = {}
    known = set[str]()
    for part, number, line in _lines(path):
        try:
            record = loads(line)
        except ValueError as error:
            raise DatasetError(f"{part}: line {number} is not JSON: {error}") from error
        if isinstance(record, dict) and record.get("event", "frame") != "frame":
            continue
        try:
            source = str(record["source"])
            image = _image_id(source, record)
            score = float(record["score"])
        except (ValueError, TypeError, KeyError) as error:
            keys = '"source" and "score", and the "index" of a frame of a video'
            raise DatasetError(f"{part}: line {number}: expected an object with {keys}") from error
        if not math.isfinite(score):
            raise DatasetError(f"{part}: line {number}: score is {score}, expected a finite number")
        if sources.setdefault(image, source) != source:
            raise DatasetError(
                f"{part}: line {number}: {sources[image]} and {source} are both image {image!r}: "
                "predict and score them one after the other"
            )
        if image in known:
            raise DatasetError(f"{part}: line {number}: image {image!r} comes twice, expected one line per image")
        known.add(image)
        yield number, image, score, record


def _confidence(ship: Any, path: Path, number: int) -> float:
    score = ship["score"]
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise DatasetError(f"{path}: line {number}: the score of a ship is {shorten(score)}, expected 0 to 1")
    return float(score)


def _image_id(source: str, record: Any) -> str:
    """The name that the CSV of the same run gives a frame."""
    live = record.get("captured") is not None and record.get("time_s") is not None
    named = Source("stream", source) if live else source_named(source.replace("\\", "/"))
    index = 0 if named.kind == "image" else record["index"]
    if type(index) is not int or index < 0:
        raise ValueError(f"index is {index!r}")
    return image_id(named, index)
