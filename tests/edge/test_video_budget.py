"""Small files that hold hours or gigabytes: refused by their header, or where they have become too much."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest

from shipedge.errors import SourceError

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
from PIL import Image  # noqa: E402

from shipedge.sources import budget, video  # noqa: E402
from shipedge.sources.budget import VideoBudget  # noqa: E402
from shipedge.sources.video import read_video  # noqa: E402


def write(path, frames, side=64, code="mp4v"):
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), 25, (side, side))
    assert writer.isOpened()
    for _ in range(frames):
        writer.write(np.full((side, side, 3), 90, np.uint8))
    writer.release()
    return str(path)


def read(path, **how):
    given = []
    with pytest.raises(SourceError) as caught:
        given.extend(frame.index for frame in read_video(path, **how))
    return given, str(caught.value)


@pytest.fixture
def five_frames(monkeypatch):
    """Five frames of up to 768x768 pixels are as many as a small file may have."""
    monkeypatch.setattr(budget, "_ALWAYS", 5 * 768 * 768)


def test_a_list_of_frames_is_believed_before_any_is_decoded(tmp_path, five_frames):
    path = write(tmp_path / "a.mp4", 6)
    given, sentence = read(path)
    size = (tmp_path / "a.mp4").stat().st_size
    assert given == []
    assert sentence == (
        f"{path}: 6 frames of 64x64 pixels in a file of {size} bytes, expected at most 5: "
        "cut it, or say --max-pixels 4096"
    )


def test_an_estimate_is_not_believed_and_frames_are_counted(tmp_path, five_frames, monkeypatch):
    path = write(tmp_path / "a.avi", 6, code="MJPG")
    given, sentence = read(path)
    assert given == list(range(5))
    assert f"{path}: more than 5 frames of 64x64 pixels in a file of" in sentence
    assert sentence.endswith("say --max-pixels 4096")
    monkeypatch.setattr(video, "_count", lambda capture: 10**9)  # as where the sound is longer
    assert len(list(read_video(write(tmp_path / "b.avi", 5, code="MJPG"), max_pixels=4096))) == 5


def test_exactly_as_many_are_read_and_the_user_may_allow_more(tmp_path, five_frames):
    assert len(list(read_video(write(tmp_path / "a.mp4", 5)))) == 5
    assert len(list(read_video(write(tmp_path / "b.mp4", 6), max_pixels=4096))) == 6
    assert read(str(tmp_path / "b.mp4"), max_pixels=4095)[1].endswith(
        "frames of 64x64 pixels, expected at most 4095: scale it down, or say --max-pixels"
    )


def test_a_larger_file_may_hold_more(tmp_path, five_frames, monkeypatch):
    monkeypatch.setattr(budget, "_FREE", 1000)
    path = write(tmp_path / "a.avi", 40, code="MJPG")
    assert ((tmp_path / "a.avi").stat().st_size - 1000) // 36 >= 35  # 36 bytes pay for 768x768 pixels
    assert len(list(read_video(path))) == 40


@pytest.mark.parametrize(
    ("size", "shape", "frames"),
    [
        (5_000_000, (1080, 1920), 15_000),  # ten minutes of a calm sea at night
        (900_000, (1080, 1920), 600),
        (900_000, (240, 320), 2_200),
        (300_000, (1440, 2560), 100),
        (2_100_000, (2160, 3840), 100),
        (20_000_000, (4320, 7680), 250),
        (500_000_000, (1080, 1920), 900_000),  # ten hours
    ],
)
def test_what_people_film_passes(size, shape, frames):
    VideoBudget("a", size, shape, True, None).refuse_promised(frames)


@pytest.mark.parametrize(
    ("size", "shape", "common"),
    [
        (900_000, (4320, 7680), True),  # a decoder keeps up to 17 frames
        (900_000, (2160, 3840), True),
        (900_000, (1440, 2560), False),
        (1 << 40, (8192, 8192), True),
        (1 << 40, (30000, 30000), False),
    ],
)
def test_frames_that_are_too_large(size, shape, common):
    with pytest.raises(SourceError, match=rf"^a: frames of {shape[1]}x{shape[0]} pixels.* expected at most \d+: "):
        VideoBudget("a", size, shape, common, None)


def test_pixels_of_more_bytes_are_told_from_common_ones(tmp_path, monkeypatch):
    """Motion JPEG of OpenCV is 4:2:0, a GIF has four bytes."""
    monkeypatch.setattr(budget, "_ALWAYS_A_FRAME", 4096)
    monkeypatch.setattr(budget, "_FRAME_FOR_A_BYTE", 0)
    assert len(list(read_video(write(tmp_path / "a.avi", 2, code="MJPG")))) == 2
    gif = tmp_path / "a.gif"
    Image.new("P", (64, 64), 1).save(gif)
    assert "expected at most 2048" in read(str(gif))[1]


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the memory")
def test_a_gif_that_claims_forty_million_pixels_costs_little(tmp_path):
    file = io.BytesIO()
    Image.new("P", (96, 64), 1).save(file, "GIF")
    data = bytearray(file.getvalue())
    data[6:10] = (10000).to_bytes(2, "little") + (4000).to_bytes(2, "little")
    (tmp_path / "a.gif").write_bytes(data)
    code = """if True:
        import json, sys
        from shipedge.errors import SourceError
        from shipedge.sources.video import read_video
        try:
            said = len(list(read_video(sys.argv[1])))
        except SourceError as error:
            said = str(error)
        with open("/proc/self/status") as status:
            most = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        print(json.dumps([said, most // 1024]))
    """
    command = [sys.executable, "-c", code, str(tmp_path / "a.gif")]
    said, megabytes = json.loads(subprocess.run(command, capture_output=True, timeout=60, check=True).stdout)
    assert said.endswith("frames of 10000x4000 pixels, expected at most 33554432: scale it down, or say --max-pixels")
    assert megabytes < 200
