"""The database that follows the log, and how much is kept."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest
from running import wait_for

from shipedge.errors import DatasetError
from shipedge.events import Found, Gap, Result, Start, utc
from shipedge.events.log import ALL_IN_ONE, Log, Rotation
from shipedge.events.reading import log_files
from shipedge.serve.config import Keep, Rule
from shipedge.serve.follow import Follower
from shipedge.serve.retention import keep_within
from shipedge.serve.store import NAME, connect, get_state, prepare, set_state

RULES = {"new": Rule("track")}


def frame(index, track=0, when=None):
    ship = Found("1 1", [0, 0, 1, 1], 0.9, [0.5, 0.5], 1.0, 1.0, 0.0, track=track or 1)
    return Result("cam", index, None, [96, 128], 0.9, [ship] if track else [], {}, captured=utc(when))


def open_log(folder, rotation=ALL_IN_ONE):
    return Log(folder / "predictions.jsonl", Start(1, "0", utc(), "toy", None), sync="none", rotation=rotation)


@pytest.fixture
def follow(tmp_path):
    """follow(log) -> a follower of tmp_path/predictions.jsonl that runs."""
    prepare(tmp_path)
    running = []

    def start(log, rules=RULES):
        follower = Follower(tmp_path / "predictions.jsonl", tmp_path, lambda name: name, lambda: None)
        follower.configure(rules, True, 1000, Keep())
        follower.start(log.recorded.size)
        running.append(follower)
        return follower

    yield start
    for follower in running:
        follower.stop()


def ask(folder, statement, *values):
    with closing(connect(folder, read_only=True)) as database:
        return database.execute(statement, values).fetchall()


def test_every_line_is_taken_once_through_rotation_and_restarts(tmp_path, follow):
    for run in range(3):
        with open_log(tmp_path, Rotation(2000)) as log:
            follower = follow(log)
            for k in range(40):
                log.write(frame(40 * run + k, track=40 * run + k + 1))
                follower.wake()
            wait_for(lambda run=run: ask(tmp_path, "SELECT count(*) FROM detections") == [(40 * (run + 1),)])
            if run < 2:
                follower.stop()
    assert len(log_files(tmp_path / "predictions.jsonl")) > 3
    assert ask(tmp_path, "SELECT frame FROM detections ORDER BY id") == [(k,) for k in range(120)]
    assert ask(tmp_path, "SELECT count(*), count(DISTINCT key) FROM outbox") == [(120, 120)]
    assert ask(tmp_path, "SELECT sum(frames), sum(with_ships) FROM minutes") == [(120, 120)]


def test_what_was_written_while_nobody_followed_is_taken_later(tmp_path, follow):
    with open_log(tmp_path) as log:
        log.write(frame(0, track=1))
        log.write(Gap("cam", utc(), None, "lost"))
    with open_log(tmp_path) as log:
        follow(log)
        log.write(frame(1, track=1))
        wait_for(lambda: len(ask(tmp_path, "SELECT 1 FROM detections")) == 2)
    assert ask(tmp_path, "SELECT source, end, reason FROM gaps") == [("cam", None, "lost")]


def test_a_log_that_a_power_cut_has_shortened_goes_on(tmp_path, follow):
    path = tmp_path / "predictions.jsonl"
    with open_log(tmp_path) as log:
        follower = follow(log)
        for k in range(5):
            log.write(frame(k, track=k + 1))
        wait_for(lambda: len(ask(tmp_path, "SELECT 1 FROM detections")) == 5)
        follower.stop()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 400])  # the last lines were not on the disk
    with open_log(tmp_path) as log:
        follow(log)
        log.write(frame(9, track=9))
        wait_for(lambda: ask(tmp_path, "SELECT max(frame) FROM detections") == [(9,)])


def test_another_log_in_the_place_of_the_old_one_is_read_from_its_begin(tmp_path, follow):
    with open_log(tmp_path) as log:
        follower = follow(log)
        log.write(frame(0, track=1))
        wait_for(lambda: ask(tmp_path, "SELECT 1 FROM detections"))
        follower.stop()
    (tmp_path / "predictions.jsonl").unlink()
    with open_log(tmp_path) as log:
        log.start.version = "1"
        follow(log)
        log.write(frame(0, track=1))
        wait_for(lambda: len(ask(tmp_path, "SELECT 1 FROM detections")) == 2)


def test_old_rows_go_by_age_and_the_oldest_by_size(tmp_path):
    prepare(tmp_path)
    now = datetime.now(timezone.utc)
    with open_log(tmp_path), closing(connect(tmp_path)) as database:
        for k in range(3000):
            when = utc(now - timedelta(days=9) if k < 100 else now)
            database.execute(
                "INSERT INTO images (source, frame, time, jpeg) VALUES ('cam', ?, ?, ?)", (k, when, bytes(10_000))
            )
        keep_within(database, tmp_path / "predictions.jsonl", Keep(days=7, size="1GB"))
        assert database.execute("SELECT min(frame), count(*) FROM images").fetchone() == (100, 2900)
        keep_within(database, tmp_path / "predictions.jsonl", Keep(days=7, size="30MB"))
        first, count = database.execute("SELECT min(frame), count(*) FROM images").fetchone()
        assert first + count == 3000
        assert 0 < count * 10_000 < 18_000_000
    assert (tmp_path / NAME).stat().st_size < 20_000_000


def test_a_file_that_is_no_database_of_ours_is_named(tmp_path):
    (tmp_path / NAME).write_text("no database " * 1000)
    with pytest.raises(DatasetError, match=NAME):
        prepare(tmp_path)
    (tmp_path / NAME).unlink()
    with closing(sqlite3.connect(tmp_path / NAME)) as database:
        database.execute("CREATE TABLE other (x)")
    with pytest.raises(DatasetError, match="another program or version"):
        prepare(tmp_path)


def test_state_is_kept(tmp_path):
    prepare(tmp_path)
    prepare(tmp_path)
    with closing(connect(tmp_path)) as database:
        assert get_state(database, "x") is None
        set_state(database, "x", "1")
        set_state(database, "x", "2")
        assert get_state(database, "x") == "2"
