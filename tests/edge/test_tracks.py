"""Ships whose ways are known, under cameras that stand still, turn and shake."""

import math
from collections import defaultdict

import numpy as np
import pytest
from msgspec import UNSET
from msgspec.json import decode, encode

from moving_ships import SHAPE, Sailing, film, lake, land, straight
from shipedge.events import Result
from shipedge.tracks import Tracker

LAND, LAKE = land(1), lake()
STILL = straight(300, 300)
THREE = [
    Sailing(straight(350, 400, 30, 0)),
    Sailing(straight(500, 350, 0, 25)),
    Sailing(straight(600, 500)),
    Sailing(straight(420, 560, 10, 10)),
]
SHAKES = np.cumsum(np.random.default_rng(5).normal(0, 12, (200, 2)), axis=0)


def shaking(seconds):
    return 300 + SHAKES[round(seconds * 10)][0], 300 + SHAKES[round(seconds * 10)][1]


def follow(frames, first=1):
    """{ship: its ids}, the results, the events of all tracks."""
    tracker, ids, results, ended = Tracker(first), defaultdict(list), [], []
    for pixels, result, true in frames:
        ended += tracker.update(pixels, result)
        for ship, number in zip(result.ships, true, strict=True):
            ids[number].append(ship.track)
        results.append(result)
    return ids, results, sorted(ended + tracker.end(), key=lambda event: event.track)


@pytest.mark.parametrize(
    ("world", "camera"),
    [
        pytest.param(LAND, STILL, id="land, still"),
        pytest.param(LAKE, STILL, id="lake, still"),
        pytest.param(LAND, straight(300, 300, 40, 25), id="land, pan"),
        pytest.param(LAND, straight(300, 300, 6, 3), id="land, slow pan"),
        pytest.param(LAND, shaking, id="land, shaking"),
    ],
)
@pytest.mark.parametrize("fps", [10.0, 25.0])
def test_every_ship_keeps_its_id_and_its_speed_is_right(world, camera, fps):
    if camera is shaking and fps != 10.0:
        return
    ids, results, ended = follow(film(world, THREE, camera, fps))
    assert sorted(ids) == [0, 1, 2, 3]
    of = {ship: numbers[0] for ship, numbers in ids.items()}
    assert all(set(numbers) == {of[ship]} for ship, numbers in ids.items())
    assert sorted(of.values()) == [1, 2, 3, 4]
    assert [event.track for event in ended] == [1, 2, 3, 4]
    for ship, (speed, heading) in enumerate([(30, 0), (25, 90), (0, None), (math.hypot(10, 10), 45)]):
        event = ended[of[ship] - 1]
        assert event.frames == len(ids[ship])
        assert event.speed == pytest.approx(speed, rel=0.04, abs=1.0)
        if heading is None:
            assert event.heading is UNSET
        else:
            assert abs((event.heading - heading + 180) % 360 - 180) < 3
    start, now = camera(0), camera(results[-1].time_s)
    assert results[-1].camera == pytest.approx([start[0] - now[0], start[1] - now[1]], abs=1.0)


@pytest.mark.parametrize("world", [LAND, LAKE], ids=["land", "lake"])
def test_ships_that_meet_and_one_that_is_hidden(world):
    ships = [
        Sailing(straight(350, 450, 40, 5)),
        Sailing(straight(550, 462, -40, 5)),
        Sailing(straight(450, 360, 0, 30)),
        Sailing(straight(350, 600, 40, 0), hidden=(2.0, 2.8)),
    ]
    ids, _, ended = follow(film(world, ships, STILL))
    assert {ship: len(set(numbers)) for ship, numbers in ids.items()} == {0: 1, 1: 1, 2: 1, 3: 1}
    hidden = ended[ids[3][0] - 1]
    assert (hidden.first, hidden.last, hidden.frames) == (0, 49, 42)
    assert hidden.speed == pytest.approx(40, rel=0.03)


def test_one_ship_alone_on_a_calm_lake_moves_and_not_the_camera():
    _, results, (event,) = follow(film(LAKE, [Sailing(straight(330, 400, 60, 10))], STILL))
    assert event.speed == pytest.approx(math.hypot(60, 10), rel=0.03)
    assert results[-1].camera == [0, 0]
    assert results[-1].ships[0].speed == pytest.approx(math.hypot(60, 10), rel=0.05)


def test_a_drone_over_a_calm_lake_is_known_by_the_ships():
    """Nothing but ships shows how it moves, and in a frame each moves by many times its length."""
    rng = np.random.default_rng(8)
    boats = [
        Sailing(straight(rng.uniform(320, 760), 330 + 85 * k, 10 * (k % 3 - 1), 0), length=12, width=5)
        for k in range(12)
    ]
    ids, results, _ = follow(film(LAKE, boats, straight(300, 300, 20, 400), seconds=2.0))
    assert len(ids) == 12
    assert all(len(set(numbers)) == 1 for numbers in ids.values())
    assert results[-1].camera == pytest.approx([-38, -760], abs=20)


def test_meters_come_with_the_ground_sample_distance():
    frames = []
    for pixels, result, true in film(LAKE, THREE[:1], STILL, seconds=2.0):
        result.gsd_m = 0.5
        frames.append((pixels, result, true))
    _, results, (event,) = follow(frames)
    assert event.speed_m_s == pytest.approx(event.speed / 2, abs=0.01)
    assert results[-1].ships[0].speed_m_s == pytest.approx(15, rel=0.05)
    assert [result.ships[0].speed is UNSET for result in results[:6]] == [True] * 5 + [False]


def test_without_time_stamps_there_are_ids_and_no_speeds():
    frames = []
    for pixels, result, true in film(LAND, THREE, STILL, fps=25.0, seconds=2.0):
        result.time_s = None
        frames.append((pixels, result, true))
    ids, results, ended = follow(frames)
    assert {len(set(numbers)) for numbers in ids.values()} == {1}
    assert all(ship.speed is UNSET for result in results for ship in result.ships)
    assert all(event.speed is UNSET and event.first_s is None and event.last_s is None for event in ended)
    assert len({event.heading for event in ended}) > 1


def silent(frames, after, seconds):
    """The film with a gap."""
    for pixels, result, true in frames:
        if result.index >= after:
            result.time_s += seconds
        yield pixels, result, true


def test_no_id_outlives_a_gap():
    ids, _, _ = follow(silent(film(LAND, THREE, STILL), 20, 0.8))
    assert {len(set(numbers)) for numbers in ids.values()} == {1}
    ids, results, ended = follow(silent(film(LAND, THREE, STILL), 20, 1.5))
    assert {len(set(numbers)) for numbers in ids.values()} == {2}
    assert [event.last for event in ended] == [19] * 4 + [49] * 4
    assert results[20].camera == [0, 0]


def test_a_slow_source_has_tracks_too():
    """An image every two seconds."""
    ships = [Sailing(straight(350, 400, 5, 0)), Sailing(straight(600, 500))]
    ids, _, ended = follow(film(LAND, ships, STILL, fps=0.5, seconds=40.0))
    assert {number: len(set(numbers[3:])) for number, numbers in ids.items()} == {0: 1, 1: 1}
    assert ended[-1].frames > 15


def test_a_time_that_goes_back_and_another_size_end_all_tracks():
    first, second = list(film(LAND, THREE, STILL, seconds=1.0)), list(film(LAND, THREE, STILL, seconds=1.0))
    tracker = Tracker()
    for pixels, result, _ in first:
        assert tracker.update(pixels, result) == []
    assert [event.track for event in tracker.update(*second[0][:2])] == [1, 2, 3, 4]
    assert {ship.track for ship in second[0][1].ships} == {5, 6, 7, 8}
    smaller = second[1][0][:300], second[1][1]
    smaller[1].shape = [300, SHAPE[1]]
    assert len(tracker.update(*smaller)) == 4


def test_a_log_gives_the_ids_of_the_run_that_wrote_it():
    frames = list(film(LAND, THREE, shaking))
    _, results, ended = follow(frames)
    lines = [encode(result) for result in results]
    logged = [decode(line, type=Result) for line in lines]
    for result in logged[20:]:  # what comes after a kill is found anew
        for ship in result.ships:
            ship.track = ship.speed = ship.heading = UNSET
    again, events = [], []
    tracker = Tracker()
    for (pixels, _, _), result in zip(frames, logged, strict=True):
        events += tracker.update(pixels, result)
        again.append(encode(result))
    assert again == lines
    assert sorted(events + tracker.end(), key=lambda event: event.track) == ended


def test_ids_go_on_where_a_log_has_ended():
    ids, _, _ = follow(film(LAKE, THREE, STILL, seconds=0.5), first=41)
    assert sorted({number for numbers in ids.values() for number in numbers}) == [41, 42, 43, 44]


def test_an_anchored_ship_is_told_in_few_points():
    _, _, (event,) = follow(film(LAKE, [Sailing(straight(500, 450))], STILL, fps=10.0, seconds=60.0))
    assert event.frames == 600
    assert 64 <= len(event.path) <= 130
    assert [event.path[0][0], event.path[-1][0]] == [0, 599]
    assert event.speed < 0.5
    assert event.heading is UNSET
