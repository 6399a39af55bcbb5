"""Rectangles of ships and what a refiner sees of them: the core against slow NumPy and OpenCV."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference_ships as reference
from shipedge.cascade.refine import corrected, cut_patch, rectangle_outline, separate, smallest_rectangle
from shipedge.frame import Ship
from shipedge.rle import Rle


def rectangle_of(mask):
    """That of a ship with these pixels."""
    return Ship(mask, 0.9, mask.bbox).rectangle


@given(
    st.tuples(st.floats(-60, 360), st.floats(-60, 260), st.floats(4, 90), st.floats(3, 60), st.floats(-4, 4)),
)
@settings(max_examples=60, deadline=None)
def test_a_patch_is_the_same_wherever_the_frame_ends(rectangle):
    """Beyond the border of a frame lie copies of its outermost pixels."""
    pixels = np.random.default_rng(3).integers(0, 256, (200, 300, 3), np.uint8)
    margin = 400
    padded = np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)), "edge")
    inside = np.array(rectangle) + np.array([margin, margin, 0, 0, 0])
    assert np.abs(cut_patch(pixels, np.array(rectangle)).astype(int) - cut_patch(padded, inside)).max() <= 8


@given(
    st.tuples(st.floats(-60, 360), st.floats(-60, 260), st.floats(0.1, 300), st.floats(0.1, 200), st.floats(-7, 7)),
    st.tuples(st.integers(1, 90), st.integers(1, 120)),
    st.sampled_from(["packed", "flipped", "planes"]),
)
@settings(max_examples=60, deadline=None)
def test_a_patch_is_interpolated(rectangle, shape, layout):
    """Within 3: the places between pixels are rounded to 1/256, along each axis."""
    pixels = np.random.default_rng(3).integers(0, 256, (*shape, 3), np.uint8)
    given = {
        "packed": pixels,
        "flipped": np.ascontiguousarray(pixels[::-1, ::-1, ::-1])[::-1, ::-1, ::-1],
        "planes": np.ascontiguousarray(pixels.transpose(2, 0, 1)).transpose(1, 2, 0),
    }[layout]
    patch = cut_patch(given, rectangle)
    assert np.abs(patch - reference.cut_patch(pixels, rectangle)).max() < 3
    assert np.array_equal(patch, cut_patch(pixels, rectangle))


def test_a_patch_is_what_opencv_cuts():
    """The refiner learned from patches that OpenCV cut: places rounded to 1/32 pixel, hence up to 5 levels on noise."""
    cv2 = pytest.importorskip("cv2")
    smooth = cv2.GaussianBlur(np.random.default_rng(4).integers(0, 256, (200, 300, 3), np.uint8), (0, 0), 3)
    rectangle = np.array([150.0, 100, 80, 30, 0.7])
    x, y, length, width, angle = rectangle
    right = np.array([np.cos(angle), np.sin(angle)]) * length / 64
    down = np.array([-np.sin(angle), np.cos(angle)]) * width / 32
    first = np.array([x, y]) - 0.5 - right * 127 / 2 - down * 63 / 2
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    theirs = cv2.warpAffine(smooth, np.stack([right, down, first], axis=1), (128, 64), flags=flags)
    assert np.abs(cut_patch(smooth, rectangle).astype(int) - theirs).max() <= 1


@st.composite
def masks(draw):
    """Noise, blobs, single pixels and lines."""
    shape = (draw(st.integers(1, 40)), draw(st.integers(1, 40)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = rng.random(shape) < draw(st.sampled_from([0.01, 0.1, 0.9]))
    mask[draw(st.integers(0, shape[0] - 1)), draw(st.integers(0, shape[1] - 1))] = True
    return mask


@given(masks())
@settings(max_examples=150, deadline=None)
def test_the_smallest_rectangle_is_around_the_mask_and_none_is_smaller(mask):
    x, y, length, width, angle = smallest_rectangle(Rle.from_mask(mask))
    rows, cols = np.nonzero(mask)
    along = np.cos(angle) * (cols + 0.5 - x) + np.sin(angle) * (rows + 0.5 - y)
    across = np.cos(angle) * (rows + 0.5 - y) - np.sin(angle) * (cols + 0.5 - x)
    assert np.abs(along).max() == pytest.approx((length - 1) / 2, abs=1e-9)
    assert np.abs(across).max() == pytest.approx((width - 1) / 2, abs=1e-9)
    assert (length - 1) * (width - 1) <= reference.smallest_area(mask) + 1e-6
    assert length >= width
    assert -np.pi / 2 <= angle < np.pi / 2


@given(masks())
@settings(max_examples=60, deadline=None)
def test_the_smallest_rectangle_is_as_small_as_opencv_s(mask):
    cv2 = pytest.importorskip("cv2")
    y, x = np.nonzero(mask)
    _, sides, _ = cv2.minAreaRect(np.stack([x, y], axis=1).astype(np.float32))
    _, _, length, width, _ = smallest_rectangle(Rle.from_mask(mask))
    assert (length - 1) * (width - 1) == pytest.approx(sides[0] * sides[1], rel=1e-4, abs=1e-3)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((5, 20, 35, 30), (20, 25, 30, 10, 0)),
        ((20, 5, 30, 35), (25, 20, 30, 10, 90)),
        ((7, 9, 8, 10), (7.5, 9.5, 1, 1, 90)),
        ((7, 9, 27, 10), (17, 9.5, 20, 1, 0)),
    ],
)
def test_a_ship_has_the_rectangle_of_its_pixels(box, expected):
    left, top, right, bottom = box
    mask = np.zeros((50, 60), np.uint8)
    mask[top:bottom, left:right] = 1
    assert rectangle_of(Rle.from_mask(mask)) == pytest.approx(expected)


@pytest.mark.parametrize("degrees", [0, 30, 60, 89, 91, 135, 179])
def test_the_orientation_of_a_ship_counts_from_the_rows_downwards(degrees):
    found = rectangle_of(rectangle_outline((250.0, 200, 120, 20, np.deg2rad(degrees)), (400, 500)))
    assert (found.x, found.y, found.length, found.width) == pytest.approx((250, 200, 120, 20), abs=2)
    assert 0 <= found.orientation < 180
    assert abs((found.orientation - degrees + 90) % 180 - 90) < 1.5


@given(st.integers(0, 2**32 - 1), st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_ships_are_kept_apart_as_the_reference_does(seed, count):
    rng = np.random.default_rng(seed)

    def drawn_boxes():
        masks = np.zeros((count, 30, 40), bool)
        for mask in masks:
            (top, left), (height, width) = rng.integers(0, 25, 2), rng.integers(0, 15, 2)
            box = mask[top : top + height, left : left + width]
            box[:] = rng.random(box.shape) < 0.8
        return masks

    refined, before = drawn_boxes(), drawn_boxes()
    found = separate([Rle.from_mask(mask) for mask in refined], [Rle.from_mask(mask) for mask in before])
    expected = reference.separate(list(refined), list(before))
    assert found == [None if mask is None else Rle.from_mask(mask) for mask in expected]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: smallest_rectangle(Rle([], (4, 4))), "the mask is empty, expected at least one pixel"),
        (lambda: cut_patch(np.zeros((4, 4, 3), np.uint8), [1, 1, np.nan, 1, 0]), "expected finite numbers"),
        (lambda: cut_patch(np.zeros((4, 4, 3), np.uint8), [1, 1, 1, 0, 0]), "a length and width over 0"),
        (lambda: cut_patch(np.zeros((4, 4, 3), np.uint8), [1, 1, 1e30, 1, 0]), r"up to 2\^36"),
        (
            lambda: cut_patch(np.zeros((4, 4), np.uint8), [1, 1, 1, 1, 0]),
            r"uint8 \(4, 4\), expected uint8 \(h",
        ),
        (lambda: cut_patch(np.zeros((0, 4, 3), np.uint8), [1, 1, 1, 1, 0]), "no row or no column, expected"),
        (lambda: cut_patch(np.zeros((4, 4, 3)), [1, 1, 1, 1, 0]), "float64 .* expected uint8"),
        (lambda: corrected([1, 1, 1, 1, 0], [0.5] * 4), r"said has shape \(4,\), expected five numbers"),
        (lambda: corrected([1, 1, 1, 1, 0], [0.5] * 4 + [2]), "expected five numbers from 0 to 1"),
        (lambda: corrected("box", [0.5] * 5), r"rectangle is 'box', expected \(x, y, length"),
        (lambda: separate([Rle([], (4, 4))], []), "before holds 0 masks, expected 1 as refined does"),
    ],
)
def test_what_is_no_rectangle_or_frame_is_refused_in_a_sentence(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_the_farthest_rectangle_is_cut_from_the_border():
    pixels = np.full((5, 6, 3), 7, np.uint8)
    far = 2.0**36
    for rectangle in ([far, -far, far, far, 1.0], [-far, far, far, 1e-300, far]):
        assert (cut_patch(pixels, rectangle) == 7).all()
