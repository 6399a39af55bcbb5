"""A killed run goes on where it was, and ends with what an undisturbed one has written."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

import logs

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")
posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")

KILLS = int(os.environ.get("SHIPEDGE_TEST_KILLS", "6"))


@posix
def test_killed_at_random_moments(predict, batch, toy_bundle_dir, tmp_path):
    """SHIPEDGE_TEST_KILLS says how often."""
    options = ["--annotate", "--crops", "--csv", "{out}/s.csv", "--threads", "1"]
    done = predict(*batch, "--out", "whole", *(text.format(out="whole") for text in options))
    assert done.exit_code == 1  # the broken image
    arguments = [*batch, "--out", "cut", *(text.format(out="cut") for text in options)]
    command = [sys.executable, "-m", "shipedge", "predict", "--bundle", str(toy_bundle_dir), *arguments]
    rng = random.Random(5)
    log, said = tmp_path / "cut" / "predictions.jsonl", ""
    for kill in range(KILLS):
        due = 1 + 41 * (kill + rng.random()) / KILLS  # lines of the log, spread over the run
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not (log.exists() and log.read_bytes().count(b"\n") >= int(due)):
            time.sleep(0.001)
        time.sleep(0.01 * rng.random())
        process.kill()
        said += process.communicate()[1]
    done = predict(*arguments)
    assert done.exit_code == 1, done.output
    assert "Traceback" not in said
    assert "goes on after" in said
    assert "unfinished files of runs that were killed have been removed: " in said
    assert logs.untimed("cut") == logs.untimed("whole")
    assert logs.outputs(tmp_path / "cut") == logs.outputs(tmp_path / "whole")
    assert (tmp_path / "cut" / "failed.txt").read_text() == "in/3b.png\n"
    assert not list((tmp_path / "cut").rglob(".shipedge-*"))


def test_what_is_done_is_not_done_again(predict, batch, tmp_path, monkeypatch):
    from shipedge.cascade import Cascade

    call, seen = Cascade.__call__, []

    def stops_at_the_tenth(self, frame):
        seen.append((frame.source, frame.index))
        if len(seen) == 10:
            signal.raise_signal(signal.SIGINT)
        return call(self, frame)

    monkeypatch.setattr(Cascade, "__call__", stops_at_the_tenth)
    assert predict(*batch).exit_code == 130
    done = predict(*batch, "--json")
    assert done.exit_code == 1
    assert len(seen) == len(set(seen)) == 36
    summary = json.loads(done.stdout)
    assert (summary["frames"], summary["recorded"]) == (36, 10)
    assert len(summary["failed"]) == 1
    assert predict(*batch).exit_code == 1  # it is through: the same command does all of it anew
    assert len(seen) == 72


def test_files_that_have_changed_are_no_batch_to_go_on_with(predict, batch, image, tmp_path, monkeypatch):
    from shipedge.cascade import Cascade

    call = Cascade.__call__
    stop = lambda self, frame: (signal.raise_signal(signal.SIGTERM), call(self, frame))[1]  # noqa: E731
    with monkeypatch.context() as patched:
        patched.setattr(Cascade, "__call__", stop)
        assert predict(*batch).exit_code == 143
    for change in (["--point", "careful", "--min-area", "20"], ["--flips"], ["--stretch", "0,100"]):
        done = predict(*batch, *change)
        assert done.exit_code == 1
        assert (
            "that is not through, and is not this one: other options or sources, or files that have changed"
            in done.stderr
        )
    assert len(logs.frames("predictions")) == 1
    image(tmp_path / "in" / "5.png", 320, 400)
    assert "--fresh" in predict(*batch).stderr
    assert predict(*batch, "--fresh").exit_code == 1
    assert len(logs.frames("predictions")) == 36


# --- disks that are full


@pytest.fixture
def small_disk(tmp_path):
    """small_disk(kB): a disk of that size at tmp_path/disk, or the same with another size."""
    place = tmp_path / "disk"
    place.mkdir()

    def sized(size):
        again = ["-o", f"remount,size={size}k"] if place.is_mount() else ["-o", f"size={size}k"]
        command = ["mount", "-t", "tmpfs", *again, "none", str(place)]
        if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting a small disk needs root")
        return place

    yield sized
    if place.is_mount():
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("sync", ["interval", "frame"])
def test_a_full_disk_loses_nothing_that_is_done(predict, image, small_disk, tmp_path, sync):
    for k in range(60):
        image(tmp_path / "in" / f"{k:02}.png", 200, 200, *[(10 + 40 * n, 20, 40 + 40 * n, 40 + k) for n in range(4)])
    out = small_disk(48) / "out"
    arguments = ["in", "--out", str(out), "--sync", sync, "--csv", "s.csv"]
    done = predict(*arguments)
    assert done.exit_code == 1
    assert done.stderr == f"Error: {out / 'predictions.jsonl'}: no space left on device\n"
    kept = len(logs.frames(out))
    assert 0 < kept < 60
    again = predict(*arguments)
    assert again.stderr.endswith(f"Error: {out / 'predictions.jsonl'}: no space left on device\n")
    small_disk(4096)
    assert predict(*arguments).exit_code == 0
    assert predict(*[*arguments[:1], "--out", "whole"]).exit_code == 0
    assert logs.untimed(out)[1:] == logs.untimed("whole")[1:]


# --- tracks


def test_tracks_are_the_same_after_a_kill(predict, video, tmp_path):
    video(tmp_path / "v.mp4", frames=30, size=(96, 160))
    video(tmp_path / "w.mp4", frames=8, size=(96, 160))
    arguments = ["v.mp4", "w.mp4", "--track", "--annotate"]
    assert predict(*arguments, "--out", "whole").exit_code == 0
    followed = [event for event in logs.events("whole") if event["event"] == "track"]
    assert {event["source"] for event in followed} == {"v.mp4", "w.mp4"}
    ids = {ship["track"] for frame in logs.frames("whole") for ship in frame["ships"] if frame["source"] == "v.mp4"}
    assert ids == {event["track"] for event in followed if event["source"] == "v.mp4"}
    assert predict(*arguments, "--out", "cut").exit_code == 0
    assert logs.untimed("cut") == logs.untimed("whole")
    log = tmp_path / "cut" / "predictions.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    for kept in range(1, len(lines), 5):
        log.write_bytes(b"".join(lines[:kept]))
        assert predict(*arguments, "--out", "cut").exit_code == 0
        assert logs.untimed("cut") == logs.untimed("whole")
    assert logs.outputs(tmp_path / "cut") == logs.outputs(tmp_path / "whole")


# --- a watched folder


def test_files_of_a_watched_folder_are_read_once_and_again_when_they_change(predict, image, tmp_path):
    for name in ("a", "b"):
        image(tmp_path / "in" / f"{name}.png", 64, 64, (10, 10, 30, 30))
    watch = ["watch:in", "--duration", "30", "--max-frames"]
    assert predict(*watch, "2").exit_code == 0
    (tmp_path / "in" / "b.png").unlink()
    image(tmp_path / "in" / "b.png", 64, 64)
    image(tmp_path / "in" / "c.png", 64, 64)
    done = predict(*watch, "3", "--csv", "s.csv")
    assert done.exit_code == 0, done.output
    assert "watch:in  no ship in 2 frames" in done.stdout
    found = [(frame["source"][-5:], frame["index"], len(frame["ships"])) for frame in logs.frames("predictions")]
    assert found == [("a.png", 0, 1), ("b.png", 0, 1), ("b.png", 1, 0), ("c.png", 0, 0)]
    names = [line.split(",")[0] for line in (tmp_path / "s.csv").read_text().splitlines()]
    assert names == ["ImageId", "a.png", "b.png", "b_frame000001", "c.png"]


def test_nothing_that_can_be_read_leaves_its_reasons(predict, image, tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    assert predict("a.png").exit_code == 1
    assert [event["event"] for event in logs.events("predictions")] == ["start", "error", "end"]
    assert (tmp_path / "predictions" / "failed.txt").read_text() == "a.png\n"
    image(tmp_path / "b.png", 64, 64)
    assert predict("b.png").exit_code == 0
    assert predict("a.png").exit_code == 1
    assert [frame["source"] for frame in logs.frames("predictions")] == ["b.png"]  # earlier results stay


def test_a_frame_that_takes_long_does_not_hold_ctrl_c(predict, image, tmp_path, monkeypatch):
    from shipedge.cascade import Cascade
    from shipedge.cli import stopping

    if not hasattr(signal, "setitimer"):
        pytest.skip("needs timers")
    image(tmp_path / "a.png", 64, 64)

    def takes_long(self, frame):
        signal.raise_signal(signal.SIGTERM)
        time.sleep(60)

    monkeypatch.setattr(stopping, "_PATIENCE_S", 0.2)
    monkeypatch.setattr(Cascade, "__call__", takes_long)
    start = time.monotonic()
    assert predict("a.png").exit_code == 143
    assert time.monotonic() - start < 30
