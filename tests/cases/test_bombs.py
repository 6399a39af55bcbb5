"""Some hundred bytes that claim gigabytes: refused by their header, with little memory and at once."""

import io
import json
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
import cv2
from PIL import Image

from shipedge.errors import ImageError
from shipedge.images import decode_image

DOT = np.zeros((16, 16, 3), np.uint8)


def saved(form, **options):
    file = io.BytesIO()
    Image.fromarray(DOT).save(file, form, **options)
    return bytearray(file.getvalue())


def jpeg(progressive=False, height=32767, width=32767):
    data = saved("JPEG", progressive=progressive)
    frame = data.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    struct.pack_into(">HH", data, frame + 5, height, width)
    return data


def png():
    """A tiny image, and a text that claims two gigabytes."""
    data = saved("PNG")
    return data[:33] + struct.pack(">I4s", (1 << 31) - 1, b"tEXt") + b"k\0v" + data[33:]


def large_png(side=16384):
    row = zlib.compress(bytes((side * 3 + 1) * 64), 9)
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", row), (b"IEND", b"")]
    parts = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def bmp(side=32767):
    info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, 0, 0, 0, 256, 0)
    return struct.pack("<2sIHHI", b"BM", 0, 0, 0, 54 + 1024) + info + bytes(1024) + b"\0\1"


def webp():
    data = saved("WEBP", lossless=True)
    place = data.index(b"VP8L") + 9
    bits = struct.unpack_from("<I", data, place)[0] & ~0xFFFFFFF
    struct.pack_into("<I", data, place, bits | 16383 | 16383 << 14)
    return data


def tiff():
    data = bytearray(cv2.imencode(".tif", DOT[..., 0].astype(np.float32))[1].tobytes())
    at = struct.unpack_from("<I", data, 4)[0]
    for k in range(struct.unpack_from("<H", data, at)[0]):
        tag, kind = struct.unpack_from("<HH", data, at + 2 + 12 * k)
        if tag in (256, 257):
            struct.pack_into("<I" if kind == 4 else "<H", data, at + 10 + 12 * k, 16000)
    return data


def jp2():
    data = saved("JPEG2000")
    size = data.index(b"\xff\x51") + 6
    struct.pack_into(">II", data, size, 30000, 30000)
    return data


BOMBS = {
    "a.jpg": jpeg(),
    "wide.jpg": jpeg(height=16000, width=16000),
    "progressive.jpg": jpeg(progressive=True),
    "text.png": png(),
    "large.png": large_png(),
    "a.bmp": bmp(),
    "a.webp": webp(),
    "a.tif": tiff(),
    "a.jp2": jp2(),
    "a.pgm": b"P5 40000 40000 255\n",
}


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the memory")
def test_each_bomb_is_one_sentence_and_costs_little(tmp_path):
    for name, data in BOMBS.items():
        assert len(data) < 1 << 20
        (tmp_path / name).write_bytes(data)
    code = """if True:
        import json, sys
        from pathlib import Path
        from shipedge.errors import ImageError
        from shipedge.images import read_image
        said = {}
        for path in sorted(Path(sys.argv[1]).iterdir()):
            try:
                read_image(path)
            except ImageError as error:
                said[path.name] = error.text
        with open("/proc/self/status") as status:  # getrusage counts the process that started this one
            most = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        print(json.dumps([said, most // 1024]))
    """
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    said, megabytes = json.loads(done.stdout)
    assert said.keys() == BOMBS.keys()
    assert all("\n" not in sentence for sentence in said.values())
    assert sum("pixels" in sentence for sentence in said.values()) >= 8
    assert megabytes < 300


def flat_png(side, bits, color, pixels):
    """A PNG whose every row is the same."""
    rows = zlib.compress((b"\0" + pixels) * side, 9)
    head = struct.pack(">IIBBBBB", side, side, bits, color, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")]
    parts = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the memory")
@pytest.mark.parametrize(
    ("side", "bits", "color", "row", "stretch"),
    [
        (10900, 1, 0, b"\x55" * 1363, None),
        (7700, 16, 0, b"\xc5\x33" * 3850 + b"\x45\x40" * 3850, "auto"),
        (4470, 16, 2, b"\xc5\x33\x45\x40\x80\x00" * 4470, "auto"),
        (5470, 8, 6, b"\x55\x44\x33\xff" * 5469 + b"\x55\x44\x34\x80", None),
        (5470, 8, 4, b"\x55\xff" * 5469 + b"\x54\x80", None),
    ],
)
def test_the_largest_of_small_files_cost_at_most_500_megabytes(tmp_path, side, bits, color, row, stretch):
    content = flat_png(side, bits, color, row)
    assert len(content) < 1 << 20
    (tmp_path / "a.png").write_bytes(content)
    code = """if True:
        import json, sys
        from shipedge.images import read_image
        shape = read_image(sys.argv[1], json.loads(sys.argv[2])).shape
        with open("/proc/self/status") as status:
            most = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        print(json.dumps([shape, most // 1024]))
    """
    command = [sys.executable, "-c", code, str(tmp_path / "a.png"), json.dumps(stretch)]
    shape, megabytes = json.loads(subprocess.run(command, capture_output=True, timeout=60, check=True).stdout)
    assert shape == [side, side, 3]
    assert megabytes < 500


@pytest.mark.parametrize(
    ("form", "mode", "side"),
    [("JPEG", "L", 6800), ("JPEG2000", "L", 5900), ("JPEG2000", "RGB", 3500), ("PNG", "LA", 5900)],
)
def test_what_the_decoder_takes_counts(form, mode, side):
    """Three channels of a JPEG, 32 bits of JPEG 2000, and four channels of grey with transparency."""
    file = io.BytesIO()
    how = {"JPEG": {"quality": 1, "progressive": True}, "JPEG2000": {"quality_layers": [1000]}}.get(form, {})
    Image.new(mode, (side, side)).save(file, form, **how)
    with pytest.raises(ImageError, match=f"{side}x{side} pixels in a file of"):
        decode_image(file.getvalue(), "a")


def test_the_user_may_allow_more():
    black = np.zeros((7000, 7000, 3), np.uint8)
    content = cv2.imencode(".png", black, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
    with pytest.raises(
        ImageError, match=r"7000x7000 pixels in a file of \d+ bytes, which is hardly one: say --max-pixels 49000000"
    ):
        decode_image(content, "a")
    assert decode_image(content, "a", max_pixels=49_000_000).shape == black.shape
    with pytest.raises(ImageError, match="expected at most 48000000 in all"):
        decode_image(content, "a", max_pixels=48_000_000)


def test_an_empty_mask_of_a_large_scene_is_no_bomb():
    content = cv2.imencode(".png", np.zeros((10752, 10752), np.uint8))[1].tobytes()
    assert decode_image(content, "a").max() == 0


def test_thousands_of_scans_are_not_decoded():
    data = bytes(jpeg(progressive=True, height=16, width=16))
    scan = data.index(b"\xff\xda")
    after = data.index(b"\xff\xc4", scan) if b"\xff\xc4" in data[scan:] else data.index(b"\xff\xda", scan + 2)
    with pytest.raises(ImageError, match="more than 64 scans, expected about ten"):
        decode_image(data[:scan] + data[scan:after] * 1000 + data[after:], "a")
