"""JPEG: zero bytes where pixels should be. Source: ITU-T T.81 annexes B and F (scan header, Huffman tables)."""

from __future__ import annotations

import io

from shipedge.images.fields import take
from shipedge.images.jpeg import SCAN, TABLES, scan_end, segments
from shipedge.images.zeros import refuse_lost_blocks

_LOST = bytes(512)  # file systems lose no less at a time


def refuse_lost_scans(content: bytes, name: str) -> None:
    """Raise ImageError where zero bytes stand for pixels, but are not how this file would write pixels of one color.

    libjpeg decodes them, and complains only where the number of pixels does not come out right.
    """
    if content.find(_LOST) < 0:
        return
    file, flat = io.BytesIO(content), dict[int, bool]()
    try:
        for marker, length in segments(file):
            segment = take(file, length)
            if marker == TABLES:
                flat |= _zeros_are_flat(segment)
            elif marker == SCAN:
                start = file.tell()
                end = scan_end(content, start)
                if not _may_be_flat(segment, flat):
                    refuse_lost_blocks(content, start, end, len(_LOST), name)
                file.seek(end)
    except (EOFError, IndexError):  # the decoder will say so
        return


def _may_be_flat(scan: bytes, flat: dict[int, bool]) -> bool:
    """Whether zero bytes in a scan may be pixels of one color, by its header and the tables so far."""
    table, first, last, again = scan[2], scan[-3], scan[-2], scan[-1] >> 4
    if again and not first:  # plain bits of coefficients that are known already
        return True
    constant = first > 0 or flat.get(table >> 4, False)
    smooth = (first == 0 and last == 0) or flat.get(16 | table & 15, False)
    return constant and smooth


def _zeros_are_flat(segment: bytes) -> dict[int, bool]:
    """Number of a Huffman table (+ 16: for frequencies) -> whether its code of zero bits says: no change, no more."""
    found, at = {}, 0
    while at + 17 < len(segment):
        found[segment[at]] = not segment[at + 17] & 15
        at += 17 + sum(segment[at + 1 : at + 17])
    return found
