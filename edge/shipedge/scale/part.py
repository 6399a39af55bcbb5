"""What becomes of a block: lines of the log."""

from __future__ import annotations

from typing import NamedTuple

from shipedge.events import Failure, utc
from shipedge.events.reading import to_line
from shipedge.scale.blocks import Item

__all__ = ["Part", "failed_part", "joined"]


class Part(NamedTuple):
    """What became of a block, or of a piece of it.

    Attributes:
        lines: of the log.
        record: a line of JSON for each item that was read, with its size and checksum.
        frames: that were looked at.
        failed: a sentence for each item that was not.
    """

    lines: bytes
    record: bytes
    frames: int
    failed: tuple[str, ...]


def joined(parts: list[Part]) -> Part:
    """The part of a block from those of its pieces, in their order."""
    return Part(
        b"".join(part.lines for part in parts),
        b"".join(part.record for part in parts),
        sum(part.frames for part in parts),
        tuple(text for part in parts for text in part.failed),
    )


def failed_part(item: Item, trouble: str) -> Part:
    """What is written of an item that nobody could look at."""
    return Part(to_line(Failure(item.name, utc(), trouble)), b"", 0, (trouble,))
