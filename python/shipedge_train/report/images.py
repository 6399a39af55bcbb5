"""The images of the page: worst first, truth and prediction outlined."""

from __future__ import annotations

from pathlib import Path

from shipedge.airbus import open_csv
from shipedge.errors import SourceError
from shipedge.evaluate import Evaluation, ImageFigures, Prediction
from shipedge.images import read_image
from shipedge_train.page import Block, Gallery, GalleryImage, Text, gallery_image
from shipedge_train.progress import Progress, quietly

WORST, BEST = 120, 40
SIDE = 512
"""Longer side of an image in the page, pixels: a ship of 10 px is still seen."""


def image_blocks(
    result: Evaluation,
    prediction: Prediction,
    truth: Path,
    images: Path,
    shape: tuple[int, int],
    steps: Progress = quietly,
) -> list[Block]:
    """A gallery of the worst and the best images; those that cannot be read are named instead."""
    chosen, there = choose(result), open_csv(truth)
    cards: list[GalleryImage] = []
    failed: list[str] = []
    for place, one in enumerate(steps(iter(chosen), len(chosen), "images"), 1):
        try:
            pixels = read_image(images / one.image, "auto")
        except SourceError as error:
            failed.append(str(error))
            continue
        ships = {"truth": there.ships(one.image, shape), "prediction": prediction.ships.ships(one.image, shape)}
        numbers = {
            "place": place,
            "F2": one.f2,
            "Dice": one.dice,
            "ships": one.ships,
            "predicted": one.predicted,
            "found": one.found,
            "missed": one.missed,
            "false": one.false,
            "score": one.score,
        }
        cards.append(gallery_image(one.image, pixels, ships, numbers, side=SIDE))
    title = f"{len(cards)} of {len(result.names)} images: "
    note = title + f"up to {WORST} worst, then up to {BEST} best with ships. Click to enlarge."
    blocks: list[Block] = [Gallery(cards, "Worst and best images", note, sort="place", descending=False)]
    if failed:
        blocks.append(Text(f"{len(failed)} images could not be read, the first: {failed[0]}"))
    return blocks


def choose(result: Evaluation) -> list[ImageFigures]:
    """The worst images, then the best of those that show ships."""
    worst = result.worst(WORST)
    taken = {one.image for one in worst}
    best = [one for one in result.images() if one.ships and one.image not in taken]
    return worst + sorted(best, key=lambda one: (-one.f2, -one.dice, one.image))[:BEST]
