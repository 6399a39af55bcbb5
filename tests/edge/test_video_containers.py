"""What containers tell without a decoder: a second video, frames that are held, zeros behind the end."""

import struct

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.sources.container import breaks_off, video_streams  # noqa: E402
from video_ends import read  # noqa: E402


def written(path, code, frames=10):
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), 25, (128, 96))
    assert writer.isOpened()
    noise = np.random.default_rng(0)
    for _ in range(frames):
        writer.write(noise.integers(0, 256, (96, 128, 3), dtype=np.uint8))
    writer.release()
    return path


# --- a second video


@pytest.mark.parametrize(("name", "code"), [("a.mp4", "mp4v"), ("a.flv", "FLV1")])
def test_two_files_one_behind_the_other(tmp_path, name, code):
    path = written(tmp_path / name, code)
    assert read(path) == (10, "")
    path.write_bytes(2 * path.read_bytes())
    assert read(path) == (10, f"{path}: holds 2 videos, of which the first was read: write each into its own file")


@pytest.mark.parametrize(("name", "code"), [("a.avi", "MJPG"), ("a.mkv", "mp4v"), ("a.mpg", "MPEG"), ("a.ts", "mpg2")])
def test_two_files_that_are_read_through(tmp_path, name, code):
    path = written(tmp_path / name, code)
    path.write_bytes(2 * path.read_bytes())
    assert read(path) == (20, "")


def element(name, content):
    """One element of Matroska; lengths always take 8 bytes."""
    return bytes.fromhex(name) + (1 << 56 | len(content)).to_bytes(8, "big") + content


@pytest.mark.parametrize(("kinds", "videos"), [([1], 1), ([1, 2, 17], 1), ([1, 2, 1], 2), ([], 0)])
@pytest.mark.parametrize("live", [False, True])
def test_video_tracks_of_matroska(tmp_path, kinds, videos, live):
    tracks = [element("D7", bytes((k + 1,))) + element("83", bytes((kind,))) for k, kind in enumerate(kinds)]
    content = element("1549A966", b"") + element("1654AE6B", b"".join(element("AE", track) for track in tracks))
    segment = element("18538067", content)
    if live:
        segment = segment[:4] + b"\1" + b"\xff" * 7 + segment[12:]
    (tmp_path / "a.mkv").write_bytes(element("1A45DFA3", element("4282", b"matroska")) + segment)
    assert video_streams(str(tmp_path / "a.mkv")) == videos


def packet(number, section, size):
    """One packet of a transport stream in which a table begins, of 188 or 192 bytes."""
    table = b"\x47" + struct.pack(">HB", 0x4000 | number, 0x10) + b"\0" + section
    return bytes(size - 188) + table.ljust(188, b"\xff")


def table(kind, content):
    return bytes((kind,)) + struct.pack(">H", 0xB000 | 5 + len(content) + 4) + bytes(5) + content + bytes(4)


@pytest.mark.parametrize("size", [188, 192])
@pytest.mark.parametrize(
    ("programs", "videos"),
    [([[0x1B, 0x0F]], 1), ([[0x02, 0x03, 0x24]], 2), ([[0x1B], [0x1B]], 2), ([[0x0F]], 0)],
)
def test_videos_in_the_tables_of_a_transport_stream(tmp_path, programs, videos, size):
    list_of_programs = b"".join(struct.pack(">HH", k + 1, 0xE100 + k) for k in range(len(programs)))
    content = packet(0, table(0, b"\0\0\xe0\x10" + list_of_programs), size)
    for k, kinds in enumerate(programs):
        streams = [struct.pack(">BHH", kind, 0xE200 + 16 * k + i, 0xF002) + b"\x52\0" for i, kind in enumerate(kinds)]
        content += packet(0x100 + k, table(2, b"\xe2\0\xf0\0" + b"".join(streams)), size)
    path = tmp_path / "a.ts"
    path.write_bytes(2 * content + 10 * packet(0x1FFF, b"", size))
    assert video_streams(str(path)) == videos


@pytest.mark.parametrize("start", [b"\x1aE\xdf\xa3", b"\0\0\0\x18ftyp", b"FLV\1", b"G", b"RIFF"])
def test_beginnings_alone_hold_no_second_video(tmp_path, start):
    for length in range(len(start), 400):
        (tmp_path / "x").write_bytes((start + bytes(range(256)) * 2)[:length])
        assert video_streams(str(tmp_path / "x")) < 2


# --- the end


def avi(path, frames, held=0, lost=0):
    """An AVI of JPEG frames, each held for `held` more; `lost` chunks at its end are only in the header."""
    chunks = b""
    for k in range(frames):
        image = cv2.imencode(".jpg", np.full((48, 64, 3), 10 * k, np.uint8))[1].tobytes()
        chunks += b"00dc" + struct.pack("<I", len(image)) + image + bytes(len(image) % 2)
        chunks += (b"00dc" + bytes(4)) * held
    count = frames * (1 + held) + lost
    main = struct.pack("<14I", 40_000, 0, 0, 0, count, 0, 1, 0, 64, 48, 0, 0, 0, 0)
    stream = struct.pack("<4s4sIHHIIIIIIII4H", b"vids", b"MJPG", 0, 0, 0, 0, 1, 25, 0, count, 0, 0, 0, 0, 0, 64, 48)
    image = struct.pack("<IiiHH4sIiiII", 40, 64, 48, 1, 24, b"MJPG", 64 * 48 * 3, 0, 0, 0, 0)

    def listed(kind, content, name=b"LIST"):
        return name + struct.pack("<I", 4 + len(content)) + kind + content

    def chunk(kind, content):
        return kind + struct.pack("<I", len(content)) + content

    header = listed(b"hdrl", chunk(b"avih", main) + listed(b"strl", chunk(b"strh", stream) + chunk(b"strf", image)))
    path.write_bytes(listed(b"AVI ", header + listed(b"movi", chunks), name=b"RIFF"))
    return path


def test_frames_that_are_held_in_an_avi_are_not_missed(tmp_path):
    path = avi(tmp_path / "a.avi", 20, held=3)
    assert breaks_off(str(path)) is False
    assert read(path) == (20, "")


def test_an_avi_with_held_frames_that_is_cut(tmp_path):
    path = avi(tmp_path / "a.avi", 20, held=3)
    path.write_bytes(path.read_bytes()[:-6000])
    frames, sentence = read(path)
    assert 2 <= frames < 20
    assert f"a.avi: the video breaks off after {frames} frames" in sentence


def test_zeros_behind_a_transport_stream(tmp_path):
    path = written(tmp_path / "a.ts", "mpg2")
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(50_000))
    assert read(path) == (10, "")
    path.write_bytes(whole[: len(whole) // 376 * 188 + 90] + bytes(50_000))  # in the middle of a packet
    assert "a.ts: the video breaks off" in read(path)[1]
