"""predictions.jsonl: whole lines at every moment, what a run goes on from, and what it refuses."""

import errno
import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from log_events import END, frame, start
from shipedge.errors import DatasetError
from shipedge.events import Failure, Found, Gap, Result, utc
from shipedge.events.log import Log
from shipedge.events.reading import parse_event, read_events, to_line

posix = pytest.mark.skipif(os.name != "posix", reason="links, locks and limits are those of POSIX")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "predictions.jsonl"


def written(path):
    return [type(event).__name__ for event in read_events(path)]


def test_a_line_is_there_as_soon_as_it_is_written(path):
    with Log(path, start()) as log:
        log.write(Failure("b.png", utc(), "b.png: not an image"))
        assert not path.exists()  # nothing could be read yet: an earlier file would stay
        log.write(frame(0))
        assert written(path) == ["Start", "Failure", "Result"]
        log.write(frame(1))
        assert written(path)[3:] == ["Result"]
    assert path.read_bytes().endswith(to_line(frame(1)))
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_all_keys_of_a_frame(path):
    found = Found("1 2", [0, 0, 1, 2], 0.8765, [0.5, 1.0], 2.0, 1.0, 90.0, length_m=3.0, width_m=1.5)
    event = Result("Köln\udcff.png", 0, None, [8, 9], 0.91, [found], {"detector": 1.235}, gsd_m=1.5)
    line = to_line(event)
    assert line.isascii()
    assert json.loads(line) == {
        "event": "frame",
        "source": "Köln\udcff.png",
        "index": 0,
        "time_s": None,
        "shape": [8, 9],
        "score": 0.91,
        "ships": [
            {
                "rle": "1 2",
                "bbox": [0, 0, 1, 2],
                "score": 0.8765,
                "center": [0.5, 1.0],
                "length": 2.0,
                "width": 1.0,
                "orientation": 90.0,
                "length_m": 3.0,
                "width_m": 1.5,
            }
        ],
        "timings_ms": {"detector": 1.235},
        "gsd_m": 1.5,
    }
    assert parse_event(line) == event


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"more": 1}, "unknown field `more`"),
        ({"event": "fame"}, "Invalid value 'fame'"),
        ({"index": -1}, "index"),
        ({"score": 2}, "score"),
        ({"source": None}, "source"),
        ({"captured": "yesterday"}, "captured"),
    ],
)
def test_the_schema_is_closed(change, said):
    value = json.loads(to_line(frame())) | change
    with pytest.raises(ValueError, match=said):
        parse_event(json.dumps(value).encode())


def test_a_run_that_was_cut_goes_on(path):
    with Log(path, start()) as log:
        log.write(frame(0))
        log.write(Failure("b.png", utc(), "b.png: not an image"))
    whole = path.read_bytes()
    path.write_bytes(whole + to_line(frame(1))[:-9])  # killed in the middle of a line
    with Log(path, start()) as log:
        assert log.recorded.frames == {"a.mp4": 1}
        assert log.recorded.through == {"b.png"}
        assert log.recorded.summary.failed == ["b.png: not an image"]
        assert path.read_bytes() == whole
        assert list(log.recorded.results("a.mp4")) == [frame(0)]
        log.write(frame(1))
        log.write(END)
    assert written(path) == ["Start", "Result", "Failure", "Result", "End"]


def test_a_run_that_is_through_is_replaced_by_its_first_frame(path):
    with Log(path, start()) as log:
        for event in (frame(0), END):
            log.write(event)
    with Log(path, start()) as log:
        assert not log.recorded.goes_on
        assert written(path) == ["Start", "Result", "End"]
    assert written(path) == ["Start", "Result", "End"]
    with Log(path, start("c")) as log:
        log.write(frame(7))
        assert written(path) == ["Start", "Result"]


def test_what_is_not_ours_is_refused_and_fresh_replaces_it(path):
    with Log(path, start()) as log:
        log.write(frame(0))
    for other, said in (
        (start("c"), "other options or sources, or files that have changed"),
        (start(None), "is not this one"),
    ):
        with pytest.raises(DatasetError, match=said), Log(path, other):
            pass
    with Log(path, start("c"), fresh=True) as log:
        log.write(frame(3))
    assert [event.index for event in read_events(path) if isinstance(event, Result)] == [3]
    for text in ("old\n", '{"source":"a.png","score":0,"ships":[]}\n'):
        path.write_text(text)
        with pytest.raises(DatasetError, match="line 1 is no start of a log"), Log(path, start()):
            pass
        assert path.read_text() == text


def test_the_log_of_a_camera_always_goes_on(path):
    for number in range(3):
        with Log(path, start(None)) as log:
            assert log.recorded.frames == ({"camera 0": number} if number else {})
            log.write(Gap("camera 0", utc(), None, "it is dark"))
            log.write(frame(number, "camera 0"))
            log.write(END)
    assert written(path) == ["Start", "Gap", "Result", "End"] * 3
    with pytest.raises(DatasetError, match="events of cameras or streams"), Log(path, start("b")):
        pass


@pytest.mark.parametrize("rest", [b"\0" * 4096, b"\0" * 100 + b"\n", b'{"event":"fra\n', b"\n\n"])
def test_what_a_power_cut_has_spoiled_at_the_end_is_dropped(path, rest):
    with Log(path, start()) as log:
        log.write(frame(0))
    whole = path.read_bytes()
    path.write_bytes(whole + rest)
    with Log(path, start()) as log:
        assert log.recorded.frames == {"a.mp4": 1}
        assert path.read_bytes() == whole
    path.write_bytes(whole + rest + b"\n" + to_line(frame(1)))
    with pytest.raises(DatasetError, match=r"line 3 is no event"), Log(path, start()):
        pass


@posix
def test_two_runs_do_not_write_into_one_folder(path):
    with Log(path, start()) as log:
        log.write(frame())
        with pytest.raises(DatasetError, match="another run writes its results there now"), Log(path, start()):
            pass
    with Log(path, start()):
        pass


@posix
@pytest.mark.parametrize("sync", ["none", "interval", "frame"])
def test_a_full_disk_leaves_whole_lines_and_names_the_file(path, sync):
    code = """
        import resource, sys
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        from pathlib import Path
        from shipedge.events import Result, Start
        from shipedge.events.log import Log
        try:
            with Log(Path(sys.argv[1]), Start(1, "0", "2026-01-01T00:00:00.000Z", "toy", "b"), sync=sys.argv[2]) as log:
                for index in range(999):
                    log.write(Result("a.mp4", index, None, [8, 9], 0.5, [], {}))
        except OSError as error:
            print(error.errno, error.filename, index)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(path), sync]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    number, name, index = done.stdout.split()
    assert (int(number), name) == (errno.EFBIG, str(path)), done.stderr
    assert [e.index for e in read_events(path) if isinstance(e, Result)] == list(range(int(index)))
    with Log(path, start(), sync=sync) as log:
        assert log.recorded.frames == {"a.mp4": int(index)}


@posix
def test_a_link_in_the_place_of_the_log_is_not_followed(path, tmp_path):
    with Log(path, start()) as log:
        log.write(frame())
    precious = tmp_path / "precious"
    path.replace(precious)
    path.symlink_to(precious)
    before = precious.read_bytes()
    with pytest.raises(OSError, match="symbolic link"), Log(path, start()) as log:
        log.write(frame(1))
    assert precious.read_bytes() == before


def test_a_log_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"holds no predictions\.jsonl"):
        list(read_events(tmp_path / "predictions.jsonl"))


def test_the_thread_that_writes_to_the_disk_always_ends(tmp_path, monkeypatch):
    """Also when it is told so in the moment in which it begins to write."""
    from shipedge.events import log as module

    monkeypatch.setattr(module, "INTERVAL_S", 0.001)
    with (tmp_path / "a").open("wb") as file:
        for k in range(300):
            syncer = module._Syncer(file.fileno())
            syncer.dirty.set()
            time.sleep(0.001 + 1e-5 * (k % 20))
            stopper = threading.Thread(target=syncer.stop, daemon=True)
            stopper.start()
            stopper.join(10)
            assert not stopper.is_alive()


@posix
def test_a_folder_that_is_removed_during_a_run_is_said(tmp_path):
    folder = tmp_path / "out"
    with pytest.raises(OSError, match="was removed while results"), Log(folder / "p.jsonl", start()) as log:  # noqa: PT012
        log.write(frame(0))
        shutil.rmtree(folder)
        log.write(frame(1))


def test_what_a_camera_was_doing_when_its_run_was_killed(path):
    gap = Gap("camera 0", "2026-01-01T00:00:05.000Z", None, "it is dark")
    with Log(path, start(None)) as log:
        log.write(gap)
        log.write(Result("camera 0", 4, 0.1, [8, 9], 0.5, [], {}, captured="2026-01-01T00:00:07.000Z"))
    path.write_bytes(path.read_bytes().replace(to_line(log.start), to_line(log.start) + b"spoilt\n"))
    with Log(path, start(None)) as log:
        assert log.recorded.last == "2026-01-01T00:00:07.000Z"
        assert log.recorded.gaps == {"camera 0": gap}
        assert log.recorded.frames == {"camera 0": 5}


@posix
def test_folders_of_others_beside_the_results_are_left_alone(path, monkeypatch):
    (path.parent / "lost+found").mkdir()
    listed = Path.iterdir

    def refuse(self):
        if self.name == "lost+found":
            raise PermissionError(13, "Permission denied", str(self))
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    with Log(path, start()) as log:
        log.write(frame(0))
