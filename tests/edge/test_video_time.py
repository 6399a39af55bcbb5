"""When each frame of a video was taken, and whether the video ends before its time."""

import struct
from itertools import pairwise

import numpy as np
import pytest

from shipedge.errors import SourceError

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.sources.container import breaks_off  # noqa: E402
from shipedge.sources.video import read_video  # noqa: E402

NIGHT = [*(k * 33 for k in range(10)), *(330 + k * 200 for k in range(1, 11))]
"""Milliseconds: a camera that takes a frame every 33 ms by day and every 200 ms by night."""

EXACT = [("a.mp4", "mp4v"), ("a.mov", "mp4v"), ("a.m4v", "mp4v"), ("a.3gp", "mp4v")]
"""Suffix and codec of files whose index OpenCV writes at their end."""

STREAMS = [
    *[
        ("a.mkv", "mp4v"),
        ("a.webm", "VP80"),
        ("a.avi", "MJPG"),
        ("a.avi", "XVID"),
        ("a.ts", "mpg2"),
        ("a.m2ts", "mpg2"),
    ],
    *[("a.flv", "FLV1"), ("a.wmv", "WMV2"), ("a.asf", "WMV2"), ("a.mpg", "MPEG"), ("a.vob", "mpg2"), ("a.mxf", "mpg2")],
    ("a.y4m", "\0\0\0\0"),
]
"""Those whose first half can be read alone."""


def jpeg(number):
    image = np.full((48, 64, 3), 40, np.uint8)
    image[8:24, number : number + 16] = 255
    return cv2.imencode(".jpg", image)[1].tobytes()


def element(name, content):
    """One element of Matroska; lengths always take 8 bytes."""
    return bytes.fromhex(name) + (1 << 56 | len(content)).to_bytes(8, "big") + content


def matroska(path, times, duration=None, fps=30, live=False):
    """A Matroska file of JPEG frames at these times in ms; the header says `duration` ms; `live`: without lengths."""
    header = element("1A45DFA3", element("4282", b"matroska") + element("42F7", b"\1") + element("4286", b"\1"))
    info = element("2AD7B1", (1_000_000).to_bytes(4, "big"))
    if duration is not None:
        info += element("4489", struct.pack(">d", duration))
    track = element("D7", b"\1") + element("73C5", b"\1") + element("83", b"\1") + element("86", b"V_MJPEG")
    track += element("23E383", (10**9 // fps).to_bytes(4, "big"))
    track += element("E0", element("B0", b"\x40") + element("BA", b"\x30"))
    content = element("1549A966", info) + element("1654AE6B", element("AE", track))
    for k, time in enumerate(times):
        block = element("A3", b"\x81\0\0\x80" + jpeg(k))
        content += element("1F43B675", element("E7", time.to_bytes(4, "big")) + block)
    segment = element("18538067", content)
    if live:
        segment = segment[:4] + b"\1" + b"\xff" * 7 + segment[12:]
    path.write_bytes(header + segment)
    return path


def with_times(path, times):
    """Replaces the time table of an mp4 made by OpenCV (12,800 units a second) by these times in ms."""
    content = bytearray(path.read_bytes())
    assert content.find(b"moov") > content.find(b"mdat")  # else the places of the frames would move
    steps = [round((after - before) * 12.8) for before, after in pairwise([*times, 2 * times[-1] - times[-2]])]
    milliseconds = int.from_bytes(content[content.find(b"mvhd") + 16 :][:4], "big") // 1000
    for kind, place in ((b"tkhd", 24), (b"elst", 12)):  # how long the track plays
        place += content.find(kind)
        content[place : place + 4] = struct.pack(">I", (times[-1] + 500) * milliseconds)
    table = struct.pack(">4sII", b"stts", 0, len(steps)) + b"".join(struct.pack(">II", 1, step) for step in steps)
    start = content.find(b"stts") - 4
    length = int.from_bytes(content[start : start + 4], "big")
    content[start : start + length] = struct.pack(">I", len(table) + 4) + table
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        place = content.find(kind) - 4
        grown = int.from_bytes(content[place : place + 4], "big") + len(table) + 4 - length
        content[place : place + 4] = struct.pack(">I", grown)
    path.write_bytes(content)
    return path


def written(path, code, frames=20, fps=25, size=(96, 128)):
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), fps, size[::-1])
    assert writer.isOpened()
    noise = np.random.default_rng(0)
    for _ in range(frames):
        writer.write(noise.integers(0, 256, (*size, 3), dtype=np.uint8))
    writer.release()
    return path


def read(path):
    """(times in ms, the sentence at its end or None)."""
    times = []
    try:
        for frame in read_video(str(path)):
            assert frame.index == len(times)
            times.append(None if frame.time_s is None else round(frame.time_s * 1000))
    except SourceError as error:
        return times, str(error)
    return times, None


# --- time stamps


def test_variable_frame_rate_of_matroska(tmp_path):
    path = matroska(tmp_path / "night.mkv", NIGHT, duration=NIGHT[-1] + 33)
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT) > 60  # what the header seems to promise
    assert read(path) == (NIGHT, None)


def test_variable_frame_rate_of_mp4(tmp_path, video):
    path = with_times(video(tmp_path / "night.mp4", frames=len(NIGHT), fps=25), NIGHT)
    assert read(path) == (NIGHT, None)


def test_gap_and_a_last_frame_that_is_held(tmp_path):
    times = [0, 40, 80, 20_000, 20_040]
    assert read(matroska(tmp_path / "gap.mkv", times, duration=60_000, fps=25)) == (times, None)


def test_time_counts_from_the_first_frame(tmp_path):
    times = [100_000 + k * 40 for k in range(10)]
    path = matroska(tmp_path / "late.mkv", times, duration=100_400, fps=25)
    assert read(path) == ([k * 40 for k in range(10)], None)


def test_stamps_that_go_back_never_turn_time_back(tmp_path):
    times = [1000, 1040, 1080, 10, 50, 1160]  # a recorder whose clock was set
    assert read(matroska(tmp_path / "clock.mkv", times, fps=25))[0] == [0, 40, 80, 120, 160, 200]


@pytest.mark.parametrize("suffix", ["mjpeg", "mjpg"])
def test_raw_stream_has_no_times(tmp_path, suffix):
    path = tmp_path / f"camera.{suffix}"
    path.write_bytes(b"".join(jpeg(k) for k in range(6)))
    assert read(path) == ([None] * 6, None)


@pytest.mark.parametrize(("name", "code"), [*EXACT, *STREAMS])
def test_even_times_of_every_container(tmp_path, name, code):
    assert read(written(tmp_path / name, code, size=(288, 352))) == ([k * 40 for k in range(20)], None)


# --- the end


@pytest.mark.parametrize(("name", "code"), STREAMS)
@pytest.mark.parametrize("rest", ["cut", "zeros"])
def test_half_a_video_gives_its_frames_first(tmp_path, name, code, rest):
    path = written(tmp_path / name, code, frames=40, size=(288, 352))
    content = path.read_bytes()
    half = len(content) // 2 + 5
    path.write_bytes(content[:half] + bytes(len(content) - half if rest == "zeros" else 0))
    times, sentence = read(path)
    assert 2 <= len(times) < 39
    assert times[:2] == [0, 40]
    assert f"{name}: the video breaks off after {len(times)} frames" in sentence


def test_mp4_with_its_index_in_front_cut(tmp_path, video):
    path = video(tmp_path / "x.mp4", frames=50, size=(160, 160))
    content = path.read_bytes()
    start = content.find(b"moov") - 4
    moov = bytearray(content[start:])
    places = moov.find(b"stco") + 8
    count = int.from_bytes(moov[places : places + 4], "big")
    for k in range(count):
        place = places + 4 + 4 * k
        moov[place : place + 4] = (int.from_bytes(moov[place : place + 4], "big") + len(moov)).to_bytes(4, "big")
    front = content.find(b"free") - 4
    path.write_bytes(content[:front] + moov + content[front:start])
    assert read(path) == ([k * 100 for k in range(50)], None)
    path.write_bytes(path.read_bytes()[: len(moov) + len(content) // 3])
    times, sentence = read(path)
    assert 5 < len(times) < 45
    assert sentence == f"{path}: the video breaks off after {len(times)} frames, {len(times) / 10:.1f} of 5.0 s"


def test_mp4_with_its_index_behind_cut(tmp_path, video):
    path = video(tmp_path / "x.mp4", frames=20)
    path.write_bytes(path.read_bytes()[:-500])
    assert read(path) == ([], f"{path}: the end of the video is missing, and nothing of it can be read without")


def test_live_recording_has_no_length(tmp_path):
    path = matroska(tmp_path / "live.mkv", NIGHT, live=True)
    assert read(path) == (NIGHT, None)
    path.write_bytes(path.read_bytes()[:-20])
    assert read(path)[1] == f"{path}: the video breaks off after 19 frames: the end of the file is missing"


def test_header_that_lies_a_little(tmp_path):
    times = [k * 40 for k in range(50)]
    assert read(matroska(tmp_path / "x.mkv", times, duration=2300, fps=25)) == (times, None)
    path = written(tmp_path / "x.avi", "MJPG", frames=50)
    content = bytearray(path.read_bytes())
    for place in (content.find(b"avih") + 24, content.find(b"strh") + 40):
        content[place : place + 4] = (52).to_bytes(4, "little")
    path.write_bytes(content)
    assert read(path) == (times, None)


def test_frames_that_an_edit_list_leaves_out_are_not_missed(tmp_path, video):
    path = video(tmp_path / "x.mp4", frames=50, fps=25)
    content = bytearray(path.read_bytes())
    track, edit = content.find(b"tkhd") + 4, content.find(b"elst") + 4
    assert content[edit : edit + 8] == bytes(7) + b"\1"  # one edit: duration, first time, rate
    scale = int.from_bytes(content[content.find(b"mvhd") + 16 :][:4], "big")
    content[track + 20 : track + 24] = scale.to_bytes(4, "big")
    content[edit + 8 : edit + 12] = scale.to_bytes(4, "big")  # the first of two seconds
    path.write_bytes(content)
    times, sentence = read(path)
    assert 20 < len(times) < 30
    assert sentence is None


@pytest.mark.parametrize(
    ("name", "code"), [("a.mp4", "mp4v"), ("a.mkv", "mp4v"), ("a.avi", "MJPG"), ("a.ts", "mpg2"), ("a.flv", "FLV1")]
)
def test_what_stands_behind_a_whole_video_does_not_matter(tmp_path, name, code):
    path = written(tmp_path / name, code)
    path.write_bytes(path.read_bytes() + b"notes of the camera")
    times, sentence = read(path)
    assert (len(times), sentence) == (20, None)


def test_unknown_boxes_of_an_mp4_are_passed(tmp_path, video):
    path = video(tmp_path / "x.mp4")
    content = path.read_bytes()
    index = content.find(b"moov") - 4
    path.write_bytes(content[:index] + struct.pack(">I4s", 12, b"beam") + b"1234" + content[index:])
    assert read(path) == ([k * 100 for k in range(10)], None)


def gif(frames, side=16):
    """An animated GIF of these color numbers, 200 ms a frame; one code a pixel, the table of codes is cleared often."""
    content = b"GIF89a" + struct.pack("<HHBBB", side, side, 0xF0, 0, 0) + bytes((40, 40, 40, 250, 250, 250))
    for color in frames:
        content += b"!\xf9\4\4" + struct.pack("<HBB", 20, 0, 0) + b","
        content += struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\2"
        codes = [code for _ in range(side * side // 2) for code in (4, color, color)] + [5]  # 4 clears, 5 ends; 3 bits
        bits = sum(code << 3 * k for k, code in enumerate(codes))
        data = bits.to_bytes((3 * len(codes) + 7) // 8, "little")
        for k in range(0, len(data), 255):
            content += bytes((len(data[k : k + 255]),)) + data[k : k + 255]
        content += b"\0"
    return content + b";"


def test_every_frame_of_an_animated_gif(tmp_path):
    path = tmp_path / "radar.gif"
    path.write_bytes(gif([0, 1, 0, 1]))
    frames = list(read_video(str(path)))
    assert [frame.pixels.mean() > 128 for frame in frames] == [False, True, False, True]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.2, 0.4, 0.6])
    path.write_bytes(path.read_bytes()[:-30])
    assert "breaks off" in read(path)[1]


@pytest.mark.parametrize(
    "start", [b"\x1aE\xdf\xa3", b"\0\0\0\x18ftyp", b"OggS\0", b"FLV\1", b"GIF89a", b"\0\0\1\xba", b"G"]
)
def test_beginnings_alone_are_judged_without_a_crash(tmp_path, start):
    for length in range(len(start), 400):
        (tmp_path / "x").write_bytes((start + bytes(range(256)) * 2)[:length])
        assert breaks_off(str(tmp_path / "x")) in (True, False, None)
