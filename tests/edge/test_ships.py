import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shipedge.bundle import Thresholds
from shipedge.rle import Rle
from shipedge.ships import Scratch, find_ships, merge

PLAIN = Thresholds(picture=0.5, cell=0.5, pixel=0.5, min_area=1)


def test_overlapping_windows_each_decide_their_half():
    weak, strong = np.full((96, 96), 10, np.uint8), np.full((96, 96), 200, np.uint8)
    for windows in ([(0, 0, weak), (0, 64, strong)], [(0, 64, strong), (0, 0, weak)]):
        merged = merge(windows, 96, 0, 160)
        assert (merged[:, :80] == 10).all()  # the overlap is 64..96, its middle 80
        assert (merged[:, 80:] == 200).all()
    merged = merge([(0, 0, weak), (32, 0, strong)], 128, 0, 96)
    assert (merged[:64] == 10).all()
    assert (merged[64:] == 200).all()


@settings(deadline=None)
@given(
    places=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=6, unique=True),
    seed=st.integers(0, 99),
)
def test_every_pixel_comes_from_a_window_that_saw_it(places, seed):
    truth = np.random.default_rng(seed).integers(1, 256, (300, 320), dtype=np.uint8)
    windows = [(32 * y, 32 * x, truth[32 * y : 32 * y + 96, 32 * x : 32 * x + 96]) for y, x in places]
    seen = np.zeros_like(truth)
    for top, left, window in windows:
        seen[top : top + 96, left : left + 96] = window
    assert np.array_equal(merge(windows, 300, 0, 320), seen)


def test_merge_cuts_what_lies_beyond_the_frame():
    seen = np.full((96, 96), 9, np.uint8)
    merged = merge([(32, 64, seen)], 100, 64, 130)
    assert merged.shape == (100, 66)
    assert merged[:32].max() == 0
    assert (merged[32:] == 9).all()


def test_dirty_scratch_changes_nothing():
    scratch = Scratch()
    for name, dtype in (("merged", np.uint8), ("near", np.uint8), ("mask", np.bool_)):
        scratch.take(name, (3, 32, 128) if name == "near" else (96, 128), dtype)[:] = 1
    cells = np.zeros((3, 4), bool)
    cells[1, 2] = True
    window = np.zeros((96, 128), np.uint8)
    window[40:44, 60:70] = 200
    window[0:5, 0:5] = 200  # touches no positive cell
    (ship,) = find_ships((96, 128), cells, [(0, 0, window)], PLAIN, scratch)
    assert ship.bbox == (60, 40, 70, 44)
    assert ship.score == 200 / 256


@settings(deadline=None)
@given(left=st.integers(0, 4), height=st.integers(1, 100), width=st.integers(1, 200), seed=st.integers(0, 99))
def test_strips_give_positions_of_the_whole_frame(left, height, width, seed):
    left = min(32 * left, (width - 1) // 32 * 32)
    random = np.random.default_rng(seed)
    window = (random.random((96, 96)) < 0.3).astype(np.uint8) * 255
    truth = np.zeros((height, width), np.uint8)
    place = truth[:96, left : left + 96]
    place[:] = window[: place.shape[0], : place.shape[1]]
    cells = np.ones((-(-height // 32), -(-width // 32)), bool)
    ships = find_ships((height, width), cells, [(0, left, window)], PLAIN, Scratch())
    painted = np.zeros_like(truth)
    for ship in ships:
        painted += (mask := ship.rle.to_mask())
        assert Rle.from_mask(mask).bbox == ship.bbox == ship.rle.bbox
    assert np.array_equal(painted, truth // 255)


def test_scratch_is_reused_but_not_without_limit():
    scratch = Scratch()
    small = scratch.take("a", (10, 10), np.uint8)
    assert scratch.take("a", (10, 10), np.uint8) is small
    assert scratch.take("b", (10, 10), np.uint8) is not small
    assert scratch.take("a", (10, 11), np.uint8).shape == (10, 11)
    large = scratch.take("c", (Scratch.LIMIT + 1,), np.uint8)
    assert scratch.take("c", (Scratch.LIMIT + 1,), np.uint8) is not large
