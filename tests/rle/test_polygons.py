"""Masks as polygons and back: exact around pixels, by the middle of each pixel for any other polygon."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shipedge import rle
from shipedge.errors import RleFormatError
from shipedge.rle import Rle

SHAPE = (20, 30)
masks = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24))
numbers = st.one_of(
    st.integers(-10, 50), st.floats(-10, 50, width=32), st.sampled_from([0.5, 20.0, 30.0, -(2.0**32), 2.0**32])
)
polygons = st.lists(st.lists(st.tuples(numbers, numbers), min_size=3, max_size=8), max_size=4)


def signed_area(ring):
    x, y = ring.T
    return (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2


@settings(deadline=None)
@given(masks)
def test_the_rings_of_a_mask_fill_it_again(mask):
    value = Rle.from_mask(mask)
    rings = rle.to_polygons(value)
    assert rle.from_polygons(rings, mask.shape) == value
    assert all(ring.dtype == np.int64 and ring.shape[1] == 2 for ring in rings)
    areas = [signed_area(ring) for ring in rings]
    assert sum(areas) == value.area
    parts = rle.components(value)
    assert sum(area > 0 for area in areas) == len(parts)
    outer = [ring for ring, area in zip(rings, areas, strict=True) if area > 0]
    assert [ring[:, 0].min() for ring in outer] == [part.bbox[0] for part in parts]


@settings(deadline=None)
@given(polygons)
def test_rules(polygons):
    """Each alone is the same by both rules; together they are the union, or what an odd number of them covers."""
    each = [rle.from_polygons([polygon], SHAPE) for polygon in polygons]
    assert [rle.from_polygons([polygon], SHAPE, "union") for polygon in polygons] == each
    covered = np.sum([one.to_mask() for one in each] or [np.zeros(SHAPE)], axis=0).astype(np.int64)
    assert rle.from_polygons(polygons, SHAPE, "union") == Rle.from_mask(covered > 0)
    assert rle.from_polygons(polygons, SHAPE, "even-odd") == Rle.from_mask(covered % 2)


@settings(deadline=None)
@given(polygons, st.integers(0, 7))
def test_direction_and_first_point_do_not_matter(polygons, turn):
    turned = [np.roll(polygon, turn, axis=0)[::-1] for polygon in polygons]
    assert rle.from_polygons(turned, SHAPE) == rle.from_polygons(polygons, SHAPE)


def test_what_lies_outside_is_cut_off():
    wide = rle.from_polygons([[(-100, 5), (100, 5), (100, 7), (-100, 7)]], SHAPE)
    assert wide == rle.from_polygons([[(0, 5), (30, 5), (30, 7), (0, 7)]], SHAPE)
    assert wide.bbox == (0, 5, 30, 7)
    assert rle.from_polygons([[(40, 5), (50, 5), (50, 7)]], SHAPE).area == 0


def test_arrays_of_any_kind():
    square = [(2, 3), (6, 3), (6, 8), (2, 8)]
    expected = rle.from_polygons([square], SHAPE)
    assert expected.bbox == (2, 3, 6, 8)
    for dtype in (np.int8, np.uint16, np.int64, np.float16, np.float32, ">f8"):
        assert rle.from_polygons([np.array(square, dtype)], SHAPE) == expected
    views = (np.asfortranarray(square), np.repeat(square, 2, axis=1)[:, ::2], np.array(square)[::-1])
    assert all(rle.from_polygons((view,), SHAPE) == expected for view in views)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_pycocotools_differs_by_a_rim_at_most(seed):
    """It draws the polygon's outline on a grid five times as fine and keeps other pixels of the rim."""
    theirs = pytest.importorskip("pycocotools.mask")
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 12))
    radius = rng.uniform(60, 90, (12, 1))
    polygon = 100 + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    made = theirs.frPyObjects([polygon.ravel().tolist()], 200, 200)[0]
    other = rle.from_coco(made["counts"], (200, 200))
    ours = rle.from_polygons([polygon], (200, 200))
    ring = np.concatenate([polygon, polygon[:1]])
    rim = np.linalg.norm(np.diff(ring, axis=0), axis=1).sum()
    assert np.count_nonzero(ours.to_mask() != other.to_mask()) <= 0.5 * rim


@pytest.mark.parametrize(
    ("polygons", "error", "sentence"),
    [
        ([[(0, 0), (1, 1)]], RleFormatError, "polygon 1 has 2 points, expected 3 or more"),
        ([np.zeros((0, 2))], RleFormatError, "polygon 1 has 0 points, expected 3 or more"),
        ([[(0, 0), (1, np.nan), (2, 2)]], RleFormatError, "polygon 1: point 2 is (1, nan), expected coordinates from"),
        ([[(0, 0), (np.inf, 1), (2, 2)]], RleFormatError, "polygon 1: point 2 is (inf, 1), expected coordinates from"),
        ([[(0, 0), (2**40, 1), (2, 2)]], RleFormatError, "polygon 1: point 2 is (1.09951e+12, 1), expected"),
        ([[(0, 0, 0), (1, 1, 1), (2, 2, 2)]], ValueError, "polygons[0] has shape (3, 3), expected (n, 2): x, y"),
        (np.zeros((3, 2)), ValueError, "polygons[0] has shape (2,), expected (n, 2): x, y"),
        ([[]], ValueError, "polygons[0] has shape (0,), expected (n, 2): x, y"),
        ([[(0, 0), (1, 1), (2,)]], TypeError, "polygons[0] is no array of numbers, expected (n, 2): x, y"),
        ([[("0", "0"), ("1", "1"), ("2", "5")]], TypeError, "polygons[0] has dtype <U1, expected numbers"),
        ([[(0, 0), (1, 10**30), (2, 2)]], TypeError, "polygons[0] has dtype object, expected numbers"),
        ([[(True, False)] * 3], TypeError, "polygons[0] has dtype bool, expected numbers"),
        (["abc"], TypeError, "polygons[0] has dtype <U3, expected numbers"),
        ("abc", TypeError, "polygons is one string, expected a list"),
        (None, TypeError, "polygons is of type NoneType, expected a list"),
        ([np.zeros((2**17, 2)) + [[0, 0], [2**31, 1]] * 2**16], RleFormatError, "columns in all, expected at most"),
    ],
)
def test_what_is_no_polygon_is_refused(polygons, error, sentence):
    with pytest.raises(error) as caught:
        rle.from_polygons(polygons, (1, 2**31))
    assert str(caught.value).startswith(sentence) or sentence in str(caught.value)


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="rule is 'nonzero', expected 'even-odd'"):
        rle.from_polygons([], SHAPE, "nonzero")


def test_masks_of_billions_of_pixels():
    huge = Rle([[1, 2**32 - 3]], (65537, 65535))
    rings = rle.to_polygons(huge)
    assert [ring.shape for ring in rings] == [(8, 2)]
    assert rle.from_polygons(rings, huge.shape) == huge


def fewer_corners(ring, tolerance):
    """Douglas-Peucker by its definition, between the first corner and the one furthest from it."""

    def off(corner, a, b):
        side = b - a
        length = side @ side
        along = np.clip((corner - a) @ side / length, 0, 1) if length else 0
        return np.linalg.norm(corner - a - along * side)

    def between(points):
        distances = [off(corner, points[0], points[-1]) for corner in points[1:-1]]
        if not distances or max(distances) <= tolerance:
            return points[:1]
        k = 1 + int(np.argmax(distances))
        return between(points[: k + 1]) + between(points[k:])

    points = list(ring.astype(float))
    opposite = int(np.argmax([np.linalg.norm(corner - points[0]) for corner in points]))
    return between(points[: opposite + 1]) + between([*points[opposite:], points[0]])


@settings(deadline=None)
@given(masks, st.sampled_from([0.5, 0.99, 1.5, 3.3, 50.0]))
def test_simplified_rings(mask, tolerance):
    value = Rle.from_mask(mask)
    rings, fewer = rle.to_polygons(value), rle.to_polygons(value, tolerance)
    assert len(rings) == len(fewer)
    for ring, simple in zip(rings, fewer, strict=True):
        truth = fewer_corners(ring, tolerance)
        assert len(simple) >= 3
        if len(truth) >= 3:
            np.testing.assert_array_equal(simple, truth)
        rest = ring.tolist()
        for corner in simple.tolist():  # in the order of the ring
            rest = rest[rest.index(corner) + 1 :]
    rle.from_polygons(fewer, mask.shape)  # each is a polygon
    for ring, same in zip(rings, rle.to_polygons(value, 0), strict=True):
        np.testing.assert_array_equal(ring, same)


def test_a_tolerance_is_a_number_of_pixels():
    value = Rle([[0, 1]], (2, 2))
    for wrong in (-1, float("nan")):
        with pytest.raises(ValueError, match="tolerance is"):
            rle.to_polygons(value, wrong)
    with pytest.raises(TypeError, match="tolerance is 'x', expected a number"):
        rle.to_polygons(value, "x")
