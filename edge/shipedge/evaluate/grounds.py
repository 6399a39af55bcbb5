"""What lies below a false alarm: land, cloud or water. A guess from colors, good enough to choose what to train next.

Water swallows red light, so sea, foam and wakes are bluer than grey; sand, soil, concrete and roofs are not, and
neither is cloud, which is bright all around. Told apart by what the mean color of the false alarm and of a ring around
it say. Forest, dark rocks and muddy rivers are where it errs; docs/guides/evaluate.md says how often.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shipedge.errors import DatasetError
from shipedge.evaluate.result import Ints
from shipedge.images import read_image
from shipedge.rle import Rle, union

GROUNDS = ("land or structure", "cloud", "water")
LAND, CLOUD, WATER = range(3)
NEAR, FAR = 3, 24
"""The ring: pixels from the false alarm."""

_BRIGHT, _GREY, _LAND_AROUND = 140, 30, 0.3


def grounds(path: Path, ships: Sequence[Rle], false: Sequence[Rle], shape: tuple[int, int]) -> Ints:
    """Place in `GROUNDS` of each false alarm of one image.

    Args:
        path: the image.
        ships: all that was found there or is there; not part of any ring.
        false: the false alarms.
        shape: (height, width) the masks are meant for.

    Raises:
        SourceError: the image cannot be read.
        DatasetError: it has another size.
    """
    pixels = read_image(path, "auto")
    if pixels.shape[:2] != shape:
        raise DatasetError(
            f"{path} is {pixels.shape[1]}x{pixels.shape[0]} pixels, expected {shape[1]}x{shape[0]} as its masks"
        )
    taken = union(list(ships), shape).dilate(NEAR)
    return np.array([ground(pixels, one, one.dilate(FAR) - taken) for one in false], np.int64)


def ground(pixels: npt.NDArray[np.uint8], alarm: Rle, ring: Rle) -> int:
    """Place in `GROUNDS`, from the (height, width, 3) RGB pixels of a false alarm and of the ring around it."""
    inside = pixels[alarm.to_mask() > 0].astype(np.int64)
    around = pixels[ring.to_mask() > 0].astype(np.int64) if ring else inside
    grey = np.ptp(np.median(around, axis=0)) < _GREY
    if grey and np.median(around.mean(axis=1)) >= _BRIGHT and np.median(inside.mean(axis=1)) >= _BRIGHT:
        return CLOUD
    warm, land_around = np.median(inside[:, 0] - inside[:, 2]), (around[:, 0] >= around[:, 2]).mean()
    return LAND if warm >= 0 or land_around >= _LAND_AROUND else WATER
