"""Videos whose frames the decoder makes up, or cannot convert: named, with the frames that were read kept."""

import threading

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.errors import SourceError  # noqa: E402
from shipedge.sources import video as video_source  # noqa: E402
from shipedge.sources.video import read_video  # noqa: E402
from video_ends import read  # noqa: E402

RNG = np.random.default_rng(3)


@pytest.fixture
def moving(tmp_path):
    """An MPEG-4 video of 20 frames in which everything changes a little."""
    path = tmp_path / "moving.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 10, (128, 96))
    scene = np.random.default_rng(3).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    for k in range(20):
        writer.write(np.roll(cv2.resize(scene, (128, 96), interpolation=cv2.INTER_CUBIC), 3 * k, axis=1))
    writer.release()
    return path


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


def flipped(path, name, first=1 / 4, last=3 / 4):
    data = bytearray(path.read_bytes())
    for place in range(int(first * len(data)), int(last * len(data)), 97):
        data[place] ^= 0x55
    (path.parent / name).write_bytes(data)
    return path.parent / name


def test_a_damaged_first_frame_is_named(moving):
    data = bytearray(moving.read_bytes())
    start = data.index(b"00dc", data.index(b"movi")) + 8
    for place in range(start + 60, start + 400, 7):
        data[place] ^= 0x55
    moving.write_bytes(data)
    frames, sentence = read(moving)
    assert frames == 20
    assert "of 20 frames, the first at frame 0: mpeg4: " in sentence


def test_a_recording_that_begins_in_the_middle_is_whole(tmp_path, capfd):
    """The frames before its first keyframe cannot be decoded, and are not given."""
    path = tmp_path / "a.ts"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mpg2"), 25, (128, 96))
    for _ in range(40):
        writer.write(RNG.integers(0, 256, (96, 128, 3), dtype=np.uint8))
    writer.release()
    data = path.read_bytes()
    path.write_bytes(data[len(data) // 5 // 188 * 188 :])
    capfd.readouterr()  # OpenCV remarks on the name of the codec
    frames, sentence = read(path)
    assert 20 < frames < 40
    assert sentence == ""
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("complaint", "at", "named"),
    [
        ("h264: non-existing PPS 0 referenced", "opening", False),
        ("h264: mmco: unref short failure", 0, False),
        ("h264: co located POCs unavailable", 0, False),
        ("hevc: Could not find ref with POC 12", 0, False),
        ("h264: left block unavailable for requested intra mode", 0, True),
        ("h264: co located POCs unavailable", 5, True),
        ("h264: mmco: unref short failure", 5, True),
        ("av1: Your platform doesn't support hardware accelerated AV1 decoding.", 5, False),
        ("aac: Input buffer exhausted before END element found", "opening", False),
        ("ogg: CRC mismatch!", "opening", True),
    ],
)
def test_which_complaint_means_damage(moving, monkeypatch, complaint, at, named):
    calls = []

    def capture_stderr(action, _whose):
        calls.append("opening" if not calls else len(calls) - 1)
        return action(), [complaint] if calls[-1] == at else []

    monkeypatch.setattr(video_source, "capture_stderr", capture_stderr)
    frames, sentence = read(moving)
    assert frames == 20
    assert (complaint in sentence) == named
    assert bool(sentence) == named


def test_a_whole_video_beside_a_damaged_one_stays_whole(moving):
    bad = flipped(moving, "bad.avi")
    whole, damaged = read_video(str(moving)), read_video(str(bad))
    for _ in range(12):  # in turn
        next(whole), next(damaged)
    assert len(list(whole)) == 8
    with pytest.raises(SourceError, match=r"bad\.avi: the video"):
        list(damaged)
    results = {}

    def go(path, number):
        results[path.name, number] = read(path)[1]

    threads = [threading.Thread(target=go, args=(path, k)) for k in range(3) for path in (moving, bad)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name for (name, _), sentence in results.items() if sentence} == {"bad.avi"}
    assert len({sentence for sentence in results.values() if sentence}) == 1


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
