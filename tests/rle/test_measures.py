"""How large a mask is and how it lies; its parts and holes by area."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from shipedge._core import smallest_rectangle
from shipedge.rle import Rle


@st.composite
def masks(draw):
    height, width = draw(st.tuples(st.integers(1, 24), st.integers(1, 24)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = rng.random((height, width)) < draw(st.sampled_from([0.0, 0.05, 0.5, 0.8, 0.98, 1.0]))
    if draw(st.booleans()):
        mask |= rng.random(width) < 0.4
    return mask


@settings(deadline=None)
@given(masks())
def test_perimeter(mask):
    sides = sum(np.count_nonzero(np.diff(np.pad(mask, 1).astype(int), axis=axis)) for axis in (0, 1))
    assert Rle.from_mask(mask).perimeter == sides


@settings(deadline=None)
@given(masks())
def test_moments_and_orientation(mask):
    cv2 = pytest.importorskip("cv2")
    value = Rle.from_mask(mask)
    theirs = cv2.moments(mask.astype(np.uint8), binaryImage=True)
    for name, moment in value.moments.items():
        assert moment == pytest.approx(theirs[name], rel=1e-9, abs=1e-6)
    if not mask.any():
        assert np.isnan(value.orientation)
        return
    ys, xs = np.nonzero(mask)
    spread = np.cov(np.stack([xs, ys]), bias=True).reshape(2, 2)
    values, axes = np.linalg.eigh(spread)
    if values[1] - values[0] > 1e-6:
        along = np.array([np.cos(value.orientation), np.sin(value.orientation)])
        assert abs(along @ axes[:, 1]) == pytest.approx(1, abs=1e-6)


def test_a_ship_says_how_it_lies():
    value = Rle.from_mask(np.pad(np.ones((3, 20), bool), 5))
    assert value.min_area_rect == (15.0, 6.5, 20.0, 3.0, 0.0)
    assert value.min_area_rect == tuple(smallest_rectangle(value))
    assert value.orientation == 0.0
    assert value.transpose().orientation == pytest.approx(np.pi / 2)
    assert value.perimeter == 46
    assert all(np.isnan(number) for number in Rle([], (3, 4)).min_area_rect)
    assert set(Rle([], (3, 4)).moments.values()) == {0.0}


@settings(deadline=None)
@given(masks(), st.integers(0, 30), st.sampled_from([4, 8]))
def test_parts_and_holes_by_area(mask, area, connectivity):
    value = Rle.from_mask(mask)
    parts = reference.components(mask, connectivity)
    large = [part for part in parts if part.sum() >= area]
    assert value.remove_small(area, connectivity) == Rle.from_mask(np.any([np.zeros_like(mask), *large], axis=0))
    largest = max(parts, key=np.sum, default=np.zeros_like(mask))
    assert value.largest(connectivity) == Rle.from_mask(largest)
    filled = mask.copy()
    for hole in reference.components(~mask, connectivity):
        if hole.sum() <= area and not (hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any()):
            filled |= hole
    assert value.fill_holes(connectivity, max_area=area) == Rle.from_mask(filled)
    assert value.fill_holes(connectivity, max_area=2**32 - 1) == value.fill_holes(connectivity)
