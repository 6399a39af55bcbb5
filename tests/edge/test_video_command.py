"""Videos through the whole command: how they lie, what is said about damage, and how they are scored."""

import os
import struct
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.cli import main  # noqa: E402
from shipedge.errors import SourceError  # noqa: E402
from shipedge.sources.video import read_video  # noqa: E402


@pytest.fixture
def run(toy_bundle_dir, tmp_path, monkeypatch):
    """run("predict", "a.mp4") -> result of the command, run in tmp_path with the toy models."""
    monkeypatch.chdir(tmp_path)

    def command(name, *args):
        more = ["--bundle", str(toy_bundle_dir)] if name == "predict" else []
        return CliRunner().invoke(main, [name, *more, *map(str, args)])

    return command


def turned(path, degrees, mirror=1):
    """Writes how a phone was held into the track header of an mp4: viewers turn it clockwise."""
    content = bytearray(path.read_bytes())
    cosine, sine = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    one = 1 << 16
    matrix = (mirror * cosine * one, mirror * sine * one, 0, -sine * one, cosine * one, 0, 0, 0, 1 << 30)
    place = content.find(b"tkhd") + 4 + 40
    assert content[place : place + 4] == struct.pack(">i", one)
    content[place : place + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_video_of_a_phone_lies_as_viewers_show_it(run, video, tmp_path, degrees):
    path = turned(video(tmp_path / "phone.mp4", frames=3, size=(96, 160)), degrees)
    stored = np.zeros((96, 160), bool)
    stored[32:64, 0:32] = True  # the ship of the first frame
    shown = np.rot90(stored, -degrees // 90)
    first = next(read_video(str(path)))
    assert first.pixels.shape[:2] == shown.shape
    assert ((first.pixels.min(axis=2) > 150) ^ shown).mean() < 0.01
    assert run("predict", path, "--annotate", "--out", "out").exit_code == 0
    annotated = next(read_video(str(tmp_path / "out" / "annotated" / "phone.mp4")))
    assert annotated.pixels.shape[:2] == shown.shape
    inside = annotated.pixels[shown].reshape(-1, 3).min(axis=1) > 150
    assert inside.mean() > 0.7  # all but the corner's text


@pytest.mark.parametrize("degrees", [0, 90])
def test_mirrored_video_is_refused(video, tmp_path, degrees):
    path = turned(video(tmp_path / "selfie.mp4", frames=3), degrees, mirror=-1)
    with pytest.raises(SourceError, match=r"selfie\.mp4: is stored as in a mirror"):
        next(read_video(str(path)))


def test_results_of_a_video_are_scored(run, video, tmp_path):
    path = video(tmp_path / "flight 1.mp4", frames=5, size=(96, 128))
    assert run("predict", path, "--csv", "truth.csv", "--out", "out").exit_code == 0
    assert (tmp_path / "truth.csv").read_text().count("flight 1_frame00000") == 5
    for prediction in ("out", "truth.csv"):
        result = run("evaluate", prediction, "truth.csv", "--shape", 96, 128)
        assert result.exit_code == 0, result.output
        assert "5 images" in result.output or "5 images" in result.output
        assert "1.000" in result.output


def test_damaged_videos_are_named_without_a_line_of_the_decoder(toy_bundle_dir, video, image, tmp_path):
    image(tmp_path / "good.png", 96, 128, (40, 40, 60, 60))
    content = video(tmp_path / "whole.mp4", frames=30).read_bytes()
    frames = content.find(b"mdat") + 4
    (tmp_path / "hole.mp4").write_bytes(content[: frames + 800] + bytes(4000) + content[frames + 4800 :])
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) // 2])
    (tmp_path / "noise.h264").write_bytes(np.random.default_rng(0).bytes(30_000))
    (tmp_path / "empty.flv").touch()
    names = ["cut.mp4", "noise.h264", "empty.flv", "hole.mp4", "good.png"]
    done = subprocess.run(
        [sys.executable, "-m", "shipedge", "predict", "--bundle", str(toy_bundle_dir), *names],
        cwd=tmp_path,
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    errors = done.stderr.splitlines()
    assert errors[:3] == [
        "Error: cut.mp4: the end of the video is missing, and nothing of it can be read without",
        "Error: noise.h264: not a video, or damaged",
        "Error: empty.flv: the file is empty",
    ]
    assert all(line.startswith("Error: hole.mp4: ") for line in errors[3:-1])
    assert errors[-1] == f"{len(errors) - 1} of 5 sources failed"
    assert "good.png" in done.stdout


def test_folder_with_videos_says_what_it_leaves_out(run, video, image, tmp_path):
    image(tmp_path / "in" / "a.png", 96, 128)
    video(tmp_path / "in" / "b.mp4", frames=2)
    result = run("predict", "in")
    assert result.exit_code == 0
    assert result.stderr == "in: 1 video left out; name it, or give a glob, to read it\n"
    (tmp_path / "in" / "a.png").unlink()
    result = run("predict", "in")
    assert result.exit_code == 1
    assert "only 1 video: name it, or give a glob such as" in result.stderr
