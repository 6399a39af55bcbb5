"""Rules, event by event."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipedge.events import Found, Gap, Result, Track, utc
from shipedge.serve.config import Rule
from shipedge.serve.rules import Rules

BEGIN = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
ZONE = [[10, 10], [20, 10], [20, 20], [10, 20]]


def at(second):
    return utc(BEGIN + timedelta(seconds=second))


def frame(index, *ships, second=None):
    """A frame with ships (track, x, y)."""
    found = [Found("1 1", [0, 0, 1, 1], 0.9, [x, y], 1.0, 1.0, 0.0, track=track) for track, x, y in ships]
    return Result("cam", index, None, [96, 128], 0.9, found, {}, captured=at(index if second is None else second))


def told(rules, *events):
    return [alert for event in events for alert in rules.take(event, "cam")]


def test_a_ship_enters_a_zone_once_for_each_track():
    rules = Rules({"in": Rule("enter", zone=ZONE)})
    alerts = told(rules, frame(0, (1, 5, 5)), frame(1, (1, 10, 15)), frame(2, (1, 15, 15), (2, 19, 19)))
    assert [(alert.details["track"], alert.time) for alert in alerts] == [(1, at(1)), (2, at(2))]
    assert told(rules, frame(3, (1, 5, 5)), frame(4, (1, 15, 15))) == []  # the same ship, in and out


def test_a_new_track_is_told_once_also_after_a_restart():
    rules = {"new": Rule("track")}
    first = Rules(rules)
    assert len(told(first, frame(0, (1, 0, 0)), frame(1, (1, 0, 0), (2, 5, 5)))) == 2
    second = Rules(rules, first.dump())
    assert told(second, frame(2, (1, 0, 0), (2, 5, 5))) == []
    assert len(told(second, Track("cam", 1, 0, 2, 3, None, None, []), frame(3, (3, 0, 0)))) == 1
    changed = Rules({"new": Rule("track", source="cam")}, second.dump())
    assert len(told(changed, frame(4, (3, 0, 0)))) == 1  # another rule has nothing to remember


def test_a_count_is_told_when_it_is_exceeded_and_again_after_ten_calm_seconds():
    rules = Rules({"many": Rule("count", over=1)})
    two, one = ((1, 0, 0), (2, 5, 5)), ((1, 0, 0),)
    assert len(told(rules, frame(0, *one, second=0), frame(1, *two, second=1), frame(2, *two, second=2))) == 1
    assert told(rules, frame(3, *one, second=3), frame(4, *two, second=12), frame(5, *one, second=13)) == []
    assert told(rules, frame(6, *one, second=23)) == []
    (alert,) = told(rules, frame(7, *two, second=24))
    assert json.loads(alert.body())["ships"] == 2


def test_a_gap_is_told_while_it_goes_on_and_only_once():
    rules = Rules({"dark": Rule("gap", longer_s=60)})
    assert told(rules, Gap("cam", at(0), None, "lost")) == []
    assert list(rules.wait(BEGIN + timedelta(seconds=60))) == []
    (alert,) = rules.wait(BEGIN + timedelta(seconds=61))
    assert alert.details["reason"] == "lost"
    rules = Rules({"dark": Rule("gap", longer_s=60)}, rules.dump())
    assert list(rules.wait(BEGIN + timedelta(seconds=99))) == []
    assert told(rules, Gap("cam", at(0), at(100), "lost")) == []
    assert len(told(rules, Gap("cam", at(200), None, "lost"), Gap("cam", at(200), at(300), "lost"))) == 1
    assert told(rules, Gap("cam", at(400), None, "lost"), Gap("cam", at(400), at(460), "lost")) == []


def test_a_count_is_told_again_after_the_clock_was_set_back():
    rules = Rules({"many": Rule("count", over=0)})
    told(rules, frame(0, (1, 0, 0), second=5000), frame(1, second=5001), frame(2, second=3), frame(3, second=14))
    assert len(told(rules, frame(4, (2, 0, 0), second=15))) == 1


@pytest.mark.parametrize("rule", [Rule("track", source="other"), Rule("count", source="other", over=0)])
def test_a_rule_of_another_source_is_silent(rule):
    assert told(Rules({"x": rule}), frame(0, (1, 0, 0))) == []


@given(
    st.lists(st.lists(st.integers(1, 6), max_size=4, unique=True), max_size=30),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_a_log_that_is_read_twice_gives_the_same_keys(frames, cut, back):
    """Killed after `cut` events, when the database knew of `back`: what comes twice has the same key."""
    rules = {"new": Rule("track"), "many": Rule("count", over=1), "in": Rule("enter", zone=ZONE)}
    events = [frame(k, *((track, 5 * track, 15) for track in tracks)) for k, tracks in enumerate(frames)]
    whole = [alert.key for alert in told(Rules(rules), *events)]
    assert len(set(whole)) == len(whole)
    cut = min(cut, len(events))
    back = min(back, cut)
    first = Rules(rules)
    keys = [alert.key for alert in told(first, *events[:back])]
    remembered = first.dump()
    keys += [alert.key for alert in told(first, *events[back:cut])]  # told, and not committed
    keys += [alert.key for alert in told(Rules(rules, remembered), *events[back:])]
    assert list(dict.fromkeys(keys)) == whole
