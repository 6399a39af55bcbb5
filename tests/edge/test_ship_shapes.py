"""Touching ships are taken apart, holes filled, and what nearly is a rectangle becomes one."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipedge.bundle import Thresholds
from shipedge.cascade.ships import find_components, level
from shipedge.rle import Rle, from_polygons, iou, union

PLAIN = Thresholds(image=0.5, cell=0.5, pixel=0.5, min_area=4)
SPLIT = replace(PLAIN, core=0.8)


def find_parts(probability, thresholds):
    """The outlines of the components of one window that is the frame."""
    presence = np.zeros([-(-side // 32) for side in probability.shape], np.uint8)
    found = find_components(probability.shape, presence, [(0, 0, probability)], thresholds)
    return [one.outline for one in found]


def rectangle(ship):
    """As what a mask is shown."""
    (outline,) = find_parts(ship.to_mask() * 255, replace(PLAIN, min_area=1, rectangles=True))
    return outline


def two_touching_ships():
    """Two hulls of 240 side by side, the water between them at 150, over the threshold of a pixel."""
    probability = np.zeros((60, 80), np.uint8)
    probability[10:50, 20:41] = 240
    probability[10:50, 30] = 150
    return probability


def test_touching_ships_are_one_part_without_a_core():
    (part,) = find_parts(two_touching_ships(), PLAIN)
    assert part.area == 40 * 21


def test_touching_ships_are_cut_in_the_valley():
    parts = find_parts(two_touching_ships(), SPLIT)
    assert sorted(part.bbox for part in parts) in (
        [(20, 10, 30, 50), (30, 10, 41, 50)],
        [(20, 10, 31, 50), (31, 10, 41, 50)],
    )


def test_a_ship_with_one_core_stays_whole():
    probability = two_touching_ships()
    probability[30, 30] = 240  # a bridge
    (part,) = find_parts(probability, SPLIT)
    assert part.area == 40 * 21


def test_a_core_smaller_than_the_least_ship_splits_nothing():
    probability = two_touching_ships()
    probability[10:50, 20:30] = 150
    probability[20, 22:25] = 240  # three pixels
    assert len(find_parts(probability, SPLIT)) == 1


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), core=st.sampled_from([0.7, 0.85, 0.95]), fill=st.booleans())
def test_pieces_are_disjoint_and_cover_what_was_there(seed, core, fill):
    noise = np.random.default_rng(seed).integers(0, 256, (12, 14), dtype=np.uint8)
    probability = cv2.resize(noise, (70, 60), interpolation=cv2.INTER_CUBIC)
    thresholds = replace(PLAIN, min_area=1, core=core, fill_holes=fill)
    parts = find_parts(probability, thresholds)
    together = union(parts, (60, 70)) if parts else None
    assert sum(part.area for part in parts) == (together.area if together else 0)
    ship = probability >= level(0.5)
    painted = together.to_mask().astype(bool) if together else np.zeros_like(ship)
    assert (painted >= ship).all() if fill else (painted == ship).all()


def test_holes_are_filled_but_not_what_lies_in_them():
    probability = np.zeros((40, 40), np.uint8)
    probability[5:35, 5:35] = 200
    probability[10:30, 10:30] = 0
    probability[18:22, 18:22] = 220  # a boat in the dock
    ring, boat = sorted(find_parts(probability, replace(PLAIN, fill_holes=True)), key=lambda part: -part.area)
    assert boat.bbox == (18, 18, 22, 22)
    assert ring.area == 30 * 30 - 16
    assert sorted(part.area for part in find_parts(probability, PLAIN)) == [16, 30 * 30 - 20 * 20]


def test_a_hole_in_rings_one_inside_the_other_belongs_to_the_inner_one():
    probability = np.zeros((40, 40), np.uint8)
    for inset, value in ((5, 200), (8, 0), (14, 200), (17, 0)):
        probability[inset:-inset, inset:-inset] = value
    outer, inner = find_parts(probability, replace(PLAIN, fill_holes=True))
    assert inner.area == 12 * 12
    assert outer.area == 30 * 30 - inner.area
    assert union([outer, inner], (40, 40)).area == 30 * 30


@pytest.mark.parametrize("angle", [0, 17, 45, 90, 160])
@pytest.mark.parametrize("size", [(60, 12), (21, 9), (14, 8)])
def test_a_rectangle_stays_what_it_is(angle, size):
    corners = cv2.boxPoints(((50, 48), size, angle))
    ship = from_polygons([corners], (100, 100))
    assert iou(rectangle(ship), ship) > 0.9
    assert abs(rectangle(ship).area / ship.area - 1) < 0.05


def test_a_ship_with_a_bow_becomes_the_rectangle_of_its_label():
    hull = np.array([[20, 40], [60, 40], [75, 46], [60, 52], [20, 52]])
    label = from_polygons([np.array([[20, 40], [75, 40], [75, 52], [20, 52]])], (100, 100))
    ship = from_polygons([hull], (100, 100))
    ragged = ship - from_polygons([np.array([[30, 40], [34, 40], [34, 43], [30, 43]])], (100, 100))
    assert iou(rectangle(ragged), label) > iou(ragged, label) + 0.01


def test_the_rectangle_reaches_towards_the_tip_of_the_bow_but_not_to_the_end_of_a_whisker():
    hull = np.array([[20, 40], [68, 40], [80, 46], [68, 52], [20, 52]])
    ship = from_polygons([hull], (100, 100))
    left, _, right, _ = rectangle(ship).bbox
    x = np.nonzero(ship.to_mask())[1]
    assert abs(left - 20) <= 1
    assert x.mean() + 0.5 + np.sqrt(3 * x.var()) + 1 < right <= 80  # second moments end there
    whisker = ship | from_polygons([np.array([[78, 46], [88, 46], [88, 47], [78, 47]])], (100, 100))
    assert rectangle(whisker).bbox[2] <= 82


def test_an_upright_rectangle_is_exact():
    for width, height in ((30, 7), (7, 30), (200, 21), (3, 2)):
        ship = from_polygons([np.array([[9, 8], [9 + width, 8], [9 + width, 8 + height], [9, 8 + height]])], (240, 240))
        assert rectangle(ship) == ship


def test_what_is_no_rectangle_stays_what_it_is():
    ring = np.zeros((60, 60), np.uint8)
    cv2.circle(ring, (30, 30), 20, 1, 2)
    tilted = from_polygons([cv2.boxPoints(((50, 48), (14, 14), 45))], (100, 100))  # moments do not see where it points
    for part in (Rle.from_mask(ring), tilted):
        assert rectangle(part) == part


def test_one_pixel_is_its_own_rectangle_and_the_border_cuts_it():
    assert rectangle(Rle([[17, 1]], (8, 8))) == Rle([[17, 1]], (8, 8))
    corner = Rle.from_mask(np.tri(12, dtype=np.uint8)[::-1])
    assert 0 < rectangle(corner).area <= 144


@settings(deadline=None, max_examples=80)
@given(seed=st.integers(0, 10_000), core=st.sampled_from([0.0, 0.85]), fill=st.booleans())
def test_rectangles_never_overlap_and_none_gets_lost(seed, core, fill):
    noise = np.random.default_rng(seed).integers(0, 256, (12, 14), dtype=np.uint8)
    probability = cv2.resize(noise, (70, 60), interpolation=cv2.INTER_CUBIC)
    thresholds = replace(PLAIN, min_area=1, core=core, fill_holes=fill)
    parts = find_parts(probability, thresholds)
    shapes = find_parts(probability, replace(thresholds, rectangles=True))
    assert len(shapes) == len(parts)
    assert all(shapes)
    assert sum(shape.area for shape in shapes) == (union(shapes, (60, 70)).area if shapes else 0)
