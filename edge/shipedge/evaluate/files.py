"""Files in, `Evaluation` out: every image of the truth is matched once."""

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from shipedge.airbus import open_csv
from shipedge.errors import DatasetError, ImageError
from shipedge.evaluate.grounds import grounds
from shipedge.evaluate.inputs import Prediction, Ships, read_prediction, read_scores, same_images
from shipedge.evaluate.matching import ALONE, Matched, match
from shipedge.evaluate.result import Evaluation, Floats, Ints, Objects
from shipedge.formats.scenes import read_scenes
from shipedge.formats.splits import NAME, read_splits
from shipedge.images import image_size
from shipedge.metrics import overlap
from shipedge.rle import Rle, areas, bboxes, iou, union


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
    for number, image in enumerate(steps(names)):
        if images is not None:
            _refuse_size(Path(images) / image, shape)
        if not there[image] and not prediction.ships[image]:
            continue  # most images of the sea; worth not calling NumPy for
        sides = there.ships(image, shape), prediction.ships.ships(image, shape)
        _refuse_overlap(prediction, image, sides[1])
        sizes = areas(sides[0]), areas(sides[1])
        matched = match(*sides, *sizes)
        ships.add(number, sides[0], sizes[0], matched[0])
        found.add(number, sides[1], sizes[1], matched[1])
        pixels[number] = overlap(*sides)
        alone = matched[1].cause == ALONE
        if images is not None and alone.any():
            false = [one for one, is_alone in zip(sides[1], alone, strict=True) if is_alone]
            below.append(grounds(Path(images) / image, [*sides[0], *sides[1]], false, shape))
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


class _Collected:
    """Objects of one side, image by image."""

    def __init__(self) -> None:
        self.images: list[tuple[int, int]] = []
        self.sides: list[Ints] = []
        self.areas: list[Ints] = []
        self.ious: list[Floats] = []
        self.causes: list[Ints] = []

    def add(self, image: int, objects: Sequence[Rle], sizes: Ints, matched: Matched) -> None:
        boxes = bboxes(objects)
        self.images.append((image, len(objects)))
        self.sides.append((boxes[:, 2:] - boxes[:, :2]).max(axis=1))
        self.areas.append(sizes)
        self.ious.append(matched.iou)
        self.causes.append(matched.cause)

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


def _refuse_size(path: Path, shape: tuple[int, int]) -> None:
    try:
        found = image_size(path)
    except ImageError:  # only those with false alarms must be read
        return
    if found != shape:
        raise DatasetError(f"{path} is {found[1]}x{found[0]} pixels, expected {shape[1]}x{shape[0]}: say --shape")


def _refuse_overlap(prediction: Prediction, image: str, ships: Sequence[Rle]) -> None:
    if len(ships) < 2 or union(list(ships), ships[0].shape).area == sum(ship.area for ship in ships):
        return
    first, second = next((i, j) for j in range(len(ships)) for i in range(j) if iou(ships[i], ships[j]) > 0)
    raise DatasetError(
        f"{prediction.path}: image {image!r}: ships {first + 1} and {second + 1} overlap; "
        "the metric is defined for disjoint masks"
    )
