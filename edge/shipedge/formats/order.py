"""Were run-length texts written down the columns (F, as Airbus does) or along the rows (C, a common mistake)?

What can be known depends on what is there:

- The image shows it. Read rightly, a ship differs from what surrounds it; read wrongly, the mask lies on open sea.
- An image that is not square shows it by the text alone: read with the wrong period, a ship falls into pieces.
- For a square image the text alone cannot tell: read wrongly it is the transposed mask, every bit as plausible. All
  that is left is a habit of a data set. Ships of the Airbus challenge are 1.16 times as wide as high in the mean (of
  40,798), which a few hundred ships show; it is a hint, because other data has other habits.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shipedge.errors import DatasetError
from shipedge.formats.budget import refuse_turning
from shipedge.rle import Rle, components, difference

Order = Literal["F", "C"]

# Natural logarithms of odds. The weight was fitted by logistic regression on 94 real images and, independently, on
# 198 rendered ones; both gave the same. With it 96 and 98 of 100 images say the right order by themselves, none the
# wrong one, the others nothing; three images together always decided, and rightly. Texts alone, of 20 images of
# 512x768 or 700x768 pixels: always rightly; of 767x768, where a wrong reading shears a ship by next to nothing: 6 of 10
# files rightly, the others undecided.
_WEIGHT = 2.7
DECIDED = 5.0  # 150 to 1
_MOST = 6.0  # of one image, which may be odd in its own way
_VOTE = 1.0  # an image that says less is undecided by itself
_NOISE = 2.0  # grey values: contrasts below are none
_FREE, _PER_RUN = 1 << 20, 64  # runs along the rows, for each one down the columns: a ship is no stripe
_SURE = 4.0  # standard errors, for the hint


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the images say together.

    Attributes:
        order: "F", "C", or None where it cannot be told.
        log_odds: natural logarithm of the odds for F.
        images: how many with ships were judged.
        for_f: how many of them say F by themselves.
        for_c: how many say C.
        all_square: no image had sides of two lengths.
        seen: there were images.
        aspect: geometric mean of the ships' width over their height, as the texts say it; 0 without ships.
        hint: the order that the habit of the Airbus data suggests; None where it suggests nothing.
    """

    order: Order | None
    log_odds: float
    images: int
    for_f: int
    for_c: int
    all_square: bool
    seen: bool
    aspect: float
    hint: Order | None


def detect_order(images: Iterable[tuple[Sequence[Rle], npt.NDArray[np.uint8] | None]]) -> OrderReport:
    """Judge masks that were read column-major.

    Args:
        images: (ships, pixels) of each image: its masks, and its image (height, width, channels) or None.

    Raises:
        DatasetError: along the rows the masks could have far more runs than down the columns.
    """
    turned, read = 0, 0
    total = 0.0
    judged = for_f = for_c = 0
    all_square, seen = True, False
    aspects: list[float] = []
    for ships, pixels in images:
        ships = [ship for ship in ships if ship.area]
        if not ships:
            continue
        read += sum(len(ship.runs) for ship in ships)
        turned += sum(refuse_turning(Rle(ship.runs, ship.shape[::-1]), "a mask along the rows") for ship in ships)
        if turned > _FREE + _PER_RUN * read:
            raise DatasetError(f"along the rows the masks could have {turned} runs: is the size of the images right?")
        judged += 1
        all_square &= ships[0].shape[0] == ships[0].shape[1]
        seen |= pixels is not None
        aspects += [math.log((right - left) / (bottom - top)) for left, top, right, bottom in (s.bbox for s in ships)]
        odds = _WEIGHT * sum(_evidence(ship, pixels) for ship in ships)
        total += max(-_MOST, min(_MOST, odds))
        for_f += odds > _VOTE
        for_c += odds < -_VOTE
    mean = float(np.mean(aspects)) if aspects else 0.0
    error = float(np.std(aspects)) / math.sqrt(len(aspects)) if len(aspects) > 1 else math.inf
    return OrderReport(
        order=None if abs(total) < DECIDED else "F" if total > 0 else "C",
        log_odds=total,
        images=judged,
        for_f=for_f,
        for_c=for_c,
        all_square=all_square,
        seen=seen,
        aspect=math.exp(mean) if aspects else 0.0,
        hint=None if not abs(mean) > _SURE * error else "F" if mean > 0 else "C",
    )


def other_order(ship: Rle) -> Rle:
    """The mask that the same runs are when they count along the rows.

    Raises:
        DatasetError: it could have millions of runs.
    """
    turned = Rle(ship.runs, ship.shape[::-1])
    refuse_turning(turned, "a mask along the rows")
    return turned.transpose()


def _evidence(ship: Rle, pixels: npt.NDArray[np.uint8] | None) -> float:
    """How much better the mask is when it is read column-major, as a logarithm."""
    other = other_order(ship)
    evidence = math.log(len(components(other)) / len(components(ship)))  # 0 for a square image
    if pixels is not None:
        right, wrong = _contrast(ship, pixels), _contrast(other, pixels)
        if right is not None and wrong is not None:
            evidence += math.log((right + _NOISE) / (wrong + _NOISE))
    return evidence


def _contrast(ship: Rle, pixels: npt.NDArray[np.uint8]) -> float | None:
    """Distance of the mean color of a ship from that of a ring around it; None where there is no ring."""
    near = ship.dilate(1)  # its edge is blurred
    ring = difference(near.dilate(4), near)
    if not ring:
        return None
    channels = [pixels[:, :, k] for k in range(pixels.shape[2])]
    return math.dist([ship.mean(channel) for channel in channels], [ring.mean(channel) for channel in channels])
