from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipedge.tiling import CELL, cut_window, grid_shape, tile_origins, windows_to_cover

sizes = st.integers(1, 3000)


@pytest.mark.parametrize(
    ("shape", "grid"), [((1, 1), (1, 1)), ((32, 33), (1, 2)), ((768, 768), (24, 24)), ((492, 656), (16, 21))]
)
def test_grid_shape(shape, grid):
    assert grid_shape(shape) == grid


def test_one_tile_for_a_frame_of_its_size():
    assert tile_origins((768, 768), 768) == [(0, 0)]
    assert tile_origins((10, 700), 768) == [(0, 0)]


def test_last_tile_is_moved_inside():
    assert tile_origins((768, 1500), 768) == [(0, 0), (0, 704), (0, 736)]  # 1504 padded - 768 = 736
    assert tile_origins((1472, 768), 768) == [(0, 0), (704, 0)]


@settings(deadline=None)
@given(length=sizes)
def test_tiles_cover_the_frame_and_overlap(length):
    lefts = [left for _, left in tile_origins((32, length), 768)]
    assert lefts[0] == 0
    assert all(left % CELL == 0 for left in lefts)
    assert all(0 < b - a <= 768 - 64 for a, b in pairwise(lefts))
    assert lefts[-1] + 768 >= length
    assert lefts[-1] == 0 or lefts[-1] + 768 == grid_shape((32, length))[1] * CELL


def test_window_inside_the_frame_is_a_view():
    pixels = np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)
    window = cut_window(pixels, 32, 0, 32)
    assert np.shares_memory(window, pixels)
    assert np.array_equal(window, pixels[32:64, 0:32])


@settings(deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 70), size=st.integers(1, 150), seed=st.integers(0, 99))
def test_beyond_the_border_is_the_mirror_image(height, width, size, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    beyond = ((0, max(size - height, 0)), (0, max(size - width, 0)), (0, 0))
    expected = np.pad(pixels, beyond, mode="reflect")[:size, :size]
    assert np.array_equal(cut_window(pixels, 0, 0, size), expected)


def test_window_into_a_given_buffer():
    pixels = np.full((10, 20, 3), 7, np.uint8)
    out = np.empty((32, 32, 3), np.uint8)
    assert cut_window(pixels, 0, 0, 32, out) is out
    assert (out == 7).all()


def test_no_positive_cell_no_window():
    assert windows_to_cover(np.zeros((24, 24), bool), 384) == []


def test_one_cell_lies_in_the_middle_of_its_window():
    cells = np.zeros((60, 60), bool)
    cells[30, 20] = True
    ((top, left),) = windows_to_cover(cells, 384)
    assert abs(top + 192 - (30 * 32 + 16)) <= 16
    assert abs(left + 192 - (20 * 32 + 16)) <= 16


def test_frame_smaller_than_the_window():
    cells = np.ones((3, 5), bool)
    assert windows_to_cover(cells, 768) == [(0, 0)]


def test_two_far_cells_need_two_windows_and_two_near_ones_one():
    cells = np.zeros((24, 24), bool)
    cells[2, 2] = cells[20, 21] = True
    assert len(windows_to_cover(cells, 384)) == 2
    cells = np.zeros((24, 24), bool)
    cells[5, 5] = cells[12, 14] = True
    assert len(windows_to_cover(cells, 384)) == 1


@settings(deadline=None)
@given(
    rows=st.integers(1, 50),
    cols=st.integers(1, 50),
    share=st.floats(0, 1),
    side=st.integers(3, 24),
    seed=st.integers(0, 999),
)
def test_every_positive_cell_is_covered_with_its_margin(rows, cols, share, side, seed):
    cells = np.random.default_rng(seed).random((rows, cols)) < share
    covered = np.zeros_like(cells)
    windows = windows_to_cover(cells, side * CELL)
    for top, left in windows:
        assert top % CELL == left % CELL == 0
        row, col = top // CELL, left // CELL
        assert row == 0 or (row > 0 and row + side <= rows)
        assert col == 0 or (col > 0 and col + side <= cols)
        inner_top, inner_left = row + (row > 0), col + (col > 0)
        inner_bottom, inner_right = row + side - (row + side < rows), col + side - (col + side < cols)
        covered[inner_top:inner_bottom, inner_left:inner_right] = True
    assert not (cells & ~covered).any()
    assert len(windows) == len(set(windows)) <= cells.sum()
