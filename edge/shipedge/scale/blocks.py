"""What is read, in blocks that are planned one after the other: the next one begins when somebody has time for it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from shipedge.engines.tries import Share

__all__ = ["IMAGES", "Block", "Item", "blocks", "file_stamp", "refused"]

IMAGES = 64
"""Images of a block, where the user says nothing."""
_MOST_BYTES = 1 << 25
"""Of the images that a block brings along: several blocks are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to read: an image, or a video.

    Attributes:
        name: of the source in the results.
        kind: "file" and "url" are read by whoever works on them, a "scene" by many; "content" brings its bytes, and
            "refused" is none.
        address: of a "url": what is opened, never to be shown: it may hold a signature.
        content: the bytes of a member of a shard.
        stamp: what tells it from another of this name: bytes and time, or a checksum; "" where nobody knows.
        size: bytes that a manifest expects, None: any number.
        sha256: that a manifest expects, "": any.
        trouble: why it is refused, one sentence.
        pixels: of a scene.
    """

    name: str
    kind: Literal["file", "scene", "url", "content", "refused"]
    content: bytes = b""
    stamp: str = ""
    size: int | None = None
    sha256: str = ""
    trouble: str = ""
    address: str = field(default="", repr=False)
    pixels: int = 0


def file_stamp(path: str, status: os.stat_result | None = None) -> str:
    """The stamp of a local file; "" where it cannot be had, which is said when the file is read."""
    try:
        status = status or os.stat(path)  # noqa: PTH116 - half of pathlib's time, for each of millions
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"


def refused(name: str, trouble: str) -> Item:
    """What is no image, with a reason that follows its name."""
    return Item(name, "refused", trouble=f"{name}: {trouble}", stamp=trouble)


@dataclass(frozen=True, slots=True)
class Block(Share[Item]):
    """Items of which the results are one file, or a piece of such a block; `number` is that of the file."""

    def inputs(self) -> str:
        """What tells its items from others."""
        text = "\0".join(f"{item.name}\0{item.kind}\0{item.stamp}\0{item.size}\0{item.sha256}" for item in self.items)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def blocks(items: Iterable[Item], images: int = IMAGES) -> Iterator[Block]:
    """Blocks of at most so many items, which hold at most 32 MiB or a single item; the same ones every time.

    A scene is a block of its own.
    """
    number, waiting, size = 0, list[Item](), 0
    for item in items:
        full = len(waiting) == images or size + len(item.content) > _MOST_BYTES
        if waiting and (full or "scene" in (item.kind, waiting[0].kind)):
            yield Block(number, tuple(waiting))
            number, waiting, size = number + 1, [], 0
        waiting.append(item)
        size += len(item.content)
        del item
    if waiting:
        yield Block(number, tuple(waiting))
