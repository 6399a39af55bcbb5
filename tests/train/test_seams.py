"""Water between touching ships, as the segmenter is taught it."""

from __future__ import annotations

from itertools import islice

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shipedge.rle import Rle, encode
from shipedge_train.config import AugmentConfig, DataConfig
from shipedge_train.dataset import SHAPE, Image
from shipedge_train.loader import Loader
from shipedge_train.loader.truth import seams

SIDE = 16
BOXES = st.lists(st.tuples(*[st.integers(0, SIDE - 2)] * 2, *[st.integers(1, 6)] * 2), min_size=1, max_size=4)
STILL = AugmentConfig(flips=False, warp=0.0, shift=0.0, paste=0.0, cutout=0.0)


def box(top, left, height, width, shape=(SIDE, SIDE)):
    mask = np.zeros(shape, np.uint8)
    mask[top : top + height, left : left + width] = 1
    return mask


def slow(masks, rim):
    """Ship pixels with two ships or more in the square around them."""
    found = np.zeros((SIDE, SIDE), np.uint8)
    for y, x in zip(*np.nonzero(np.max(masks, axis=0)), strict=True):
        around = slice(max(y - rim, 0), y + rim + 1), slice(max(x - rim, 0), x + rim + 1)
        found[y, x] = sum(bool(mask[around].any()) for mask in masks) > 1
    return found


@given(BOXES, st.integers(1, 3))
def test_seams_are_where_two_ships_are_near(boxes, rim):
    masks = [box(*one) for one in boxes]
    found = seams([Rle.from_mask(mask) for mask in masks], rim).to_mask()
    np.testing.assert_array_equal(found, slow(masks, rim))


def test_a_batch_has_water_between_ships_that_touch(made_dataset):
    file = next((made_dataset / "images").iterdir())
    masks = [box(200, 200, 60, 20, SHAPE), box(200, 220, 60, 20, SHAPE)]
    image = Image(file, tuple(encode(mask) for mask in masks), "scene")
    crops = []
    for rim in (0, 1):
        data = DataConfig(crop=256, batch=1, ship_share=1.0, empty_share=0.0, rim=rim)
        batches = Loader([image], data, STILL, 0).batches()
        crops.append(next(islice(batches, 1))[1][0, ..., 0])
        batches.close()
    touching, apart = crops
    np.testing.assert_array_equal(np.unique(touching.sum(axis=1)), [0, 40])
    np.testing.assert_array_equal(np.unique(apart.sum(axis=1)), [0, 38])
    assert apart.sum() == touching.sum() - 60 * 2
