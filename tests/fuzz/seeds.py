"""Small inputs to start the fuzzers from, made here so that no blobs are kept: one function for each fuzz_*.cpp."""

import struct
from collections.abc import Iterator


def airbus() -> Iterator[bytes]:
    """A shape (see any_shape in fuzz_airbus.cpp) and a text."""
    texts = [
        "",
        "1 3 10 5",
        "1 3 4 2 6 1 8 1",
        "264661 17 265429 33 266197 33 266965 33 267733 33 268501 33 269269 33 270037 33 270805 33",
        " ".join(f"{start} 1" for start in range(1, 400, 2)),
        " ".join(f"{start} {start % 90 + 1}" for start in range(1000, 300_000, 1531)),
        "\t 7\r\n 9 ",
        "0000000000000000000000000000001 02",
        "590 11 " + " " * 16,  # up to the last pixel of 20 x 30, and room for a reader of many bytes at once
        "1 5 6 4 590 5 595 6 \n" + " " * 16,
        "1 5 589000 824 589824 1 " + " " * 16,
        "4294967295 1",
        "1 589824",
        "1 4294967296",
        "5 3 2 1",
        "1 2 3",
        "1 2,3 4",
    ]
    for text in texts:
        for shape in (b"\0", b"\1", b"\2" + struct.pack(">HH", 20, 30)):
            yield shape + text.encode()


def mask() -> Iterator[bytes]:
    """Height, width, layout, style and pixels (see fuzz_mask.cpp)."""
    for height, width in ((0, 5), (1, 1), (3, 70), (64, 64), (65, 129), (130, 67), (200, 200)):
        for layout in (0, 1, 0x2C, 0x60, 0xC5):
            for style, pixels in ((0, b"\x55\xaa\x0f"), (1, bytes(range(40))), (2, b"\xff"), (254, b"\x01\x80\x00")):
                yield struct.pack(">HHBB", height, width, layout, style) + pixels


def algebra() -> Iterator[bytes]:
    """Size, height, width, then the gaps and lengths of two masks (see fuzz_algebra.cpp)."""
    for height, width in ((0, 5), (1, 70), (70, 1), (9, 11), (64, 64), (65, 129)):
        for step in (1, 3, 7, 13):
            yield struct.pack(">BHH", 1, height, width) + bytes(i * step % 251 for i in range(900))
    for first in (0, 65537, 2**31, 2**32 - 1):
        runs = [first, 3, 65535, 2**20, 5, 2**30, 2**24, 8, 1, 65537, 2**31, 12]
        yield struct.pack(">BBB", 0, 7, 200) + struct.pack(">12I", *runs) + bytes(range(60))


def coco() -> Iterator[bytes]:
    """Two bytes for the number of pixels, then compressed counts."""
    for shape in (b"\0\x0b", b"\x01\x2b", b"\x7f\xff", b"\x80\x01"):
        for text in (b"", b"<", b"122O4", b"\x301mee0", b"Z", b"ooooo3", b"PPPPPP4"):
            yield shape + text


def label_studio() -> Iterator[bytes]:
    """Height, width, whether the header is right, the rest of it, and packed values (see fuzz_label_studio.cpp)."""
    for height, width in ((0, 5), (2, 3), (39, 39)):
        for packed in (b"", b"\x00", b"\x49\xef" + b"\xf0\x0f\xff" * 20, bytes(range(0, 250, 3))):
            yield bytes([height, width, 1, 0]) + packed
    yield bytes([2, 3, 0, 0, 0, 0, 24, 0x39, 0x1D, 0xF8]) + bytes(range(90))


def labels() -> Iterator[bytes]:
    """Height, width, layout, repeat and labels (see fuzz_labels.cpp)."""
    for height, width in ((0, 3), (0, 103), (1, 1), (5, 7), (39, 90), (20, 200)):
        for layout in (0, 1, 6, 11, 16, 33, 62):
            yield bytes([height, width, layout, 0]) + b"\0\1\1\2\0\0\3"
            yield bytes([height, width, layout, 9]) + bytes(range(60))


def polygon() -> Iterator[bytes]:
    """Height, width, kind, then bits of a mask that are also corners, as half pixels or doubles."""
    star = bytes([20, 30, 90, 40, 20, 50, 60, 20, 60, 80, 40, 20])
    corners = struct.pack("<8d", 0.5, 0.5, 9.5, 0.5, 9.5, 9.5, 0.5, 9.5)
    odd = struct.pack("<6d", float("nan"), 1e308, float("inf"), -1.0, 5e-324, 3.0)
    for height, width in ((0, 0), (1, 200), (12, 12), (40, 33)):
        for kind, data in ((0, star), (32, star * 5), (33, corners), (1, odd), (0, b"\x55\xaa" * 40)):
            yield bytes([height, width, kind]) + data


def csv() -> Iterator[bytes]:
    """Style, chunk and file (see fuzz_csv.cpp)."""
    head = "ImageId,EncodedPixels\n"
    files = [
        "",
        "a.jpg,1 2\nb.jpg,\na.jpg,9 1",
        "a,1 2\r\nb,\r\n\r\na, 9 1 \r\n",
        'a,1 2\rb,""\r"a","9 ""1""\n"\r',
        'a,1\na,\nb,\nb,1\nc,1,2\nd\n../e,1\n ,1\n,1\n"f"x,1\n',
        "(a b),1\n\u00e9,\u00a01\u3000\n\u202e,\n" + "n" * 201 + ",\n..,\n.,1\n",
        'a,"1\nb,2\n',
        "".join(f"image{number % 30}.jpg,{'7 1 ' * (number % 9)}\n" for number in range(60)),
    ]
    for number, file in enumerate(files):
        yield bytes([1 + number % 2 * 2, 63]) + file.encode()
        yield bytes([2 - number % 2 * 2, 9]) + "\ufeff".encode() * (number % 2) + (head + file).encode()
    yield b"\0\0" + head.encode() + b"a\xff,1\n\xed\xa0\x80"


def jpeg() -> Iterator[bytes]:
    """JPEG files of all samplings."""
    import cv2
    import numpy as np

    pixels = np.random.default_rng(0).integers(0, 256, (50, 40, 3), np.uint8)
    for sampling in ("444", "422", "420", "411"):
        factor = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, getattr(cv2, f"IMWRITE_JPEG_SAMPLING_FACTOR_{sampling}")]
        for more in ([], [cv2.IMWRITE_JPEG_RST_INTERVAL, 2], [cv2.IMWRITE_JPEG_OPTIMIZE, 1]):
            yield cv2.imencode(".jpg", pixels, [*factor, *more, cv2.IMWRITE_JPEG_QUALITY, 30])[1].tobytes()
    yield cv2.imencode(".jpg", pixels[..., 0])[1].tobytes()


def png() -> Iterator[bytes]:
    """Style, height, width and ships (see fuzz_png.cpp)."""
    for style, height, width in ((0, 5, 7), (0, 1, 1), (1, 2999, 2), (2, 0, 39000), (0, 80, 90), (1, 40, 220)):
        for ships in (b"", b"\x00\xff", b"\x03\x04\x02\x01\xff\x09\x01", b"\x01\x00" * 300, b"\x02\x02\xff" * 300):
            yield struct.pack(">BHH", style, height, width) + ships


def ships() -> Iterator[bytes]:
    """A frame, rules, and windows with their values (see fuzz_ships.cpp)."""
    two = struct.pack(">HHHHBB", 40, 50, 70, 70, 0, 4), struct.pack(">HHHHBB", 60, 60, 80, 100, 1, 9)
    for height, width in ((0, 7), (1, 1), (64, 64), (90, 90)):
        for flags, values in ((0x8, b"\xff\x90\x20\x00"), (0x9, bytes(range(250))), (0xF, b"\xc8\xf0\x01" * 40)):
            rules = struct.pack(">HHBBBB", height, width, flags, 128, 2, 220)
            yield rules + two[0] + values * 500 + two[1] + values * 400


SEEDS = {
    "fuzz_airbus": airbus,
    "fuzz_algebra": algebra,
    "fuzz_coco": coco,
    "fuzz_csv": csv,
    "fuzz_label_studio": label_studio,
    "fuzz_labels": labels,
    "fuzz_mask": mask,
    "fuzz_jpeg": jpeg,
    "fuzz_png": png,
    "fuzz_polygon": polygon,
    "fuzz_ships": ships,
}
