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


def polygon() -> Iterator[bytes]:
    """Height, width, kind, then bits of a mask that are also corners, as half pixels or doubles."""
    star = bytes([20, 30, 90, 40, 20, 50, 60, 20, 60, 80, 40, 20])
    corners = struct.pack("<8d", 0.5, 0.5, 9.5, 0.5, 9.5, 9.5, 0.5, 9.5)
    odd = struct.pack("<6d", float("nan"), 1e308, float("inf"), -1.0, 5e-324, 3.0)
    for height, width in ((0, 0), (1, 200), (12, 12), (40, 33)):
        for kind, data in ((0, star), (32, star * 5), (33, corners), (1, odd), (0, b"\x55\xaa" * 40)):
            yield bytes([height, width, kind]) + data


SEEDS = {
    "fuzz_airbus": airbus,
    "fuzz_algebra": algebra,
    "fuzz_coco": coco,
    "fuzz_mask": mask,
    "fuzz_polygon": polygon,
}
