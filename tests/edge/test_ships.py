"""From the probabilities of windows to ships: the core against slow NumPy, and the rules by example."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference_ships as reference
from shipedge.bundle import Thresholds
from shipedge.cascade.ships import find_components, find_ships, is_sure, level, merge_windows
from shipedge.rle import Rle

PLAIN = Thresholds(image=0.5, cell=0.5, pixel=0.5, min_area=1)


def presence_of(shape, value=255):
    return np.full((-(-shape[0] // 32), -(-shape[1] // 32)), value, np.uint8)


@st.composite
def scenes(draw):
    """A frame, windows of any size and place whose values come in blobs, and presence."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, 80)), draw(st.integers(1, 120)))
    windows = []
    for _ in range(draw(st.integers(0, 4))):
        size = (int(rng.integers(0, 50)), int(rng.integers(0, 60)))
        noise = rng.integers(0, 256, (size[0] // 4 + 1, size[1] // 4 + 1), np.uint8)
        values = noise.repeat(4, axis=0).repeat(4, axis=1)[: size[0], : size[1]]
        values[rng.random(size) < 0.2] = rng.integers(0, 256)
        windows.append((int(rng.integers(-20, shape[0] + 5)), int(rng.integers(-20, shape[1] + 5)), values))
    presence = rng.integers(0, 256, presence_of(shape).shape, np.uint8)
    return shape, presence, windows


@settings(deadline=None)
@given(scenes())
def test_windows_are_merged_as_the_reference_does(scene):
    shape, _, windows = scene
    assert np.array_equal(merge_windows(windows, shape), reference.merge(windows, shape))


@settings(deadline=None, max_examples=150)
@given(
    scenes(),
    st.sampled_from([0.0, 0.2, 0.5, 0.7]),
    st.sampled_from([0.0, 0.75, 0.9]),
    st.sampled_from([1, 5, 12]),
    st.booleans(),
)
def test_components_are_those_of_the_reference(scene, pixel, core, min_area, fill):
    """Pixel by pixel, with the same area, score and cell, in the same order."""
    shape, presence, windows = scene
    thresholds = replace(PLAIN, pixel=pixel, core=core, min_area=min_area, fill_holes=fill)
    found = find_components(shape, presence, windows, thresholds)
    expected = reference.find_components(shape, presence, windows, thresholds)
    assert [one[1:] for one in found] == [one[1:] for one in expected]
    for one, (outline, *_) in zip(found, expected, strict=True):
        assert one.outline == Rle.from_mask(outline)


def test_rectangles_are_those_of_the_reference_but_for_pixels_right_on_the_border():
    """Exact in all but one of a hundred random outlines: there the order of sums decides about a pixel of the rim."""
    rng, different, total = np.random.default_rng(5), 0, 0
    for _ in range(150):
        shape = (70, 110)
        values = np.zeros(shape, np.uint8)
        for _ in range(rng.integers(1, 6)):
            y, x = np.mgrid[: shape[0], : shape[1]]
            angle, (cy, cx) = rng.uniform(0, np.pi), rng.uniform((5, 5), (65, 105))
            along = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
            across = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
            values[(abs(along) < rng.uniform(2, 25)) & (abs(across) < rng.uniform(1, 7))] = 200
        values[rng.random(shape) < 0.05] = 0
        thresholds = replace(PLAIN, min_area=3, rectangles=True, fill_holes=True)
        windows = [(0, 0, values)]
        found = find_components(shape, presence_of(shape), windows, thresholds)
        expected = reference.find_components(shape, presence_of(shape), windows, thresholds)
        assert [one[1:] for one in found] == [one[1:] for one in expected]
        for one, (outline, *_) in zip(found, expected, strict=True):
            off = np.count_nonzero(one.outline.to_mask() != outline)
            assert off <= 2
            different, total = different + (off > 0), total + 1
    assert total > 300
    assert different <= total / 100


def test_overlapping_windows_each_decide_their_half():
    weak, strong = np.full((96, 96), 10, np.uint8), np.full((96, 96), 200, np.uint8)
    for windows in ([(0, 0, weak), (0, 64, strong)], [(0, 64, strong), (0, 0, weak)]):
        merged = merge_windows(windows, (96, 160))
        assert (merged[:, :80] == 10).all()  # the overlap is 64..96, its middle 80
        assert (merged[:, 80:] == 200).all()
    merged = merge_windows([(0, 0, weak), (32, 0, strong)], (128, 96))
    assert (merged[:64] == 10).all()
    assert (merged[64:] == 200).all()


def test_a_component_must_touch_a_positive_cell_and_small_ones_must_be_surer():
    values = np.zeros((96, 128), np.uint8)
    values[40:44, 60:70] = 200
    values[0:5, 0:5] = 250  # in no positive cell
    values[70:72, 60:70] = 180  # small and unsure
    presence = presence_of(values.shape, 100)
    presence[1:, 1:] = 150
    thresholds = replace(PLAIN, small_area=30, small_score=0.75)
    (ship,) = find_ships(values.shape, presence, [(0, 0, values)], thresholds)
    assert ship.bbox == (60, 40, 70, 44)
    assert ship.score == 200 / 256
    components = find_components(values.shape, presence, [(0, 0, values)], thresholds)
    assert [one.cell for one in components] == [100, 150, 150]
    assert [one.area for one in components] == [25, 40, 20]


def test_what_reaches_into_a_positive_cell_is_whole():
    values = np.zeros((64, 96), np.uint8)
    values[30, 2:90] = 255
    presence = presence_of(values.shape, 0)
    presence[0, 2] = 255
    (ship,) = find_ships(values.shape, presence, [(0, 0, values)], PLAIN)
    assert ship.bbox == (2, 30, 90, 31)


def test_a_pixel_of_probability_zero_is_never_a_ship():
    window = np.zeros((40, 40), np.uint8)
    window[3, 4] = 1
    (one,) = find_components((50, 60), presence_of((50, 60)), [(0, 0, window)], replace(PLAIN, pixel=0.0))
    assert one.outline.runs.tolist() == [[4 * 50 + 3, 1]]


def test_memory_follows_the_windows_and_not_the_frame():
    shape = (20_000, 60_000)
    window = np.zeros((384, 384), np.uint8)
    window[100:110, 90:120] = 250
    presence = np.full((625, 1875), 255, np.uint8)
    tracemalloc.start()
    (one,) = find_components(shape, presence, [(15_000, 55_000, window)], PLAIN)
    assert find_components(shape, presence, [], PLAIN) == []
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    assert one.outline.bbox == (55_090, 15_100, 55_120, 15_110)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"presence": np.zeros((2, 2), np.uint8)}, r"presence has shape \(2, 2\), expected \(3, 4\), a cell for each"),
        ({"presence": np.zeros((3, 4))}, "presence has dtype float64, expected uint8"),
        ({"windows": [(0, 0)]}, r"windows\[0\] has 2 items, expected \(top, left, probability\)"),
        ({"windows": [(0, 0.5, np.zeros((2, 2), np.uint8))]}, r"windows\[0\].left is of type float, expected an int"),
        ({"windows": [(0, 0, np.zeros(4, np.uint8))]}, r"windows\[0\].probability has shape \(4,\), expected \(height"),
        ({"windows": [(0, 0, [[1]])]}, r"windows\[0\].probability is of type list, expected a NumPy array"),
        ({"shape": (80, -1)}, "width"),
        ({"thresholds": replace(PLAIN, pixel=-0.5)}, "pixel is -128, expected 0 to 255"),
        ({"thresholds": replace(PLAIN, min_area=-1)}, "min_area is -1, expected 0 to"),
    ],
)
def test_what_is_no_input_is_refused_in_a_sentence(change, message):
    given = {"shape": (80, 100), "presence": np.zeros((3, 4), np.uint8), "windows": [], "thresholds": PLAIN} | change
    with pytest.raises((ValueError, TypeError), match=message):
        find_components(**given)


def test_windows_far_outside_see_nothing():
    window = np.full((10, 10), 255, np.uint8)
    places = [(-(2**62), 0), (0, 2**62), (-10, 0), (0, 40), (30, 0)]
    assert find_components((30, 40), presence_of((30, 40)), [(y, x, window) for y, x in places], PLAIN) == []


@pytest.mark.parametrize(("area", "score", "sure"), [(99, 0.7, False), (99, 0.8, True), (100, 0.1, True)])
def test_small_components_must_be_surer(area, score, sure):
    thresholds = replace(PLAIN, small_area=100, small_score=0.75)
    assert is_sure(area, score, thresholds) == sure
    assert is_sure(np.array([area]), np.array([score]), thresholds).tolist() == [sure]
    assert is_sure(area, score, PLAIN)


@pytest.mark.parametrize(("threshold", "value"), [(0.0, 0), (0.5, 128), (0.501, 129), (0.999, 255), (1.0, 255)])
def test_level_is_the_first_value_that_reaches_the_threshold(threshold, value):
    assert level(threshold) == value
