"""The parts of tracks: pairs, shifts, and whatever a detector may say."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from moving_ships import land
from shipedge.events import Found, Result
from shipedge.sinks.draw_tracks import Tails, draw_tracks
from shipedge.tracks import Tracker
from shipedge.tracks.match import nearest_pairs
from shipedge.tracks.view import View, peaks

SHAPE = (48, 64)
sides = st.one_of(st.floats(0, 200), st.floats(0, 1e9))
ships = st.builds(
    lambda x, y, length, width, angle: Found("1 1", [0, 0, 5, 5], 0.5, [x, y], length, width, angle),
    st.one_of(st.floats(-50, 150), st.floats(-1e9, 1e9)),
    st.one_of(st.floats(-50, 150), st.floats(-1e9, 1e9)),
    sides,
    sides,
    st.floats(0, 179.9),
)
times = st.one_of(st.none(), st.floats(-10, 1e6, allow_nan=False))


def result(index, time_s, found, shape=SHAPE):
    return Result("x", index, time_s, list(shape), 0.5, found, {})


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(times, st.lists(ships, max_size=6), st.sampled_from([0, 1, 2])), max_size=12),
    st.integers(1, 9),
)
def test_whatever_comes_each_id_is_once_in_a_frame_and_ends_once(frames, first):
    rng = np.random.default_rng(0)
    tracker, ended, seen = Tracker(first), [], {}
    for index, (time_s, found, kind) in enumerate(frames):
        pixels = [np.zeros((*SHAPE, 3), np.uint8), rng.integers(0, 255, (*SHAPE, 3), np.uint8)][kind % 2]
        event = result(index, time_s, found)
        over = tracker.update(pixels, event)
        ended += over
        ids = [ship.track for ship in found]
        assert len(set(ids)) == len(ids)
        assert not {track.track for track in over} & set(ids)
        assert np.isfinite(event.camera).all()
        for ship in found:
            seen[ship.track] = seen.get(ship.track, 0) + 1
            assert ship.speed is UNSET or np.isfinite(ship.speed)
            assert ship.heading is UNSET or 0 <= ship.heading < 360
    ended += tracker.end()
    assert {event.track: event.frames for event in ended} == seen
    assert len(ended) == len(seen)
    assert sorted(seen) == list(range(first, first + len(seen)))


@given(st.lists(st.lists(st.one_of(st.just(np.inf), st.floats(0, 9)), min_size=3, max_size=3), max_size=5))
def test_pairs_are_taken_from_the_cheapest_on(rows):
    cost = np.array(rows, np.float64).reshape(-1, 3)
    expected, rows_left, columns_left = [], set(range(len(cost))), set(range(3))
    for _, row, column in sorted((cost[r, c], r, c) for r, c in itertools.product(range(len(cost)), range(3))):
        if np.isfinite(cost[row, column]) and row in rows_left and column in columns_left:
            rows_left.remove(row)
            columns_left.remove(column)
            expected.append((row, column))
    assert nearest_pairs(cost) == expected


@pytest.mark.parametrize("shape", [(240, 320), (245, 323), (720, 1280), (333, 1000)])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, -0.25), (9.3, -14.6), (-31.0, 20.5)])
def test_a_shift_is_found_to_a_sixth_of_a_reduced_pixel(shape, shift):
    world = land(3)
    height, width = shape

    def look(x, y):
        into = np.array([[1, 0, -x], [0, 1, -y]], np.float64)
        grey = cv2.warpAffine(world, into, (width, height), borderMode=cv2.BORDER_REFLECT)
        return View(np.repeat(grey[..., None], 3, axis=2), [])

    first, second = look(100, 100), look(100 - shift[0], 100 - shift[1])
    (peak,) = peaks(first.whole, second.whole, 1)
    assert peak.strength > 15
    assert np.array(peak[:2]) * first.step == pytest.approx(shift, abs=first.step / 6)


def test_nothing_and_tiny_frames_have_no_shift():
    for shape in [(1, 1), (1, 2), (2, 1), (3, 5), (4000, 1)]:
        view = View(np.full((*shape, 3), 7, np.uint8), [[0, 0, 1, 1]])
        for peak in peaks(view.whole, view.sea, 3):
            assert np.isfinite(peak).all()
            assert peak.strength < 5


def test_ships_are_no_part_of_the_sea():
    pixels = np.repeat(land(2)[:200, :300, None], 3, axis=2)
    with_ship = pixels.copy()
    with_ship[80:100, 100:140] = 255
    box = [[100, 80, 140, 100]]
    np.testing.assert_allclose(View(with_ship, box).sea, View(pixels, box).sea, atol=200)
    assert np.abs(View(with_ship, box).whole - View(pixels, box).whole).max() > 2000


def test_tails_lie_where_ships_were_in_the_world():
    tails = Tails()
    for index in range(50):
        ship = Found("1 1", [30, 30, 40, 36], 0.9, [35 + index, 33.0], 10, 6, 0, track=4)
        event = result(index, index / 8, [ship])
        event.camera = [2.0 * index, 0.0]
        lines = tails.add(event)
    assert list(lines) == [4]
    assert len(lines[4]) == 25  # three seconds
    assert lines[4][-1].tolist() == [84, 33]
    assert lines[4][0].tolist() == [84 + 24, 33]  # it went left by a pixel a frame, the camera by two


def test_lines_and_ids_are_drawn():
    tails, images = Tails(), []
    for index in range(3):
        ship = Found(
            "1 1", [20 + 20 * index, 100, 40 + 20 * index, 110], 0.9, [30.5 + 20 * index, 105.5], 20, 10, 0, track=1
        )
        other = Found("1 1", [100, 186, 120, 196], 0.9, [110, 191], 20, 10, 0)
        image = np.full((200, 300, 3), 90, np.uint8)
        draw_tracks(image, result(index, index / 5, [ship, other], (200, 300)), tails)
        images.append(image)
    yellow = is_yellow(images[2])
    assert yellow[105, 32:68].all()
    assert yellow[116:140, 60:90].any()  # the number
    assert not yellow[140:].any()  # a ship without an id
    assert not is_yellow(images[0])[105, 45:].any()


def is_yellow(image):
    return (image[..., 0] > 200) & (image[..., 2] < 40)
