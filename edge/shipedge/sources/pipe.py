"""Images one after the other on standard input: JPEG and PNG, also with headers between them."""

from __future__ import annotations

import os
import select
import struct
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from time import monotonic

from shipedge.errors import SourceError
from shipedge.events import Notice, utc
from shipedge.frame import Captured, Frame
from shipedge.images import jpeg, png
from shipedge.sources.mjpeg import MOST_BYTES, shot_of
from shipedge.sources.stream import Wish

__all__ = ["read_pipe", "split"]

_JPEG = jpeg.START + b"\xff"
_BETWEEN = 4096
"""Bytes between two images that may be the headers of a film."""


def read_pipe(name: str, wish: Wish, descriptor: int = 0) -> Iterator[Frame | Notice]:
    """Every wanted image; whoever writes has to wait until it is read, none is dropped.

    Raises:
        SourceError: something else than images came, or some were damaged; whole ones have been given.
    """
    thin = wish.thin()
    first: float | None = None
    count = 0
    damage: list[str] = []
    for number, content in enumerate(split(_pieces(descriptor, wish), name)):
        clock = monotonic()
        if not thin.wants(clock):
            continue
        shot = shot_of(content, clock, name, wish)
        if shot.pixels is None:
            damage.append(f"image {number}: {shot.complaint}")
            yield Notice(name, utc(), f"image {number} is left out: {shot.complaint}")
            continue
        first = clock if first is None else first
        captured = Captured(datetime.now(timezone.utc), clock)
        yield Frame(shot.pixels, name, count, clock - first, shot.decode_ms, captured=captured)
        count += 1
        del shot
    if not count and not damage and not wish.stopped.is_set():
        raise SourceError(f"{name}: no image came, expected JPEG or PNG one after the other")
    if damage:
        raise SourceError(f"{name}: {len(damage)} damaged images, the first {damage[0]}")


def split(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The encoded images in a stream of bytes. Raises SourceError where it holds something else, or breaks off."""
    buffer, searched, ended = bytearray(), 0, False
    while not ended:
        piece = next(pieces, b"")
        ended = not piece
        buffer += piece
        while True:
            start = _start(buffer)
            if start > _BETWEEN or (start < 0 and len(buffer) > _BETWEEN):
                raise SourceError(f"{name}: something else than images came, expected JPEG or PNG one after the other")
            if start < 0:
                break
            if start:
                del buffer[:start]
                searched = 0
            end = _end(buffer, searched)
            if end is None:
                searched = max(len(buffer) - 1, 0)
                break
            yield bytes(buffer[:end])
            del buffer[:end]
            searched = 0
        if len(buffer) > MOST_BYTES:
            raise SourceError(f"{name}: an image of more than {MOST_BYTES >> 20} MiB, expected less")
    if _start(buffer) >= 0:
        raise SourceError(f"{name}: breaks off in the middle of an image")


def _start(buffer: bytearray) -> int:
    found = [at for at in (buffer.find(_JPEG), buffer.find(png.SIGNATURE)) if at >= 0]
    return min(found, default=-1)


def _end(buffer: bytearray, searched: int) -> int | None:
    """Where the image at the beginning ends; None where it does not yet."""
    if buffer.startswith(png.SIGNATURE):
        at = len(png.SIGNATURE)
        while at + 8 <= len(buffer):
            length, kind = struct.unpack_from(">I4s", buffer, at)
            at += 12 + length
            if kind == b"IEND":
                return at if at <= len(buffer) else None
        return None
    if buffer.find(b"\xff\xd9", searched) < 0:  # walking through all of it for every piece would take long
        return None
    end = jpeg.find_end(bytes(buffer))
    return None if end is None else end + 2


def _pieces(descriptor: int, wish: Wish) -> Iterator[bytes]:
    while not wish.stopped.is_set():
        if sys.platform != "win32" and not select.select([descriptor], [], [], 0.2)[0]:
            continue
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            return
        yield piece
