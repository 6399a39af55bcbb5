"""One image: everything that is counted of it, by whoever has the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from shipedge.engines import limit
from shipedge.engines.tries import Share
from shipedge.errors import DatasetError, ImageError, ShipedgeError
from shipedge.evaluate.grounds import grounds
from shipedge.evaluate.matching import ALONE, Matched, match
from shipedge.evaluate.result import Ints
from shipedge.images import image_size
from shipedge.metrics import overlap
from shipedge.rle import Rle, areas, bboxes, iou, union

__all__ = ["Asked", "Counted", "Counter", "Side"]


class Asked(NamedTuple):
    """An image that is to be counted.

    Attributes:
        number: of the image.
        image: its ImageId.
        ships: the true ones.
        predicted: what was predicted.
        trouble: why both are unknown.
    """

    number: int
    image: str
    ships: list[Rle]
    predicted: list[Rle]
    trouble: ShipedgeError | None = None


class Side(NamedTuple):
    """The n ships of one side of an image, (n,) each; see `Objects`."""

    area: Ints
    side: Ints
    matched: Matched


class Counted(NamedTuple):
    """What was counted.

    Attributes:
        number: of the image.
        pixels: common to both sides, of the truth, of the prediction.
        ships: the true ones.
        predictions: the predicted ones.
        grounds: place in grounds.GROUNDS of each false alarm; None without images.
    """

    number: int
    pixels: tuple[int, int, int]
    ships: Side
    predictions: Side
    grounds: Ints | None


class Counter(NamedTuple):
    """How images are counted; also what a worker is told.

    Attributes:
        prediction: its file, for messages.
        images: folder of the images; None: they are not looked at.
        shape: (height, width) of every image.
        timeout_s: for an image, of workers.
    """

    prediction: str
    images: Path | None
    shape: tuple[int, int]
    timeout_s: float = limit.IMAGE_S

    def counted(self, asked: Asked) -> Counted | None:
        """What there is of one image, None where no side has a ship.

        Raises:
            SourceError: the image cannot be read.
            DatasetError: it has another size, or predicted ships overlap.
        """
        if self.images is not None:
            _refuse_size(self.images / asked.image, self.shape)
        if asked.trouble is not None:
            raise asked.trouble
        ships, predicted = asked.ships, asked.predicted
        if not ships and not predicted:
            return None
        self._refuse_overlap(asked.image, predicted)
        sizes = areas(ships), areas(predicted)
        matched = match(ships, predicted, *sizes)
        below = None
        if self.images is not None:
            alone = matched[1].cause == ALONE
            false = [one for one, is_alone in zip(predicted, alone, strict=True) if is_alone]
            if false:
                below = grounds(self.images / asked.image, [*ships, *predicted], false, self.shape)
        sides = _side(ships, sizes[0], matched[0]), _side(predicted, sizes[1], matched[1])
        return Counted(asked.number, overlap(ships, predicted), *sides, below)

    def open(self) -> Callable[[Share[Asked]], list[Counted | ShipedgeError | None]]:
        """The function of a share of the images: what there is of each, to the first that cannot be counted."""

        def count(piece: Share[Asked]) -> list[Counted | ShipedgeError | None]:
            counted: list[Counted | ShipedgeError | None] = []
            try:
                for asked in piece.items:
                    with limit.limited(self.timeout_s):
                        counted.append(self.counted(asked))
            except ShipedgeError as error:  # raised when it is its turn, as in one process
                counted.append(error)
            return counted

        return count

    def _refuse_overlap(self, image: str, ships: Sequence[Rle]) -> None:
        if len(ships) < 2 or union(list(ships), ships[0].shape).area == sum(ship.area for ship in ships):
            return
        first, second = next((i, j) for j in range(len(ships)) for i in range(j) if iou(ships[i], ships[j]) > 0)
        raise DatasetError(
            f"{self.prediction}: image {image!r}: ships {first + 1} and {second + 1} overlap; "
            "the metric is defined for disjoint masks"
        )


def _side(objects: Sequence[Rle], area: Ints, matched: Matched) -> Side:
    boxes = bboxes(objects)
    return Side(area, (boxes[:, 2:] - boxes[:, :2]).max(axis=1), matched)


def _refuse_size(path: Path, shape: tuple[int, int]) -> None:
    try:
        found = image_size(path)
    except ImageError:  # only those with false alarms must be read
        return
    if found != shape:
        raise DatasetError(f"{path} is {found[1]}x{found[0]} pixels, expected {shape[1]}x{shape[0]}: say --shape")
