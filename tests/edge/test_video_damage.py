"""Videos whose frames the decoder makes up, or cannot convert: named, with the frames that were read kept."""

import os
import sys

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.errors import SourceError  # noqa: E402
from shipedge.sources.overheard import Overheard  # noqa: E402
from shipedge.sources.video import read_video  # noqa: E402

RNG = np.random.default_rng(3)


@pytest.fixture
def moving(tmp_path):
    """An MPEG-4 video of 20 frames in which everything changes a little."""
    path = tmp_path / "moving.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 10, (128, 96))
    scene = RNG.integers(0, 255, (12, 16, 3), dtype=np.uint8)
    for k in range(20):
        writer.write(np.roll(cv2.resize(scene, (128, 96), interpolation=cv2.INTER_CUBIC), 3 * k, axis=1))
    writer.release()
    return path


def read(path):
    """(number of frames, the sentence at the end)."""
    frames = 0
    try:
        for _ in read_video(str(path)):
            frames += 1
    except SourceError as error:
        return frames, str(error)
    return frames, ""


def test_a_whole_video_is_quiet(moving, capfd):
    assert read(moving) == (20, "")
    assert capfd.readouterr().err == ""


def test_flipped_bytes_are_named(moving, capfd):
    data = bytearray(moving.read_bytes())
    for place in range(len(data) // 4, 3 * len(data) // 4, 1499):
        data[place] ^= 0x55
    moving.write_bytes(data)
    frames, sentence = read(moving)
    assert frames > 5
    assert "moving.avi: the video is damaged, " in sentence or "breaks off" in sentence
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("kind", "named"), [("It", True), ("Ib", True), ("Ip", False)])
def test_interlaced_frames_are_refused(tmp_path, kind, named):
    path = tmp_path / "a.y4m"
    frame = b"FRAME\n" + RNG.integers(0, 255, 64 * 96 * 3 // 2, dtype=np.uint8).tobytes()
    path.write_bytes(f"YUV4MPEG2 W96 H64 F10:1 {kind} A1:1 C420jpeg\n".encode() + 5 * frame)
    expected = (0, f"{path}: its frames are interlaced: deinterlace it first (ffmpeg -vf yadif)") if named else (5, "")
    assert read(path) == expected


@pytest.mark.parametrize(
    "text",
    [b"ffconcat version 1.0\nfile other.mp4\n", b"#EXTM3U\nhttp://[::1]/a.ts\n", b"v=0\no=- 0 0 IN IP6 ::1\n"],
)
def test_a_text_that_names_other_files_is_no_video(tmp_path, text):
    (tmp_path / "a.mp4").write_bytes(text)
    assert "a.mp4: not a video but a text, which may name other files or addresses" in read(tmp_path / "a.mp4")[1]


def test_lines_of_others_come_through(capfd):
    with Overheard() as outer, Overheard() as inner:
        os.write(2, b"[h264 @ 0x55f255b1c080] error while decoding MB 0 11\nof somebody else\n")
        os.write(2, b"[av1 @ 0x55f2559d61c0] Your platform doesn't support hardware accelerated AV1 decoding.\n")
        print("of Python", file=sys.__stderr__, flush=True)
        assert outer.take() == inner.take() == ["error while decoding MB 0 11"]
        assert inner.take() == []
    lines = capfd.readouterr().err.splitlines()
    assert "of somebody else" in lines
    assert not any("h264" in line or "av1" in line for line in lines)


def test_two_videos_in_one_file(tmp_path):
    """A second track with a width, in a file whose index is written by hand around the first one's."""
    path = tmp_path / "a.mp4"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48))
    for _ in range(5):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    data = bytearray(path.read_bytes())
    moov = data.index(b"moov") - 4
    track = data.index(b"trak") - 4
    length = int.from_bytes(data[track : track + 4], "big")
    second = data[track : track + length]
    size = int.from_bytes(data[moov : moov + 4], "big") + length
    data[moov : moov + 4] = size.to_bytes(4, "big")
    data[track + length : track + length] = second
    path.write_bytes(data)
    frames, sentence = read(path)
    assert frames == 5
    assert "holds 2 videos, of which the first was read" in sentence
