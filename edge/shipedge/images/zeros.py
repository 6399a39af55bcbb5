"""Blocks of zero bytes inside compressed pixels: what a file system or a copy leaves of blocks it has lost.

Compressed data hold no such runs, and formats without checksums decode them without a complaint.
"""

from __future__ import annotations

from shipedge.errors import ImageError


def refuse_lost_blocks(content: bytes, start: int, end: int, length: int, name: str, before: int = 0) -> None:
    """Raise ImageError where `length` or more zero bytes follow each other in content[start:end].

    `before` bytes of the file come before the content.
    """
    at = content.find(bytes(length), start, end)
    if at >= 0:
        stop = at
        while stop < end and not content[stop]:
            stop += 1
        raise ImageError(
            name, f"the image is damaged: {stop - at} zero bytes in its pixels, at byte {before + at}", "damaged"
        )
