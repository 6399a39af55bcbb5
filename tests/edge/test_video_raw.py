"""Raw streams as cameras write them: images one after the other, without a container."""

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.errors import SourceError  # noqa: E402
from shipedge.sources.container import has_times  # noqa: E402
from shipedge.sources.containers.parameter_sets import frame_shapes  # noqa: E402
from shipedge.sources.video import read_video, video_info  # noqa: E402


def exp_golomb(value):
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def unit(kind, bits):
    """A unit of H.264 from its bits, closed with the stop bit."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    return b"\0\0\0\1" + bytes([kind]) + bytes(int(bits[k : k + 8], 2) for k in range(0, len(bits), 8))


def h264(brightness, side=2):
    """A stream of gray key frames, (16 * side) pixels square: every block is stored as its values (I_PCM)."""
    zero, size = exp_golomb(0), exp_golomb(side - 1)
    baseline = f"{66:08b}{0:08b}{10:08b}"
    stream = unit(0x67, baseline + zero + zero + exp_golomb(2) + zero + "0" + size + size + "1" + "0" * 3)
    stream += unit(0x68, zero + zero + "00" + zero * 3 + "000" + zero * 3 + "000")
    for number, luma in enumerate(brightness):
        bits = zero + exp_golomb(7) + zero + "0000" + exp_golomb(number % 2) + "00" + zero
        block = f"{luma:08b}" * 256 + f"{128:08b}" * 128
        for _ in range(side * side):
            bits += exp_golomb(25)
            bits += "0" * (-len(bits) % 8) + block
        stream += unit(0x65, bits)
    return stream


@pytest.mark.parametrize("suffix", ["h264", "264"])
def test_h264_has_all_frames_and_no_times(tmp_path, suffix):
    path = tmp_path / f"camera.{suffix}"
    path.write_bytes(h264([40, 80, 120, 160, 200]))
    frames = list(read_video(str(path)))
    assert [frame.pixels.shape for frame in frames] == [(32, 32, 3)] * 5
    assert np.all(np.diff([int(frame.pixels.mean()) for frame in frames]) > 30)
    assert [frame.time_s for frame in frames] == [None] * 5
    assert video_info(str(path))[1] == 0  # nobody knows


def test_h264_that_was_cut_is_read_as_far_as_it_goes(tmp_path):
    path = tmp_path / "camera.h264"
    path.write_bytes(h264([40, 80, 120, 160, 200])[:-700])
    frames: list[object] = []
    with pytest.raises(SourceError, match="the video is damaged, 1 of 5 frames"):  # the decoder repairs the last
        frames.extend(read_video(str(path)))


def test_h264_whose_first_frame_is_damaged(tmp_path):
    path = tmp_path / "camera.h264"
    whole = h264([40, 80, 120])
    first = whole.index(b"\0\0\0\1\x65")
    path.write_bytes(whole[: first + 500] + whole[first + 900 :])
    frames: list[object] = []
    with pytest.raises(SourceError, match="the video is damaged, 1 of 3 frames, the first at frame 0: h264: "):
        frames.extend(read_video(str(path)))


@pytest.mark.parametrize(
    ("start", "timed"),
    [
        (b"\0\0\0\1\x67", False),
        (b"\0\0\1\x67", False),
        (b"\0\0\0\1\x40\1", False),  # H.265
        (b"\xff\xd8\xff\xe0", False),
        (b"--frame\r\n", False),
        (b"\0\0\1\xba", True),  # MPEG program stream
        (b"\0\0\1\xb3", True),  # MPEG-1 and MPEG-2 video say their rate
        (b"\0\0\0\x18ftyp", True),
        (b"", True),
    ],
)
def test_streams_without_times_are_known_by_their_start(tmp_path, start, timed):
    (tmp_path / "x").write_bytes(start)
    assert has_times(str(tmp_path / "x")) == timed


def test_a_size_that_grows_in_the_middle_is_seen_before_the_decoder_takes_its_memory(tmp_path):
    path = tmp_path / "camera.h264"
    path.write_bytes(h264([40] * 3, side=4) + h264([40], side=200)[:400])
    with pytest.raises(SourceError, match="frames of 3200x3200 pixels in a file of"):
        next(read_video(str(path)))
    assert list(frame_shapes(path.read_bytes())) == [(64, 64), (3200, 3200)]


# As encoders write them: High profile behind a start code and behind a length, H.265.
@pytest.mark.parametrize(
    ("content", "shape"),
    [
        ("000000016764001facd9405005bb011000000300100000030320f1831960", (720, 1280)),
        ("0000001967640028acd940a02ff9610000030001000003001e8f18319600", (368, 640)),
        ("00000001420101016000000300900000030000030078a003c08010e58ddbc90da35e01", (1080, 1920)),
        ("0000000167640028acd9", None),
        ("000000016701", None),
        ("00000001420101", None),
    ],
)
def test_sizes_that_encoders_write(content, shape):
    assert list(frame_shapes(bytes.fromhex(content))) == ([] if shape is None else [shape])
