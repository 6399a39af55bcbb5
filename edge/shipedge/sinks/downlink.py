"""The most valuable ships in few bytes, for a link that carries no more."""

from __future__ import annotations

import base64
import errno
import hashlib
import heapq
import json
import os
from itertools import count
from time import monotonic
from typing import NamedTuple

import cv2
from msgspec import UNSET, to_builtins

from shipedge.events import Found, Result
from shipedge.events.log import Log
from shipedge.events.reading import whole_lines
from shipedge.files.atomic import is_stream, naming, write_all
from shipedge.frame import Frame
from shipedge.rle import parse
from shipedge.sinks.crops import crop
from shipedge.sources import Source

__all__ = ["Budget", "Downlink"]

NAME = "downlink.jsonl"
SIDE = 64
"""Longer side of a crop, pixels."""
QUALITY = 60
WAITING = 10_000
"""Ships that wait for their turn; the least valuable of more are left out."""


class Budget(NamedTuple):
    """Bytes that may be sent: of each frame, or of each hour."""

    most_bytes: int
    per: str


class Downlink:
    """Writes one line for each ship into downlink.jsonl: what the log says of it, and a small image of it.

    The value of a ship is its score times its area. With a budget for each frame its ships are written from the most
    valuable on, without those that do not fit any more. With one for each hour, bytes become free little by little, and
    the most valuable of all ships that wait goes first; those that still wait at the end are in the log alone.

    Attributes:
        path: of the file.
        ships: that were found.
        sent: those of them that are in it.
    """

    def __init__(self, log: Log, budget: Budget) -> None:
        """Nothing is touched before `__enter__`; `log` must be open then."""
        self._log, self._budget = log, budget
        self.path = log.path.with_name(NAME)
        self.ships = self.sent = 0
        self._descriptor = -1
        self._written: set[bytes] = set()
        self._waiting: list[tuple[float, int, bytes]] = []
        self._numbers = count()
        self._free, self._last = 0.0, monotonic()

    def __enter__(self) -> Downlink:
        """Raises FileExistsError where the file is a pipe or device; nothing is touched before the first frame."""
        if is_stream(self.path):
            raise FileExistsError(errno.EEXIST, "is a pipe or device, expected a file", str(self.path))
        return self

    def _open(self) -> None:
        """Opens the file; goes on in it where the log goes on."""
        goes_on = self._log.recorded.goes_on and self.path.exists()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (0 if goes_on else os.O_TRUNC) | getattr(os, "O_NOFOLLOW", 0)
        with naming(self.path):
            self._descriptor = os.open(self.path, flags, 0o666)
            if goes_on:
                whole = 0
                for _, end, line in whole_lines(self.path):
                    self._written.add(_key(line))
                    whole = end
                os.ftruncate(self._descriptor, whole)

    def write(self, frame: Frame, result: Result) -> None:
        """Takes the ships of one frame."""
        if self._descriptor < 0:
            self._open()
        shape = (result.shape[0], result.shape[1])
        ships = [(_value(ship, shape), next(self._numbers), _line(frame, result, ship)) for ship in result.ships]
        self.ships += len(ships)
        if self._budget.per == "frame":
            chosen, left = [], self._budget.most_bytes
            for _, _, line in sorted(ships, key=lambda ship: -ship[0]):
                if len(line) <= left:
                    chosen.append(line)
                    left -= len(line)
            self._send(chosen)
            return
        for value, number, line in ships:
            heapq.heappush(self._waiting, (-value, number, line))
        if len(self._waiting) > WAITING:
            self._waiting = heapq.nsmallest(WAITING, self._waiting)  # sorted, and so a heap
        self._send_what_fits()

    def end(self, source: Source) -> None:
        """Nothing is left to do."""

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Closes the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def _send_what_fits(self) -> None:
        now = monotonic()
        self._free = min(
            self._free + self._budget.most_bytes * (now - self._last) / 3600, float(self._budget.most_bytes)
        )
        self._last = now
        while self._waiting and len(self._waiting[0][2]) <= self._free:
            line = heapq.heappop(self._waiting)[2]
            self._send([line])
            self._free -= len(line)

    def _send(self, lines: list[bytes]) -> None:
        """Writes lines, but for those that a run has written before it was killed."""
        with naming(self.path):
            write_all(self._descriptor, b"".join(line for line in lines if _key(line) not in self._written))
        self.sent += len(lines)


def _key(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=16).digest()


def _value(ship: Found, shape: tuple[int, int]) -> float:
    return ship.score * parse(ship.rle, shape).area


def _line(frame: Frame, result: Result, ship: Found) -> bytes:
    pixels = crop(frame, ship)
    scale = min(SIDE / max(pixels.shape[:2]), 1.0)
    size = [max(round(side * scale), 1) for side in pixels.shape[1::-1]]
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    encoded = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    values = {
        "source": result.source,
        "index": result.index,
        **({} if result.captured is UNSET else {"captured": result.captured}),
        "shape": result.shape,
        **to_builtins(ship),
        "jpeg": base64.b64encode(encoded.tobytes()).decode(),
    }
    return (json.dumps(values, separators=(",", ":"), allow_nan=False) + "\n").encode("ascii")
