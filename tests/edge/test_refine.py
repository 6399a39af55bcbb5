"""The last look: where a patch is cut, what its numbers mean, and that ships stay apart."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shipedge.bundle import PATCH
from shipedge.cascade.refine import (
    Refiner,
    corrected,
    correction,
    cut_patch,
    rectangle_outline,
    smallest_rectangle,
)
from shipedge.frame import Ship
from shipedge.rle import Rle, iou, union

SHAPE = (400, 500)


def drawn(*rectangles):
    """A dark frame with bright rectangles, and their masks."""
    masks = [rectangle_outline(np.array(r, float), SHAPE) for r in rectangles]
    pixels = np.full((*SHAPE, 3), 40, np.uint8)
    pixels[union(masks, SHAPE).to_mask() > 0] = 220
    return pixels, masks


def ship(mask):
    return Ship(mask, 0.9, mask.bbox)


def measured(patch):
    """An oracle in the place of the model: measures what is bright in a patch that shows one level rectangle."""
    bright = patch[..., 0] > 130
    rows, cols = np.flatnonzero(bright.mean(axis=1) > 0.1), np.flatnonzero(bright.mean(axis=0) > 0.1)
    (top, bottom), (left, right) = ((found[0], found[-1] + 1) for found in (rows, cols))
    height, width = PATCH[0] / 2, PATCH[1] / 2
    numbers = [
        (left + right - PATCH[1]) / 2 / width,
        (top + bottom - PATCH[0]) / 2 / height,
        np.log((right - left) / width),
        np.log((bottom - top) / height),
        0,
    ]
    return np.rint((0.5 + np.array([numbers]) / 1.5) * 256).clip(0, 255).astype(np.uint8)


def nothing(_patch):
    return np.full((1, 5), 128, np.uint8)


sides = st.floats(6, 190)


@given(
    st.tuples(st.floats(50, 400), st.floats(50, 400), sides, st.floats(0.1, 1), st.floats(-4, 4)),
    st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)),
    st.floats(-0.2, 0.2),
)
def test_a_correction_leads_to_the_label(start, change, turn):
    x, y, length, share, angle = start
    rectangle = np.array([x, y, length, length * share, angle])
    along, across, longer, wider = change
    truth = rectangle + np.array([0, 0, 0, 0, turn])
    truth[:2] += along * length * np.array([np.cos(angle), np.sin(angle)])
    truth[:2] += across * length * share * np.array([-np.sin(angle), np.cos(angle)])
    truth[2:4] *= np.exp([longer, wider])
    assume(abs(np.sin(turn)) / share / 2 < 0.74)  # further than the numbers reach
    said = correction(rectangle, truth)
    np.testing.assert_allclose(corrected(rectangle, said), truth, rtol=1e-9, atol=1e-9)
    half_a_turn = truth + np.array([0, 0, 0, 0, np.pi])
    np.testing.assert_allclose(correction(rectangle, half_a_turn), said, atol=1e-9)


@pytest.mark.parametrize("angle", [0.0, 0.6, 2.2, -1.1])
def test_a_patch_shows_the_rectangle_level_and_half_as_large(angle):
    rectangle = np.array([250.0, 200, 90, 30, angle])
    pixels, _ = drawn(rectangle)
    bright = cut_patch(pixels, rectangle)[..., 0] > 130
    assert bright.shape == PATCH
    expected = np.zeros(PATCH, bool)
    expected[16:48, 32:96] = True
    assert (bright != expected).mean() < 0.03


def test_frames_wider_than_opencv_takes():
    pixels = np.full((40, 40_000, 3), 40, np.uint8)
    pixels[10:20, 39_000:39_040] = 220
    mask = Rle.from_mask((pixels[..., 0] > 100).astype(np.uint8))
    (found,) = Refiner(measured)(pixels, (ship(mask),))
    assert iou(found.rle, mask) > 0.9


@pytest.mark.parametrize("angle", [0.0, 0.5, 1.3, 2.9])
def test_a_mask_gives_its_rectangle(angle):
    _, (mask,) = drawn((250.0, 200, 80, 24, angle))
    x, y, length, width, found = smallest_rectangle(mask)
    assert (x, y) == pytest.approx((250, 200), abs=0.6)
    assert (length, width) == pytest.approx((80, 24), abs=1.5)
    assert abs(np.sin(found - angle)) < 0.03


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.9])
@pytest.mark.parametrize("flips", [False, True])
def test_outlines_that_are_off_are_put_right(angle, flips):
    pixels, (truth,) = drawn((250.0, 200, 70, 20, angle))
    off = rectangle_outline(np.array([257.0, 197, 90, 30, angle]), SHAPE)
    (found,) = Refiner(measured, flips=flips)(pixels, (ship(off),))
    assert iou(off, truth) < 0.55
    assert iou(found.rle, truth) > 0.9
    assert found.bbox == found.rle.bbox
    assert found.score == 0.9


def test_nothing_to_correct_changes_hardly_anything():
    pixels, masks = drawn((250.0, 200, 70, 20, 0.4), (100.0, 100, 30, 12, 2.0))
    found = Refiner(nothing)(pixels, tuple(ship(mask) for mask in masks))
    assert min(max(iou(one.rle, mask) for one in found) for mask in masks) > 0.8  # pixels of a turned boat of 30 x 12
    assert Refiner(nothing)(pixels, ()) == ()


def test_what_is_left_alone():
    pixels, (border,) = drawn((8.0, 200, 60, 20, 0.0))
    arms = [rectangle_outline(np.array(arm), SHAPE) for arm in ((400.0, 60, 60, 6, 0), (427.0, 87, 60, 6, 1.57))]
    corner = union(arms, SHAPE)
    for mask in (border, corner):
        assert Refiner(measured)(pixels, (ship(mask),))[0].rle == mask


def test_ships_never_share_a_pixel():
    """Each is told to grow, and the larger one has what both would cover."""

    def grow(_patch):
        return np.array([[128, 128, 130, 150, 128]], np.uint8)

    pixels, masks = drawn((200.0, 200, 70, 20, 0.0), (200.0, 224, 80, 20, 0.0), (300.0, 224, 30, 12, 0.0))
    found = Refiner(grow)(pixels, tuple(ship(mask) for mask in masks))
    assert len(found) == 3
    assert union([one.rle for one in found], SHAPE).area == sum(one.rle.area for one in found)
    assert [one.rle.runs[0, 0] for one in found] == sorted(one.rle.runs[0, 0] for one in found)
    grown = max(found, key=lambda one: one.rle.area).rle
    assert grown.area > 1.3 * masks[1].area
    assert iou(grown, masks[1]) > 0.5


def test_pieces_of_one_ship_become_one():
    pixels, (hull,) = drawn((250.0, 200, 80, 24, 0.0))
    pieces = [rectangle_outline(np.array([x, 200, length, 24, 0.0]), SHAPE) for x, length in ((236, 50), (276, 26))]
    found = Refiner(measured)(pixels, tuple(ship(piece) for piece in pieces))
    assert len(found) == 1
    assert iou(found[0].rle, hull) > 0.9


def test_one_that_is_led_onto_its_neighbour_stays_where_it_was():
    def up(patch):
        """Towards what is bright beyond the upper side."""
        return np.array([[128, 0 if patch[:10].mean() > 100 else 128, 128, 128, 128]], np.uint8)

    pixels, (large, small) = drawn((250.0, 200, 90, 30, 0.0), (250.0, 222, 40, 12, 0.0))
    _, found = Refiner(up).outlines(pixels, [large, small])
    assert iou(found, small) > 0.8


def test_a_ship_that_is_told_away_stays():
    """Corrections that lead out of the frame leave no pixel."""

    def away(_patch):
        return np.array([[255, 255, 0, 0, 128]], np.uint8)

    pixels, (mask,) = drawn((480.0, 380, 30, 30, 0.0))
    (found,) = Refiner(away)(pixels, (ship(mask),))
    assert found.rle.area
