"""PNG writing, checked by a reader of its own that knows nothing of bands or flushes."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shipedge.formats.png import encode_labels, encode_mask


def read_png(data: bytes) -> np.ndarray:
    """The specification, slowly: chunks with their CRC, zlib with its Adler-32, filter 0 rows, big-endian samples."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + body)
        chunks.append((kind, body))
        at += 12 + length
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert rest == [0, 0, 0, 0]
    inflate = zlib.decompressobj()
    raw = inflate.decompress(chunks[1][1])
    assert inflate.eof
    assert inflate.unused_data == b""
    rows = np.frombuffer(raw, np.uint8).reshape(height, 1 + width * depth // 8)
    assert not rows[:, 0].any()
    return np.ascontiguousarray(rows[:, 1:]).view(">u2" if depth == 16 else np.uint8)


shapes = st.tuples(st.integers(1, 60), st.integers(1, 20))


@given(hnp.arrays(np.uint8, shapes, elements=st.integers(0, 255), fill=st.just(0)))
def test_any_mask_comes_back_as_0_and_255(mask: np.ndarray) -> None:
    assert np.array_equal(read_png(encode_mask(mask)), np.where(mask, 255, 0))
    assert encode_mask(mask != 0) == encode_mask(mask)


@given(hnp.arrays(st.sampled_from([np.uint8, np.uint16]), shapes, fill=st.just(0)))
def test_any_labels_come_back(labels: np.ndarray) -> None:
    assert np.array_equal(read_png(encode_labels(labels)), labels)


@pytest.mark.parametrize(
    "rows",
    [[], [0], [767], [0, 767], [100, 110], [100, 116, 117], [100, 117, 134], list(range(768)), list(range(0, 768, 40))],
)
def test_bands_anywhere(rows: list[int]) -> None:
    mask = np.zeros((768, 768), np.uint8)
    mask[rows, 3:700] = 1
    assert np.array_equal(read_png(encode_mask(mask)), mask * 255)


@given(st.lists(st.tuples(st.integers(0, 199), st.integers(1, 60)), max_size=6))
def test_rows_the_caller_names_may_overlap_in_any_order(spans: list[tuple[int, int]]) -> None:
    mask = np.zeros((260, 9), np.uint8)
    for top, height in spans:
        mask[top : top + height, 4] = 1
    ink = [(top, top + height) for top, height in spans]
    assert np.array_equal(read_png(encode_mask(mask, ink)), mask * 255)
    assert np.array_equal(read_png(encode_labels(mask, ink)), mask)


def test_a_view_that_is_not_contiguous() -> None:
    mask = np.zeros((40, 50), np.uint8)
    mask[7:9, 3:30] = 1
    assert np.array_equal(read_png(encode_mask(mask.T[::2])), mask.T[::2] * 255)


def test_an_empty_mask_is_small() -> None:
    assert len(encode_mask(np.zeros((768, 768), np.uint8))) < 1000


def test_opencv_reads_the_same() -> None:
    cv2 = pytest.importorskip("cv2", reason="a second reader: needs the edge extra")
    labels = np.zeros((100, 77), np.uint16)
    labels[50:60, 5:20] = 300
    for data, expected in ((encode_mask(labels.astype(bool)), (labels > 0) * 255), (encode_labels(labels), labels)):
        assert np.array_equal(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), expected)
