"""A log in several files: what --rotate cuts off, what --keep deletes, and reading meanwhile."""

import pytest

from log_events import END, frame, start
from shipedge.events import Result, Start
from shipedge.events.log import Log, Rotation
from shipedge.events.reading import log_files, read_events


@pytest.fixture
def path(tmp_path):
    return tmp_path / "predictions.jsonl"


def test_rotation_by_size_and_what_is_kept(path):
    with Log(path, start(None), rotation=Rotation(most_bytes=400)) as log:
        for index in range(12):
            log.write(frame(index))
    files = log_files(path)
    assert [file.name for file in files[:2]] == ["predictions.000001.jsonl", "predictions.000002.jsonl"]
    assert files[-1] == path
    assert max(file.stat().st_size for file in files) <= 400
    events = list(read_events(path))
    assert [event.index for event in events if isinstance(event, Result)] == list(range(12))
    assert [event.part for event in events if isinstance(event, Start)] == list(range(len(files)))
    with Log(path, start(None), rotation=Rotation(most_bytes=400, keep=2)) as log:
        assert log.recorded.frames == {"a.mp4": 12}
        for index in range(12, 20):
            log.write(frame(index))
    kept = log_files(path)
    assert len(kept) == 3
    assert [e.index for e in read_events(path) if isinstance(e, Result)][-1] == 19
    with Log(path, start(None), fresh=True) as log:
        assert log_files(path) == [path]


def test_rotation_by_age(path):
    with Log(path, start(), rotation=Rotation(most_s=1e-9)) as log:
        for index in range(3):
            log.write(frame(index))
    assert len(log_files(path)) == 3


def test_a_batch_goes_on_behind_its_rotated_files(path):
    with Log(path, start(), rotation=Rotation(most_bytes=400)) as log:
        for index in range(9):
            log.write(frame(index))
    number = len(log_files(path))
    path.replace(path.with_suffix(f".{number:06d}.jsonl"))  # killed between the old file and the new one
    with Log(path, start(), rotation=Rotation(most_bytes=400)) as log:
        assert log.recorded.frames == {"a.mp4": 9}
        log.write(frame(9))
        log.write(END)
    assert [e.index for e in read_events(path) if isinstance(e, Result)] == list(range(10))


def test_reading_while_files_are_cut_off_leaves_nothing_out(path):
    with Log(path, start(None), rotation=Rotation(most_bytes=400)) as log:
        for index in range(5):
            log.write(frame(index))
        reader = read_events(path)
        found = [next(reader)]
        for index in range(5, 20):
            log.write(frame(index))
        found += list(reader)
    indices = [event.index for event in found if isinstance(event, Result)]
    assert indices == list(range(len(indices)))
    assert len(indices) >= 5
