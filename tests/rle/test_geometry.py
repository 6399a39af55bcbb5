"""Moving, stretching and shrinking a mask without unfolding its runs."""

import importlib.util

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from shipedge.errors import RleFormatError
from shipedge.rle import Rle

sides = st.sampled_from([0, 1, 2, 3, 7, 20, 63, 64, 65])
distances = st.integers(-70, 70)
reaches = st.integers(0, 9) | st.just(2**32 - 1)


@st.composite
def masks(draw, most=1300):
    height = draw(sides)
    width = draw(sides.filter(lambda side: side * height <= most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = rng.random((height, width)) < draw(st.sampled_from([0.0, 0.02, 0.5, 0.98, 1.0]))
    if draw(st.booleans()):  # whole columns and rows, where runs join
        mask |= rng.random(width) < 0.4
        mask |= rng.random((height, 1)) < 0.2
    return mask


@settings(deadline=None)
@given(masks(), st.data())
def test_crop(mask, data):
    height, width = mask.shape
    top, bottom = sorted(data.draw(st.tuples(st.integers(0, height), st.integers(0, height))))
    left, right = sorted(data.draw(st.tuples(st.integers(0, width), st.integers(0, width))))
    found = Rle.from_mask(mask).crop((left, top, right, bottom))
    assert found.shape == (bottom - top, right - left)
    assert found == Rle.from_mask(mask[top:bottom, left:right])


@settings(deadline=None)
@given(masks(400), st.tuples(*[st.integers(0, 5)] * 4))
def test_pad(mask, by):
    top, bottom, left, right = by
    found = Rle.from_mask(mask).pad(*by)
    assert found == Rle.from_mask(np.pad(mask, ((top, bottom), (left, right))))
    assert found.crop((left, top, left + mask.shape[1], top + mask.shape[0])) == Rle.from_mask(mask)


@settings(deadline=None)
@given(masks(400), distances, distances)
def test_shift(mask, dy, dx):
    assert Rle.from_mask(mask).shift(dy, dx) == Rle.from_mask(reference.window(mask, -dy, -dx, mask.shape))


@settings(deadline=None)
@given(masks())
def test_flip_rotate_transpose(mask):
    value = Rle.from_mask(mask)
    assert value.transpose() == Rle.from_mask(mask.T)
    for axis in (0, 1):
        assert value.flip(axis) == Rle.from_mask(np.flip(mask, axis))
    for k in range(-5, 6):
        assert value.rot90(k) == Rle.from_mask(np.rot90(mask, k))
    assert value.rot90() == value.rot90(1)


@settings(deadline=None)
@given(masks(), st.tuples(sides, sides))
def test_resize(mask, shape):
    found = Rle.from_mask(mask).resize(shape)
    assert found.shape == shape
    if mask.size:
        assert found == Rle.from_mask(reference.resize(mask, shape))
    else:
        assert not found


@settings(deadline=None)
@given(masks(400), reaches, reaches)
def test_dilate_and_erode(mask, rows, columns):
    value = Rle.from_mask(mask)
    assert value.dilate((rows, columns)) == Rle.from_mask(reference.dilate(mask, rows, columns))
    assert value.erode((rows, columns)) == Rle.from_mask(~reference.dilate(~mask, rows, columns))
    assert value.dilate(rows) == value.dilate((rows, rows))


@settings(deadline=None)
@given(masks(400), st.sampled_from([4, 8]))
def test_fill_holes(mask, connectivity):
    value = Rle.from_mask(mask)
    assert value.fill_holes(connectivity) == Rle.from_mask(reference.fill_holes(mask, connectivity))
    assert value.fill_holes() == value.fill_holes(4)


@pytest.mark.parametrize("density", [0.01, 0.5, 0.99])
def test_other_libraries_agree(density):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    rng = np.random.default_rng(6)
    mask = (cv2.GaussianBlur(rng.random((200, 150)).astype(np.float32), (0, 0), 2) < 0.45 + density / 10).astype(
        np.uint8
    )
    value = Rle.from_mask(mask)
    for rows, columns in ((1, 1), (0, 3), (5, 0), (4, 7)):
        element = np.ones((2 * rows + 1, 2 * columns + 1), np.uint8)
        np.testing.assert_array_equal(value.dilate((rows, columns)).to_mask(), cv2.dilate(mask, element))
        np.testing.assert_array_equal(value.erode((rows, columns)).to_mask(), cv2.erode(mask, element))
    if importlib.util.find_spec("PIL"):
        from PIL import Image

        for shape in ((64, 128), (256, 32), (200, 150)):  # no new centre on an old border: there floats decide
            theirs = Image.fromarray(mask).resize(shape[::-1], Image.Resampling.NEAREST)
            np.testing.assert_array_equal(value.resize(shape).to_mask(), np.asarray(theirs))
    if importlib.util.find_spec("scipy"):
        from scipy import ndimage

        np.testing.assert_array_equal(value.fill_holes().to_mask(), ndimage.binary_fill_holes(mask))


def test_masks_of_billions_of_pixels_cost_their_runs_only():
    side = 65535
    full = ~Rle([], (side, side))
    assert len(full.transpose().runs) == len(full.rot90().runs) == len(full.flip(0).runs) == 1
    assert full.crop((10, 20, side, 30)) == ~Rle([], (10, side - 10))
    assert full.resize((3, 5)) == ~Rle([], (3, 5))
    assert (~Rle([], (1, 1))).resize((65537, 65535)).area == 2**32 - 1
    dots = Rle([[0, 1], [2**31, 1], [2**32 - 3, 1]], (2, 2**31 - 1))
    assert dots.transpose().area == dots.flip(1).area == dots.rot90(3).area == dots.shift(0, 0).area == 3
    assert dots.dilate((2**32 - 1, 100)).area == 2 * (101 + 201 + 101)
    assert dots.fill_holes() == dots
    assert (~dots).erode((0, 100)).area == 2**32 - 2 - 403
    assert dots.transpose().transpose() == dots
    assert full.erode(1000) == full == full.dilate(1000)
    assert full.shift(0, side - 1).area == side
    corner = full.shift(side - 1, side - 1)
    assert corner.runs.tolist() == [[side * side - 1, 1]]
    line = Rle([[0, 2**24]], (2**24, 2))
    assert len(line.transpose().runs) == 2**24


@pytest.mark.parametrize(
    "call",
    [
        lambda: (~Rle([], (2, 2**31 - 1))).shift(1, 0),
        lambda: (~Rle([], (1, 2**31 - 1))).pad(top=1),
        lambda: Rle([[0, 2**31 - 1]], (2**31 - 1, 2)).transpose(),
        lambda: Rle([[0, 1]], (2, 1)).resize((2, 2**31 - 1)),
        lambda: Rle([[0, 1]], (2, 2**31 - 1)).dilate((0, 2**31)),
    ],
    ids=["shift", "pad", "transpose", "resize", "dilate"],
)
def test_results_of_billions_of_runs_are_refused(call):
    with pytest.raises(RleFormatError, match="more than 33554432 runs, expected at most that many"):
        call()


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (
            lambda a: a.crop((0, 0, 5, 3)),
            ValueError,
            "bbox is (0, 0, 5, 3), expected (left, top, right, bottom) with 0 <= left <= right <= 4 and 0 <= top",
        ),
        (lambda a: a.crop((2, 0, 1, 3)), ValueError, "of x, y, width, height it is (x, y, x + width, y + height)"),
        (lambda a: a.crop((0, -1, 1, 3)), ValueError, "0 <= top <= bottom <= 3"),
        (lambda a: a.crop((0, 0, 1, 3), 0), ValueError, "step is 0, expected 1 or more pixels"),
        (lambda a: a.resize((3, 4), "cv2"), ValueError, "nearest is 'cv2', expected 'middle'"),
        (lambda a: a.crop((0, 1, 3)), TypeError, "bbox is (0, 1, 3), expected (left, top, right, bottom)"),
        (lambda a: a.crop("1234"), TypeError, "bbox is '1234', expected (left, top, right, bottom)"),
        (lambda a: a.crop((0, 0.5, 1, 3)), TypeError, "top is of type float, expected an integer"),
        (lambda a: a.pad(-1), ValueError, "top is -1, expected 0 to 4294967295 pixels"),
        (lambda a: a.pad(2**32 - 1), RleFormatError, "shape (4294967298, 4) is too large"),
        (lambda a: a.pad(10**30), RleFormatError, "top needs more than 64 bits"),
        (lambda a: a.shift(1.5, 0), TypeError, "dy is of type float, expected an integer"),
        (lambda a: a.flip(2), ValueError, "axis is 2, expected 0 (upside down) or 1 (left to right)"),
        (lambda a: a.rot90("1"), TypeError, "k is of type str, expected an integer"),
        (lambda a: a.resize((2**16, 2**16)), RleFormatError, "shape (65536, 65536) is too large"),
        (lambda a: a.resize(3), TypeError, "shape is 3, expected (height, width)"),
        (lambda a: a.dilate(-1), ValueError, "radius is -1, expected 0 to 4294967295 pixels"),
        (lambda a: a.erode((1, -1)), ValueError, "columns is -1, expected 0 to 4294967295 pixels"),
        (lambda a: a.erode((1, 2, 3)), TypeError, "radius is (1, 2, 3), expected pixels or (rows, columns)"),
        (lambda a: a.erode(1.0), TypeError, "radius is 1.0, expected pixels or (rows, columns)"),
        (lambda a: a.fill_holes(6), ValueError, "connectivity is 6, expected 4 or 8"),
    ],
)
def test_refusals(call, error, sentence):
    with pytest.raises(error) as caught:
        call(Rle([[0, 1]], (3, 4)))
    assert sentence in str(caught.value)


def test_far_shifts_leave_nothing():
    full = ~Rle([], (3, 4))
    for by in ((2**62, 0), (0, -(2**62)), (3, 0), (0, -4)):
        assert not full.shift(*by)


@settings(deadline=None)
@given(masks(), st.data())
def test_crop_of_every_other_pixel(mask, data):
    height, width = mask.shape
    top, bottom = sorted(data.draw(st.tuples(st.integers(0, height), st.integers(0, height))))
    left, right = sorted(data.draw(st.tuples(st.integers(0, width), st.integers(0, width))))
    rows, columns = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    value = Rle.from_mask(mask)
    found = value.crop((left, top, right, bottom), (rows, columns))
    assert found == Rle.from_mask(mask[top:bottom:rows, left:right:columns])
    assert value.crop((left, top, right, bottom), rows) == Rle.from_mask(mask[top:bottom:rows, left:right:rows])


@settings(deadline=None)
@given(masks(), st.tuples(sides, sides))
def test_resize_as_opencv(mask, shape):
    cv2 = pytest.importorskip("cv2")
    found = Rle.from_mask(mask).resize(shape, "opencv")
    if mask.size and 0 not in shape:
        theirs = cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST)
        assert found == Rle.from_mask(theirs)
    else:
        assert found == Rle([], shape)


def test_resize_as_opencv_of_long_sides():
    cv2 = pytest.importorskip("cv2")
    rng = np.random.default_rng(3)
    for _ in range(300):
        old, new = (int(side) for side in rng.integers(1, 4000, 2))
        mask = rng.integers(0, 2, (1, old)).astype(np.uint8)
        theirs = cv2.resize(mask, (new, 1), interpolation=cv2.INTER_NEAREST)
        assert Rle.from_mask(mask).resize((1, new), "opencv") == Rle.from_mask(theirs)


@settings(deadline=None)
@given(masks(400), st.tuples(st.integers(0, 4), st.integers(0, 4)))
def test_opening_and_closing(mask, radius):
    value = Rle.from_mask(mask)
    shrunk = ~reference.dilate(~mask, *radius)
    assert value.opening(radius) == Rle.from_mask(reference.dilate(shrunk, *radius))
    assert value.closing(radius) == Rle.from_mask(~reference.dilate(~reference.dilate(mask, *radius), *radius))
