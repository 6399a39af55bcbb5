"""What is read, in blocks that are planned one after the other: the next one begins when somebody has time for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

__all__ = ["IMAGES", "Block", "Item", "blocks", "halves", "refused"]

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


def refused(name: str, trouble: str) -> Item:
    """What is no image, with a reason that follows its name."""
    return Item(name, "refused", trouble=f"{name}: {trouble}", stamp=trouble)


class Block(NamedTuple):
    """Items that are worked on together, or a piece of such a block that is tried again.

    Attributes:
        number: of the block and its file of results, from 0.
        items: those of the piece.
        first: number of the first of them in the block.
        deaths: processes that died over it.
    """

    number: int
    items: tuple[Item, ...]
    first: int = 0
    deaths: int = 0

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


def halves(block: Block) -> list[Block]:
    """What is tried after a process has died over a block: once more the same, then each half of it.

    Returns:
        Nothing for a single item that has had all its chances.
    """
    deaths, middle = block.deaths + 1, len(block.items) // 2
    if deaths == 1:
        return [block._replace(deaths=deaths)]
    if not middle:
        return [block._replace(deaths=deaths)] if deaths <= _CHANCES else []
    # Pieces begin where a single item has two chances left: whoever kills at random hardly ever hits it twice.
    return [
        Block(block.number, block.items[:middle], block.first, 1),
        Block(block.number, block.items[middle:], block.first + middle, 1),
    ]


_CHANCES = 2
"""Times that a single item is tried again."""
