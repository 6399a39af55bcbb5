"""Frames as images: one encoder for all who look, in a thread that takes the newest frame and holds nobody back."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import cv2
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from shipedge.events import Found, Result, utc
from shipedge.frame import Frame
from shipedge.serve.board import id_of
from shipedge.serve.channel import Image
from shipedge.serve.store import connect, text
from shipedge.sinks.draw import draw_result
from shipedge.sinks.draw_tracks import Tails, draw_tracks
from shipedge.sources import Source

__all__ = ["Drawing"]

_LOOKED_AT_S, _ALONE_S = 0.1, 1.0
"""Between two images of a source that somebody looks at, and of one that nobody does."""
_KEPT_S, _KEPT_NEW_S = 10.0, 1.0
"""Between two images for the list of detections, and between two where a ship is new."""
_SIDE, _SMALL = 1280, 320
_MOST_PIXELS = 1 << 25
_LOG = logging.getLogger("shipedge.serve")


class _Taken(NamedTuple):
    pixels: NDArray[np.uint8]
    result: Result
    name: str
    kept: bool


class Drawing:
    """A sink that draws: images to `show`, and small ones of detections into the database."""

    def __init__(self, folder: Path, name_of: Callable[[str], str], show: Callable[[Image], None]) -> None:
        """Nothing is opened before `__enter__`."""
        self.looked_at: frozenset[str] = frozenset()
        self._folder, self._name_of, self._show = folder, name_of, show
        self._change = threading.Condition()
        self._waiting: dict[str, _Taken] = {}
        self._drawn: dict[str, float] = {}
        self._kept: dict[str, tuple[float, int]] = {}
        self._tails: defaultdict[str, Tails] = defaultdict(Tails)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="shipedge-images", daemon=True)

    def __enter__(self) -> Drawing:
        """Starts the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_details: object) -> None:
        """Ends it."""
        with self._change:
            self._stopped = True
            self._change.notify()
        self._thread.join(5)

    def write(self, frame: Frame, result: Result) -> None:
        """Takes a frame where an image is due; otherwise it costs nothing."""
        if result.shape[0] * result.shape[1] > _MOST_PIXELS:
            return
        name, now = self._name_of(result.source), monotonic()
        step = _LOOKED_AT_S if id_of(name) in self.looked_at else _ALONE_S
        kept = self._is_kept(name, result, now)
        if not kept and now - self._drawn.get(name, -1e9) < step:
            return
        self._drawn[name] = now
        taken = _Taken(frame.pixels, result, name, kept)
        with self._change:
            before = self._waiting.pop(name, None)
            self._waiting[name] = before if before is not None and before.kept and not kept else taken
            self._change.notify()

    def end(self, source: Source) -> None:
        """Forgets a source."""
        for known in (self._drawn, self._kept, self._tails):
            known.pop(source.label, None)

    def _is_kept(self, name: str, result: Result, now: float) -> bool:
        if not result.ships:
            return False
        last, highest = self._kept.get(name, (-1e9, 0))
        newest = max((ship.track for ship in result.ships if ship.track is not UNSET), default=0)
        if now - last < (_KEPT_NEW_S if newest > highest else _KEPT_S):
            return False
        self._kept[name] = now, max(newest, highest)
        return True

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: bool(self._waiting) or self._stopped)
                if self._stopped and not self._waiting:
                    return
                taken = self._waiting.pop(next(iter(self._waiting)))
            try:
                self._draw(taken)
            except (cv2.error, OSError, sqlite3.Error) as error:
                _LOG.error("an image of %s is lost: %s", taken.name, error)
            del taken

    def _draw(self, taken: _Taken) -> None:
        result, pixels = taken.result, taken.pixels
        if result.camera is not UNSET:
            pixels = pixels.copy()
            draw_tracks(pixels, result, self._tails[taken.name])
        drawn = draw_result(pixels, result)
        time = utc() if result.captured is UNSET else result.captured
        self._show(Image(id_of(taken.name), time, result.index, _jpeg(drawn, _SIDE, 80)))
        if taken.kept:
            with closing(connect(self._folder)) as database:
                row = (text(taken.name), result.index, time, _jpeg(_around_best(drawn, result), _SMALL, 75))
                database.execute("INSERT OR REPLACE INTO images (source, frame, time, jpeg) VALUES (?, ?, ?, ?)", row)


def _around_best(drawn: NDArray[np.uint8], result: Result) -> NDArray[np.uint8]:
    """What is around its clearest ship, by score times area: a small image of a large frame shows none."""

    def worth(ship: Found) -> float:
        left, top, right, bottom = ship.bbox
        return ship.score * (right - left) * (bottom - top)

    left, top, right, bottom = max(result.ships, key=worth).bbox
    height, width = drawn.shape[:2]
    wide = min(max(_SMALL, 2 * (right - left), 3 * (bottom - top)), width)
    high = min(wide * 5 // 8, height)
    x = min(max((left + right - wide) // 2, 0), width - wide)
    y = min(max((top + bottom - high) // 2, 0), height - high)
    return drawn[y : y + high, x : x + wide]


def _jpeg(rgb: NDArray[np.uint8], side: int, quality: int) -> bytes:
    scale = side / max(rgb.shape[:2])
    if scale < 1:
        size = (max(round(rgb.shape[1] * scale), 1), max(round(rgb.shape[0] * scale), 1))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    good, encoded = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise OSError("OpenCV cannot encode it")
    return encoded.tobytes()
