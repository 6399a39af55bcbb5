"""`shipedge predict` as a user meets it, with the toy models."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import logs

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.cli import main
from shipedge.cli.stopping import stop_on_signal

not_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def predict(toy_bundle_dir, tmp_path, monkeypatch):
    """predict("in", "--json") -> result of the command, run in tmp_path."""
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(main, ["predict", "--bundle", str(toy_bundle_dir), *args])


@pytest.fixture
def lines(tmp_path):
    """lines("predictions") -> the JSON lines in that folder."""

    def read(folder="predictions"):
        return logs.frames(tmp_path / folder)

    return read


def test_folder_to_all_outputs(predict, image, lines, tmp_path):
    image(tmp_path / "in" / "a.png", 768, 768, (100, 50, 140, 70), (400, 300, 420, 360))
    image(tmp_path / "in" / "b.png", 300, 500)
    result = predict("in", "--annotate", "--csv", "s.csv", "--threads", "1")
    assert result.exit_code == 0, result.output
    first, second = lines()
    assert first["source"] == str(Path("in", "a.png"))
    assert first["shape"] == [768, 768]
    assert sorted(ship["bbox"] for ship in first["ships"]) == [[100, 50, 140, 70], [400, 300, 420, 360]]
    assert first["time_s"] is None
    assert second["ships"] == []
    assert second["shape"] == [300, 500]
    with (tmp_path / "s.csv").open() as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows] == ["ImageId", "a.png", "a.png", "b.png"]
    assert rows[3] == ["b.png", ""]
    assert {row[1] for row in rows[1:3]} == {ship["rle"] for ship in first["ships"]}
    assert names(tmp_path / "predictions" / "annotated") == ["a.jpg", "b.jpg"]
    assert "2 frames, 1 with ships, 2 ships" in result.stdout
    assert "no ship" in result.stdout
    assert "ms per frame: decode" in result.stdout


def test_flips_find_the_same_ships(predict, image, lines, tmp_path):
    image(tmp_path / "a.png", 768, 768, (100, 50, 140, 70), (400, 300, 420, 360))
    assert predict("a.png", "--flips", "--out", "both").exit_code == 0
    assert predict("a.png").exit_code == 0
    assert [ship["bbox"] for ship in lines("both")[0]["ships"]] == [ship["bbox"] for ship in lines()[0]["ships"]]


def test_json_summary_is_one_object(predict, image, tmp_path):
    image(tmp_path / "a.png", 64, 64, (10, 10, 30, 30))
    result = predict("a.png", "--json", "--out", "o")
    summary = json.loads(result.stdout)
    assert (summary["frames"], summary["ships"], summary["failed"]) == (1, 1, [])
    assert summary["written"] == [str(Path("o", "predictions.jsonl"))]
    assert set(summary["mean_ms"]) == {"decode", "detector", "segmenter", "post", "refiner", "write"}


def test_bad_image_is_named_and_the_others_go_on(predict, image, lines, tmp_path):
    good = image(tmp_path / "in" / "a.png", 64, 64, (10, 10, 30, 30))
    (tmp_path / "in" / "b.jpg").write_text("a text, renamed")
    (tmp_path / "in" / "c.png").write_bytes(good.read_bytes()[:-20])
    (tmp_path / "in" / "d.bmp").touch()
    image(tmp_path / "in" / "e.png", 64, 64)
    result = predict("in", "--csv", "s.csv")
    assert result.exit_code == 1
    assert [line["source"][-5:] for line in lines()] == ["a.png", "e.png"]
    assert (tmp_path / "s.csv").read_text().count("\n") == 3  # header and the two that were seen
    for sentence in ("b.jpg: not an image", "c.png: the image is cut off", "d.bmp: the file is empty"):
        assert sentence in result.stderr
    assert "3 of 5 sources failed" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("none.jpg",), "none.jpg: no such file or folder"),
        (("empty",), "empty: no images in this folder"),
        (("*.png",), "*.png: matches no image"),
        (("gopher://user:secret@host/1",), "gopher://...: not a kind of stream that is known"),
        (("a.png", "--bundle", "none"), "no bundle at none"),
        (("a.png", "--out", "file"), "file"),
        (("a.png", "--csv", "none/s.csv"), "none: no such folder"),
        (("a.png", "one/a.png", "--csv", "s.csv"), "would both be a.png in the file"),
    ],
)
def test_every_mistake_is_one_sentence(predict, image, tmp_path, args, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    image(tmp_path / "one" / "a.png", 8, 8)
    if "*.png" not in args:
        image(tmp_path / "a.png", 8, 8)
    result = predict(*args)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert "secret" not in result.output


@not_root
def test_out_folder_without_permission(predict, image, tmp_path):
    image(tmp_path / "a.png", 8, 8)
    (tmp_path / "closed").mkdir(mode=0o500)
    result = predict("a.png", "--out", "closed/deeper")
    assert result.exit_code == 1
    assert "ermission denied" in result.stderr


def test_no_camera(predict):
    result = predict("97")
    assert result.exit_code == 1
    assert result.stderr == "Error: camera 97: there is no such camera (or it is in use, or not permitted)\n"
    assert result.stdout == ""


def test_threads_must_be_a_positive_number(predict):
    assert predict("a.png", "--threads", "0").exit_code == 2


def test_same_names_from_two_folders(predict, image, lines, tmp_path):
    image(tmp_path / "one" / "a.png", 64, 64, (10, 10, 30, 30))
    image(tmp_path / "zwei ü" / "a.png", 64, 64)
    assert predict("one", "zwei ü", "--annotate").exit_code == 0
    assert [len(line["ships"]) for line in lines()] == [1, 0]
    assert names(tmp_path / "predictions" / "annotated") == ["a-2.jpg", "a.jpg"]


def test_video(predict, video, lines, tmp_path):
    import cv2

    video(tmp_path / "v.mp4", frames=6, size=(96, 128), fps=10)
    result = predict("v.mp4", "--annotate", "--csv", "s.csv")
    assert result.exit_code == 0, result.output
    found = lines()
    assert [line["index"] for line in found] == list(range(6))
    assert [line["time_s"] for line in found] == pytest.approx([k / 10 for k in range(6)])
    lefts = [line["ships"][0]["bbox"][0] for line in found]
    assert np.abs(np.diff(lefts) - 4).max() <= 3  # the ship moves 4 pixels a frame, coded with losses
    assert "v_frame000005," in (tmp_path / "s.csv").read_text()
    capture = cv2.VideoCapture(str(tmp_path / "predictions" / "annotated" / "v.mp4"))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 6
    capture.release()
    assert "6 ships in 6 of 6 frames" in result.stdout


def test_long_lists_are_cut_in_the_summary(predict, image, tmp_path):
    for k in range(25):
        image(tmp_path / "in" / f"{k:02}.png", 8, 8)
    result = predict("in")
    assert "... and 5 more sources with 0 ships" in result.stdout
    assert "25 frames, 0 with ships" in result.stdout


def test_name_that_is_not_utf8(predict, image, lines, tmp_path):
    try:
        image(tmp_path / os.fsdecode(b"caf\xe9.png"), 16, 16)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes only UTF-8 names")
    result = predict(".", "--annotate")
    assert result.exit_code == 0, result.output
    assert lines()[0]["source"] == "caf\udce9.png"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_keeps_whole_lines(predict, video, lines, tmp_path, monkeypatch, number, code):
    from shipedge.cascade import Cascade

    video(tmp_path / "v.mp4", frames=40)
    call, calls = Cascade.__call__, []

    def interrupted_in_the_third_frame(self, frame):
        calls.append(frame)
        if len(calls) == 3:
            signal.raise_signal(number)
        return call(self, frame)

    monkeypatch.setattr(Cascade, "__call__", interrupted_in_the_third_frame)
    result = predict("v.mp4", "--annotate", "--csv", "s.csv", "--json")
    assert result.exit_code == code, result.output
    assert [line["index"] for line in lines()] == [0, 1, 2]
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 4
    assert names(tmp_path / "predictions") == ["annotated", "predictions.jsonl"]
    assert names(tmp_path / "predictions" / "annotated") == ["v.mp4"]
    summary = json.loads(result.stdout)
    assert (summary["frames"], summary["interrupted"]) == (3, True)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_second_ctrl_c_does_not_wait(predict, image, tmp_path, monkeypatch):
    from shipedge.cascade import Cascade

    image(tmp_path / "a.png", 8, 8)

    def hangs(self, frame):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second Ctrl-C did nothing")

    monkeypatch.setattr(Cascade, "__call__", hangs)
    assert predict("a.png").exit_code == 130


def test_real_process_says_nothing_on_stderr(toy_bundle_dir, image, tmp_path):
    image(tmp_path / "a.png", 64, 64, (10, 10, 30, 30))
    command = [sys.executable, "-m", "shipedge", "predict", "a.png", "--bundle", str(toy_bundle_dir), "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout)["ships"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="the shell's way to close descriptors is POSIX")
@pytest.mark.parametrize("closed", ["2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_spoil_nothing(toy_bundle_dir, image, tmp_path, closed):
    """The first file opened would get their descriptors, and what libraries print would land in it."""
    image(tmp_path / "a.png", 64, 64, (10, 10, 30, 30))
    command = f'exec "$0" -m shipedge predict a.png --bundle "$1" --out out {closed}'
    shell = ["/bin/sh", "-c", command, sys.executable, str(toy_bundle_dir)]
    done = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done
    (frame,) = logs.frames(tmp_path / "out")
    assert len(frame["ships"]) == 1


def test_progress_bar_only_on_a_terminal(image, tmp_path, monkeypatch, capsys):
    from shipedge.cli.report import Progress
    from shipedge.events import SourceSummary, Summary
    from shipedge.sources import Source

    summary = Summary(sources={"a": SourceSummary(frames=1, ships=2)})
    sources = [Source("image", "a"), Source("image", "b")]
    with Progress(sources) as progress:
        progress(summary)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress(sources) as progress:
        progress(summary)
    shown = capsys.readouterr().err
    assert "1/2 frames" in shown
    assert "2 ships" in shown
    assert shown.endswith("\r\x1b[K")


def test_signals_are_given_back():
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signal() as asked:
        os.kill(os.getpid(), signal.SIGTERM)
        deadline = time.monotonic() + 10
        while not asked.received and time.monotonic() < deadline:
            time.sleep(0.01)
    assert asked.received == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is before
    assert threading.current_thread() is threading.main_thread()
