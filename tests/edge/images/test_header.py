"""Sizes from headers."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipedge import rle
from shipedge.errors import SourceError
from shipedge.images import image_size


def jpeg(height: int, width: int, before: bytes = b"", marker: int = 0xC0) -> bytes:
    return b"\xff\xd8" + before + struct.pack(">BBHBHHB", 0xFF, marker, 17, 8, height, width, 3) + bytes(9)


def segment(marker: int, length: int) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, length + 2) + b"\xff\xc0\x00" * (length // 3) + b"x" * (length % 3)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(jpeg(600, 800), id="frame first"),
        pytest.param(jpeg(600, 800, segment(0xE0, 14) + segment(0xDB, 65)), id="behind tables"),
        pytest.param(jpeg(600, 800, segment(0xC4, 30)), id="a Huffman table is no frame"),
        pytest.param(jpeg(600, 800, segment(0xE1, 65000) * 3), id="behind a large preview"),
        pytest.param(jpeg(600, 800, b"\xff\xff\xff"), id="fill bytes"),
        pytest.param(jpeg(600, 800, marker=0xC2), id="progressive"),
        pytest.param(rle.to_png(rle.Rle([], (600, 800))), id="png"),
    ],
)
def test_the_size_is_height_width(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    assert image_size(tmp_path / "a") == (600, 800)


def test_opencv_agrees(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2", reason="a second reader: needs the edge extra")
    for suffix in (".jpg", ".png"):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(cv2.imencode(suffix, np.zeros((31, 70, 3), np.uint8))[1].tobytes())
        assert image_size(path) == (31, 70)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"GIF89a", "it is a GIF"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:", "it is a Git LFS pointer"),
        (b"<!DOCTYPE html><title>404", "it is an HTML page, perhaps of a failed download"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "it is a HEIC image"),
        (b"\0\x05\x16\x07\0\x02\0\0Mac OS X", "it is an AppleDouble file of macOS"),
        (bytes(4096), "begins with zero bytes"),
        (b"just text", r"not an image that shipedge reads \(JPEG, PNG"),
        (b"\xff\xd8", "ends before its size"),
        (jpeg(600, 800)[:8], "ends before its size"),
        (jpeg(600, 0), "header says 0x600 pixels"),
        (rle.to_png(rle.Rle([], (9, 9)))[:20], "ends before its size"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(SourceError, match=message):
        image_size(tmp_path / "a")


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="absent: cannot be read: No such file"):
        image_size(tmp_path / "absent")


@given(st.binary(max_size=60))
def test_any_bytes_have_a_size_or_a_known_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("image") / "a"
    path.write_bytes(b"\xff\xd8" + data)
    try:
        height, width = image_size(path)
    except SourceError:
        return
    assert height > 0
    assert width > 0
