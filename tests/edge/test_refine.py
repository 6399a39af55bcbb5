"""The last look: where a patch is cut, what its numbers mean, and that ships stay apart."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import reference_ships as reference
from shipedge.bundle import PATCH
from shipedge.frame import Ship
from shipedge.refine import (
    Refiner,
    corrected,
    correction,
    cut_patch,
    rectangle_outline,
    separate,
    smallest_rectangle,
)
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
    assert ship(Rle.from_mask(mask)).rectangle == pytest.approx(expected)


@pytest.mark.parametrize("degrees", [0, 30, 60, 89, 91, 135, 179])
def test_the_orientation_of_a_ship_counts_from_the_rows_downwards(degrees):
    _, (mask,) = drawn((250.0, 200, 120, 20, np.deg2rad(degrees)))
    found = ship(mask).rectangle
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
