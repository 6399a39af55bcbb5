"""Sources that come and go while it runs: those of the file, and those that the page adds and stops."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

from shipedge.errors import ShipedgeError, SourceError
from shipedge.serve.board import Board, id_of
from shipedge.serve.channel import Add, Stop
from shipedge.serve.config import MOST_SOURCES
from shipedge.sources import Source, resolve
from shipedge.sources.address import SCHEMES, scheme_of
from shipedge.sources.feeds import Feeds
from shipedge.sources.resolve import stream_at

__all__ = ["Changes"]


class Changes:
    """What is read now; any thread may change it."""

    def __init__(self, board: Board) -> None:
        """Nothing yet."""
        self._board = board
        self._lock = threading.Lock()
        self._feeds: Feeds | None = None
        self._running: dict[str, Source] = {}
        self._of_file: dict[str, Source] = {}

    def begin(self, feeds: Feeds, sources: list[Source]) -> None:
        """Starts the sources of the file."""
        with self._lock:
            self._feeds = feeds
            self._of_file = {source.label: source for source in sources}
            for source in sources:
                self._start(source)

    def reload(self, sources: list[Source]) -> None:
        """The file has changed: what is the same goes on without losing a frame; what was added by hand goes on too."""
        with self._lock:
            wanted = {source.label: source for source in sources}
            for label, source in list(self._running.items()):
                other = wanted.get(label)
                if label in self._of_file and (other is None or _values(other) != _values(source)):
                    self._stop(label)
            self._of_file = wanted
            for label, source in wanted.items():
                if label not in self._running:
                    self._start(source)

    def take(self, message: Add | Stop) -> str:
        """Does what the page asks for; returns what is wrong, or ""."""
        with self._lock:
            if self._feeds is None:
                return "the models are not ready yet"
            if isinstance(message, Stop):
                label = next((label for label in self._running if id_of(label) == message.id), None)
                if label is None:
                    return "there is no such source"
                self._stop(label)
                return ""
            try:
                self._start(self._new(message))
            except ShipedgeError as error:
                return str(error)
            return ""

    def _new(self, add: Add) -> Source:
        """A camera or a stream, and nothing else: files and variables of this machine are nothing for a page."""
        if len(self._running) >= MOST_SOURCES:
            raise SourceError(f"there are {len(self._running)} sources, expected at most {MOST_SOURCES}")
        name = add.name.strip()
        if not name or not name.isprintable() or len(name) > 100:
            raise SourceError("expected a name of at most 100 printable characters")
        if name in self._running or any(source.name == name for source in self._running.values()):
            raise SourceError(f"{name}: there is a source of this name")
        if scheme_of(add.url) in SCHEMES:
            source = stream_at(add.url, add.user or None, add.password)
        elif add.url.isascii() and add.url.isdigit() and not add.user:
            source = resolve([add.url])[0]
        else:
            raise SourceError(f"expected an address ({', '.join(SCHEMES)}://...) or the number of a camera")
        return replace(source, name=name, fps=add.fps, every=add.every, gsd_m=add.gsd_m)

    def _start(self, source: Source) -> None:
        assert self._feeds is not None
        if source.label in self._running:
            raise SourceError(f"{source.label}: there is a source of this name")
        self._board.join(source)
        self._running[source.label] = source
        self._feeds.add(source)

    def _stop(self, label: str) -> None:
        assert self._feeds is not None
        source = self._running.pop(label)
        with suppress(KeyError):
            self._feeds.stop(source.name)
        self._board.leave(label)


def _values(source: Source) -> list[Any]:
    """What two sources are the same by; polygons are arrays, which have no equality of their own."""
    region = source.region
    polygons = None if region is None else [[ring.tolist() for ring in rings] for rings in region.polygons]
    return [*(getattr(source, field.name) for field in fields(source) if field.name != "region"), polygons]
