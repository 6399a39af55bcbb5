"""Files in, `Evaluation` out: every image of the truth is matched once."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path

import numpy as np

from shipedge.airbus import open_csv
from shipedge.engines.engine import Start
from shipedge.engines.share import share
from shipedge.errors import DatasetError, ShipedgeError, SourceError
from shipedge.evaluate.image import Asked, Counted, Counter, Side
from shipedge.evaluate.inputs import Ships, read_prediction, read_scores, same_images
from shipedge.evaluate.result import Evaluation, Floats, Ints, Objects
from shipedge.formats.scenes import read_scenes
from shipedge.formats.splits import NAME, read_splits

_SHARE = 256
"""Images that a worker gets at a time."""


def evaluate_files(
    predictions: str | os.PathLike[str],
    truth: str | os.PathLike[str],
    *,
    scores: str | os.PathLike[str] | None = None,
    scenes: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    part: str | None = None,
    shape: tuple[int, int] = (768, 768),
    steps: Callable[[Sequence[str]], Iterable[str]] = iter,
    start: Start | None = None,
) -> Evaluation:
    """Score one prediction against the truth, an Airbus CSV.

    Both must speak of the same images: an image left out of the prediction is an error, not an empty answer, because a
    run that stopped half-way would otherwise look like a bad model.

    Args:
        predictions: Airbus CSV, or JSON Lines of ``shipedge predict`` or their folder, which bring scores along.
        truth: the true ships.
        scores: JSON Lines of ``shipedge predict``, for the image scores of a CSV.
        scenes: scenes.csv, so that intervals resample scenes instead of images. None: the one beside `truth`, if any.
        images: folder of the images, to tell what lies below false alarms; only images with any are read.
        part: score only the images of this part ("test", "fold0" ...) of the splits.csv beside `truth`.
        shape: (height, width) of every image.
        steps: wraps the names of the images, for a progress bar.
        start: starts workers that count; None: this process does.

    Raises:
        SourceError: an image cannot be read.
        DatasetError: a file is malformed, the images differ, or predicted ships of one image overlap.
    """
    there, prediction = open_csv(truth), read_prediction(predictions)
    if not there:
        raise DatasetError(f"{truth} holds no images")
    names = tuple(there) if part is None else _part(Path(truth), there, part)
    same_images(prediction.path, prediction.ships, truth, there, names)
    by_image = prediction.scores if scores is None else read_scores(scores)
    if by_image is not None:
        same_images(scores or prediction.path, by_image, truth, there, names)
    ships, found = _Collected(), _Collected()
    pixels = np.zeros((len(names), 3), np.int64)
    below: list[Ints] = []
    counter = Counter(str(prediction.path), None if images is None else Path(images), shape)
    to_count = _asked(steps(names), there, prediction.ships, counter)
    with closing(_counted(to_count, counter, start)) as counts:
        for one in counts:
            ships.add(one.number, one.ships)
            found.add(one.number, one.predictions)
            pixels[one.number] = one.pixels
            if one.grounds is not None:
                below.append(one.grounds)
    return Evaluation(
        names,
        pixels,
        ships.objects(),
        found.objects(),
        None if by_image is None else np.array([by_image[name] for name in names], np.float64),
        _scenes(Path(truth), scenes, names),
        None if images is None else np.concatenate([np.zeros(0, np.int64), *below]),
        None
        if prediction.confidences is None
        else np.array([s for n in names for s in prediction.confidences[n]], np.float64),
    )


def _asked(names: Iterable[str], truth: Ships, predicted: Ships, counter: Counter) -> Iterator[Asked]:
    """The images that must be looked at: most images of the sea show no ship, and are worth not calling NumPy for."""
    for number, image in enumerate(names):
        if not truth[image] and not predicted[image]:
            if counter.images is not None:
                yield Asked(number, image, [], [])
            continue
        try:
            yield Asked(number, image, truth.ships(image, counter.shape), predicted.ships(image, counter.shape))
        except ShipedgeError as error:  # raised when it is its turn
            yield Asked(number, image, [], [], error)


def _counted(to_count: Iterator[Asked], counter: Counter, start: Start | None) -> Generator[Counted, None, None]:
    """What there is of each image with ships, in order."""
    if start is None:
        yield from filter(None, map(counter.counted, to_count))
        return

    def failed(asked: Asked, why: str) -> list[Counted | ShipedgeError | None]:
        return [SourceError(f"{asked.image if counter.images is None else counter.images / asked.image}: {why}")]

    engine = start(counter)
    try:
        with closing(share(to_count, _SHARE, engine, failed)) as answers:
            for one in chain.from_iterable(chain.from_iterable(outcomes) for _, outcomes in answers):
                if isinstance(one, ShipedgeError):
                    raise one
                if one is not None:
                    yield one
    finally:
        engine.close()


class _Collected:
    """Objects of one side, image by image."""

    def __init__(self) -> None:
        self.images: list[tuple[int, int]] = []
        self.sides: list[Ints] = []
        self.areas: list[Ints] = []
        self.ious: list[Floats] = []
        self.causes: list[Ints] = []

    def add(self, image: int, side: Side) -> None:
        self.images.append((image, len(side.area)))
        self.sides.append(side.side)
        self.areas.append(side.area)
        self.ious.append(side.matched.iou)
        self.causes.append(side.matched.cause)

    def objects(self) -> Objects:
        numbers, counts = np.array(self.images, np.int64).reshape(-1, 2).T
        rows = np.fromiter(chain.from_iterable(map(range, counts.tolist())), np.int64)
        whole = [np.concatenate([np.zeros(0, np.int64), *parts]) for parts in (self.areas, self.sides, self.causes)]
        ious = np.concatenate([np.zeros(0), *self.ious])
        return Objects(np.repeat(numbers, counts), rows, whole[0], whole[1], ious, whole[2])


def _part(truth: Path, there: Ships, part: str) -> tuple[str, ...]:
    """The images of one part of the splits.csv beside the truth."""
    path = truth.with_name(NAME)
    parts = {image: of for image, (_, of) in read_splits(path).items()}
    names = tuple(image for image, of in parts.items() if of == part)
    if not names:
        raise DatasetError(f"{path} has no part {part!r}, only {', '.join(sorted(set(parts.values()))) or 'none'}")
    if unknown := [image for image in names if image not in there]:
        raise DatasetError(f"{path}: {unknown[0]!r} of part {part} is not in {truth}")
    return names


def _scenes(truth: Path, scenes: str | os.PathLike[str] | None, names: Sequence[str]) -> Ints | None:
    """Number of each image's scene, (n,); an image that the file does not name is a scene of its own."""
    path = truth.with_name("scenes.csv") if scenes is None else Path(scenes)
    if scenes is None and not path.is_file():
        return None
    by_image = read_scenes(path)
    if not any(name in by_image for name in names):
        raise DatasetError(f"{path} knows none of the images of {truth}")
    numbers: dict[tuple[str, bool], int] = {}
    keys = ((by_image.get(name, name), name in by_image) for name in names)
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
