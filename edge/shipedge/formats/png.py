"""PNG from masks, without OpenCV and without compressing empty rows.

Ship masks are nearly empty (0.5 % of the pixels of a ship picture). A deflate stream may be cut at byte boundaries by
full flushes, and "k empty rows" is such a piece, the same for every picture: it is made once. Only the bands of rows
with ink go through zlib, with run-length matching (Z_RLE), the fastest strategy and for masks also the smallest. 8-bit
values, not 1-bit: every reader then sees 0 and 255, where a 1-bit file becomes booleans in some of them.

Sources: PNG specification, third edition (chunks, filter byte per row); RFC 1950 (zlib header, Adler-32); RFC 1951
(deflate).
"""

import struct
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

_ADLER_MODULUS = 65521
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GAP = 16  # ink within so many rows is one band: a band of its own costs a zlib state and about ten bytes
_LAST_BLOCK = b"\x03\x00"  # an empty, final deflate block


def encode_mask(mask: npt.NDArray[Any], ink: Iterable[tuple[int, int]] | None = None) -> bytes:
    """A (height, width) uint8 or bool mask as an 8-bit grey PNG: 0 where it is zero, 255 elsewhere.

    Args:
        mask: any non-zero value is ink.
        ink: half-open row ranges outside which the mask is zero, in any order, where the caller knows them (the boxes
            of its ships): looking at every row for them costs more than the rest.
    """
    return _encode(np.ascontiguousarray(mask), 8, is_mask=True, ink=ink)


def encode_labels(
    labels: npt.NDArray[np.uint8] | npt.NDArray[np.uint16], ink: Iterable[tuple[int, int]] | None = None
) -> bytes:
    """A (height, width) label picture as a grey PNG, values as they are: 8 bits from uint8, 16 bits from uint16.

    ``ink`` as in ``encode_mask``.
    """
    return _encode(np.ascontiguousarray(labels), labels.dtype.itemsize * 8, is_mask=False, ink=ink)


def _encode(pixels: npt.NDArray[Any], depth: int, *, is_mask: bool, ink: Iterable[tuple[int, int]] | None) -> bytes:
    height, width = pixels.shape
    row_bytes = 1 + width * depth // 8  # a filter byte (0: none) stands before the pixels of each row
    pieces, checksum, row = [b"\x78\x01"], 1, 0
    for top, bottom in _bands(_rows_with_ink(pixels) if ink is None else ink):
        raw = np.zeros((bottom - top, row_bytes), np.uint8)
        if is_mask:
            np.negative(pixels[top:bottom] != 0, out=raw[:, 1:], dtype=np.uint8, casting="unsafe")
        elif depth == 8:
            raw[:, 1:] = pixels[top:bottom]
        else:
            raw[:, 1:] = pixels[top:bottom].astype(">u2").view(np.uint8)
        checksum = zlib.adler32(raw.data, _adler_zeros(checksum, (top - row) * row_bytes))
        pieces += [_empty_rows(top - row, row_bytes), _deflate(raw.data)]
        row = bottom
    checksum = _adler_zeros(checksum, (height - row) * row_bytes)
    pieces += [_empty_rows(height - row, row_bytes), _LAST_BLOCK, struct.pack(">I", checksum)]
    return b"".join((_header(width, height, depth), _chunk(b"IDAT", b"".join(pieces)), _chunk(b"IEND", b"")))


def _bands(ink: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Row ranges in order, those at most ``_GAP`` empty rows apart joined."""
    bands: list[tuple[int, int]] = []
    for top, bottom in sorted(ink):
        if bands and top - bands[-1][1] <= _GAP:
            bands[-1] = (bands[-1][0], max(bottom, bands[-1][1]))
        else:
            bands.append((top, bottom))
    return bands


def _rows_with_ink(pixels: npt.NDArray[Any]) -> list[tuple[int, int]]:
    if pixels.size == 0:
        return []
    row_bytes = pixels.shape[1] * pixels.dtype.itemsize
    # Eight bytes at a time where the row length allows.
    wide = pixels.view(np.uint64 if row_bytes % 8 == 0 else np.uint8)
    rows = np.flatnonzero(np.bitwise_or.reduce(wide, axis=1))
    return [(row, row + 1) for row in rows.tolist()]


def _deflate(data: Any) -> bytes:
    """``data`` as raw deflate blocks that end on a byte boundary and refer to nothing before them."""
    squeeze = zlib.compressobj(1, zlib.DEFLATED, -15, 5, zlib.Z_RLE)  # memory level 5: zlib clears less of it
    return squeeze.compress(data) + squeeze.flush(zlib.Z_FULL_FLUSH)


@lru_cache(maxsize=4096)
def _empty_rows(count: int, row_bytes: int) -> bytes:
    return _deflate(bytes(count * row_bytes)) if count else b""


def _adler_zeros(checksum: int, count: int) -> int:
    """Adler-32 after ``count`` more zero bytes: its low half stays, its high half gains the low one ``count`` times."""
    low, high = checksum & 0xFFFF, checksum >> 16
    return ((high + count * low) % _ADLER_MODULUS) << 16 | low


@lru_cache(maxsize=256)
def _header(width: int, height: int, depth: int) -> bytes:
    # colour type 0 = grey; compression, filter method and interlace 0
    return _SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))))
