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
from click.testing import CliRunner

import logs
from shipedge.cli import main

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")
posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")

KILLS = int(os.environ.get("SHIPEDGE_TEST_KILLS", "6"))


@pytest.fixture
def predict(toy_bundle_dir, tmp_path, monkeypatch):
    """predict("in", "--json") -> result of the command, run in tmp_path."""
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(main, ["predict", "--bundle", str(toy_bundle_dir), *args])


@pytest.fixture
def batch(picture, video, tmp_path):
    """Images, a broken one and two videos, in tmp_path/in; the arguments that read them."""
    for k in range(6):
        picture(tmp_path / "in" / f"{k}.png", 300, 400, (50 + 20 * k, 60, 90 + 20 * k, 80))
    (tmp_path / "in" / "3b.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    video(tmp_path / "in" / "v.mp4", frames=25, size=(96, 128))
    video(tmp_path / "in" / "w.mp4", frames=5, size=(96, 128))
    return ["in", "in/v.mp4", "in/w.mp4"]


def video_frames(path):
    capture = cv2.VideoCapture(str(path))
    count = 0
    while capture.read()[0]:
        count += 1
    capture.release()
    return count


def outputs(folder):
    """{name: content} of everything but the log; of videos, whose bytes are those of an encoder, the frames."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "predictions.jsonl"]
    found = {str(path.relative_to(folder)): path for path in files}
    return {name: video_frames(path) if name.endswith(".mp4") else path.read_bytes() for name, path in found.items()}


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
    assert outputs(tmp_path / "cut") == outputs(tmp_path / "whole")
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


def test_files_that_have_changed_are_no_batch_to_go_on_with(predict, batch, picture, tmp_path, monkeypatch):
    from shipedge.cascade import Cascade

    call = Cascade.__call__
    stop = lambda self, frame: (signal.raise_signal(signal.SIGTERM), call(self, frame))[1]  # noqa: E731
    with monkeypatch.context() as patched:
        patched.setattr(Cascade, "__call__", stop)
        assert predict(*batch).exit_code == 143
    for change in (["--point", "careful", "--min-area", "20"], ["--flips"], ["--stretch", "0,100"]):
        done = predict(*batch, *change)
        assert done.exit_code == 1
        assert "that is not through, by another command or of files that have changed since: --fresh" in done.stderr
    assert len(logs.frames("predictions")) == 1
    picture(tmp_path / "in" / "5.png", 320, 400)
    assert "--fresh" in predict(*batch).stderr
    assert predict(*batch, "--fresh").exit_code == 1
    assert len(logs.frames("predictions")) == 36


def test_a_source_that_is_given_twice_is_read_once(predict, picture, tmp_path):
    picture(tmp_path / "a.png", 64, 64, (10, 10, 30, 30))
    done = predict("a.png", "a.png")
    assert done.exit_code == 0
    assert "1 file is given twice and read once" in done.stderr
    assert len(logs.frames("predictions")) == 1


def test_a_batch_that_goes_wrong_ends(predict, picture, tmp_path):
    for k in range(40):
        (tmp_path / "in").mkdir(exist_ok=True)
        if k % 3:
            (tmp_path / "in" / f"{k:02}.png").write_bytes(b"no image")
        else:
            picture(tmp_path / "in" / f"{k:02}.png", 8, 8)
    done = predict("in", "--max-failure-rate", "0.5")
    assert done.exit_code == 1
    assert "13 of 20 sources failed, more than a share of 0.5; the last: in/19.png: not an image" in done.stderr
    assert len(logs.frames("predictions")) == 7
    done = predict("in", "--max-failure-rate", "0.9")
    assert done.exit_code == 1
    assert "26 of 40 sources failed" in done.stderr
    assert len(logs.frames("predictions")) == 14


@pytest.mark.parametrize("option", ["--rotate=3", "--rotate=3 MiB", "--rotate=0MB", "--rotate=-1d", "--keep=0"])
def test_options_that_make_no_sense(predict, picture, tmp_path, option):
    picture(tmp_path / "a.png", 8, 8)
    assert predict("a.png", option).exit_code == 2


def test_keep_would_delete_results_of_a_batch(predict, picture, tmp_path):
    picture(tmp_path / "a.png", 8, 8)
    done = predict("a.png", "--keep", "2", "--rotate", "1MB")
    assert (done.exit_code, "--keep deletes results" in done.stderr) == (1, True)


# --- shipedge export


def export(*args):
    return CliRunner().invoke(main, ["export", *args])


def test_everything_can_be_made_from_the_log(predict, batch, tmp_path):
    made = ["--csv", "s.csv", "--detections", "d.csv", "--coco", "c.json", "--annotate", "--crops"]
    done = predict(*batch, *made)
    assert done.exit_code == 1
    assert done.stdout.endswith("predictions/annotated, predictions/crops, s.csv, d.csv, c.json\n")
    before = {name: (tmp_path / name).read_bytes() for name in ("s.csv", "d.csv", "c.json")}
    drawn = outputs(tmp_path / "predictions")
    assert len([name for name in drawn if name.startswith("crops")]) == 36
    again = export("predictions", *made, "--sqlite", "s.db")
    assert again.exit_code == 0, again.output
    assert again.stdout.startswith("36 frames; written: s.csv, d.csv, c.json, s.db, ")
    assert before == {name: (tmp_path / name).read_bytes() for name in before}
    assert outputs(tmp_path / "predictions") == drawn


def test_export_says_what_is_wrong(predict, batch, picture, tmp_path):
    assert export("predictions").exit_code == 1
    assert "holds no predictions.jsonl" in export("predictions", "--csv", "s.csv").stderr
    predict(*batch)
    assert "nothing to export" in export("predictions").stderr
    picture(tmp_path / "in" / "2.png", 8, 8).unlink()
    done = export("predictions", "--annotate")
    assert done.exit_code == 1
    assert "2.png: cannot be read: No such file or directory" in done.stderr
    assert len(list((tmp_path / "predictions" / "annotated").iterdir())) == 7
    log = tmp_path / "predictions" / "predictions.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"score"', b'"skore"', 1))
    done = export("predictions", "--csv", "s.csv")
    assert (done.exit_code, "line 2 is no event" in done.stderr) == (1, True)
    assert not (tmp_path / "s.csv").exists()


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
def test_a_full_disk_loses_nothing_that_is_done(predict, picture, small_disk, tmp_path, sync):
    for k in range(60):
        picture(tmp_path / "in" / f"{k:02}.png", 200, 200, *[(10 + 40 * n, 20, 40 + 40 * n, 40 + k) for n in range(4)])
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
    assert outputs(tmp_path / "cut") == outputs(tmp_path / "whole")


# --- a watched folder


def test_files_of_a_watched_folder_are_read_once_and_again_when_they_change(predict, picture, tmp_path):
    for name in ("a", "b"):
        picture(tmp_path / "in" / f"{name}.png", 64, 64, (10, 10, 30, 30))
    watch = ["watch:in", "--duration", "30", "--max-frames"]
    assert predict(*watch, "2").exit_code == 0
    (tmp_path / "in" / "b.png").unlink()
    picture(tmp_path / "in" / "b.png", 64, 64)
    picture(tmp_path / "in" / "c.png", 64, 64)
    done = predict(*watch, "3", "--csv", "s.csv")
    assert done.exit_code == 0, done.output
    assert "watch:in  no ship in 2 frames" in done.stdout
    found = [(frame["source"][-5:], frame["index"], len(frame["ships"])) for frame in logs.frames("predictions")]
    assert found == [("a.png", 0, 1), ("b.png", 0, 1), ("b.png", 1, 0), ("c.png", 0, 0)]
    names = [line.split(",")[0] for line in (tmp_path / "s.csv").read_text().splitlines()]
    assert names == ["ImageId", "a.png", "b.png", "b_frame000001", "c.png"]


def test_nothing_that_can_be_read_leaves_its_reasons(predict, picture, tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    assert predict("a.png").exit_code == 1
    assert [event["event"] for event in logs.events("predictions")] == ["start", "error", "end"]
    assert (tmp_path / "predictions" / "failed.txt").read_text() == "a.png\n"
    picture(tmp_path / "b.png", 64, 64)
    assert predict("b.png").exit_code == 0
    assert predict("a.png").exit_code == 1
    assert [frame["source"] for frame in logs.frames("predictions")] == ["b.png"]  # earlier results stay


def test_a_frame_that_takes_long_does_not_hold_ctrl_c(predict, picture, tmp_path, monkeypatch):
    from shipedge.cascade import Cascade
    from shipedge.cli import predict as command

    if not hasattr(signal, "setitimer"):
        pytest.skip("needs timers")
    picture(tmp_path / "a.png", 64, 64)

    def takes_long(self, frame):
        signal.raise_signal(signal.SIGTERM)
        time.sleep(60)

    monkeypatch.setattr(command, "_PATIENCE_S", 0.2)
    monkeypatch.setattr(Cascade, "__call__", takes_long)
    start = time.monotonic()
    assert predict("a.png").exit_code == 143
    assert time.monotonic() - start < 30


# --- what an attack has found


def test_max_frames_counts_what_is_done(predict, batch, tmp_path):
    for limit in (4, 12):
        assert predict(*batch, "--max-frames", str(limit), "--out", "whole").exit_code in (0, 1)
        whole = logs.untimed("whole")
        predict(*batch, "--max-frames", str(limit), "--out", "cut")
        log = tmp_path / "cut" / "predictions.jsonl"
        for kept in (2, 4):
            log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:kept]))
            predict(*batch, "--max-frames", str(limit), "--out", "cut")
            assert logs.untimed("cut") == whole


def test_a_kill_before_the_files_are_made_does_no_frame_again(predict, batch, tmp_path, monkeypatch):
    from shipedge import exports
    from shipedge.cascade import Cascade

    def killed(log, files):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(exports, "export", killed)
        assert predict(*batch, "--csv", "s.csv").exit_code == 130
    monkeypatch.setattr(Cascade, "__call__", lambda self, frame: pytest.fail("a frame is done again"))
    assert predict(*batch, "--csv", "s.csv").exit_code == 1
    assert (tmp_path / "s.csv").read_text().count("\n") == 37


def test_a_region_of_a_sources_file_belongs_to_the_batch(predict, batch, tmp_path):
    (tmp_path / "s.toml").write_text('[a]\nurl = "in/v.mp4"\nroi = "roi.json"\n')
    (tmp_path / "roi.json").write_text("[[[0, 0], [128, 0], [128, 96], [0, 96]]]")
    assert predict("--sources", "s.toml").exit_code == 0
    log = tmp_path / "predictions" / "predictions.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:4]))
    (tmp_path / "roi.json").write_text("[[[0, 0], [64, 0], [64, 96], [0, 96]]]")
    assert "of files that have changed since" in predict("--sources", "s.toml").stderr


def test_no_file_of_others_is_lost(predict, picture, tmp_path):
    picture(tmp_path / "in" / "crops" / "a-1.png", 64, 64, (10, 10, 30, 30))
    assert "holds inputs, expected another --out" in predict("in/crops", "--out", "in", "--crops").stderr
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "failed.txt").write_text("precious")
    (tmp_path / "mine" / "downlink.jsonl").write_text("precious")
    assert "is of no run" in predict("in/crops", "--out", "mine").stderr
    (tmp_path / "mine" / "failed.txt").unlink()
    assert "exists and is no JSON" in predict("in/crops", "--out", "mine", "--budget", "1kB/h").stderr
    assert "are the same file" in predict("in/crops", "--csv", "predictions/failed.txt").stderr
    assert (tmp_path / "mine" / "downlink.jsonl").read_text() == "precious"


@posix
def test_a_database_goes_into_a_pipe_and_leaves_it_one(predict, picture, tmp_path):
    picture(tmp_path / "a.png", 64, 64, (10, 10, 30, 30))
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE)
    done = predict("a.png", "--sqlite", "pipe")
    assert done.exit_code == 0, done.output
    assert reader.communicate(timeout=30)[0].startswith(b"SQLite format 3")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame["ships"][0].update(rle="abc"), "frame 0 of in/0.png"),
        (lambda frame: frame["ships"][0].update(rle="999999 5"), "frame 0 of in/0.png"),
        (lambda frame: frame["ships"][0].update(rle="=cmd()"), "frame 0 of in/0.png"),
        (lambda frame: frame.update(index=1 << 70), "line 2 is no event"),
        (lambda frame: frame.update(source="a\0b"), "is no name of a file"),
    ],
)
def test_a_log_that_somebody_has_edited(predict, batch, tmp_path, change, said):
    predict(*batch)
    log = tmp_path / "predictions" / "predictions.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    frame = json.loads(lines[1])
    change(frame)
    log.write_bytes(b"".join([lines[0], json.dumps(frame).encode() + b"\n", *lines[2:]]))
    for made in ("--csv", "--sqlite", "--coco", "--detections"):
        done = export("predictions", made, f"x{made}")
        assert (done.exit_code, said in done.stderr) == (1, True), done.output
        assert not (tmp_path / f"x{made}").exists()
