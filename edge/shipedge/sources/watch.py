"""A folder in which images appear: each is read once it is complete."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from shipedge.errors import ImageError, SourceError
from shipedge.frame import Captured, Frame
from shipedge.images.header import SUFFIXES
from shipedge.sources.ended import Ended
from shipedge.sources.files import read_frame
from shipedge.sources.resolve import Source
from shipedge.sources.stream import Wish

__all__ = ["read_watched"]

LOOK_S = 0.25
"""Between two looks: polling works on network drives and SD cards alike, where notifications do not."""
GIVEN_UP_S = 60.0
"""After which a file that is not whole and does not change is damaged, not half-written."""


class _State(NamedTuple):
    size: int
    changed_ns: int


def read_watched(
    folder: str, wish: Wish, look_s: float = LOOK_S, given_up_s: float = GIVEN_UP_S
) -> Iterator[Frame | Ended]:
    """The images of a folder, those that are there first, by name; after each its `Ended`.

    A file is looked at when it stayed the same between two looks, and taken when it is whole: a writer may pause. One
    that is written anew is a new image.

    Raises:
        SourceError: the folder cannot be read any more.
    """
    before: dict[str, _State] = {}
    done: dict[str, _State] = {}
    doubtful: dict[str, tuple[_State, float]] = {}
    while not wish.stopped.is_set():
        now = _listed(folder)
        done = {name: state for name, state in done.items() if name in now}
        for name in sorted(now):
            state = now[name]
            if before.get(name) != state or done.get(name) == state or not state.size or wish.stopped.is_set():
                continue
            tried, since = doubtful.get(name, (None, monotonic()))
            if tried == state and monotonic() - since < given_up_s:
                continue
            source = Source("image", name)
            try:
                frame = read_frame(name, wish.reading)
                frame.captured = _written(state)
                yield frame
                del frame
                yield Ended(source)
            except ImageError as error:
                if tried != state:
                    doubtful[name] = (state, monotonic())
                    continue
                yield Ended(source, error)
            doubtful.pop(name, None)
            done[name] = state
        before = now
        wish.stopped.wait(look_s)


def _written(state: _State) -> Captured:
    """When a file was written, which tells it from one of its name before."""
    written = datetime.fromtimestamp(state.changed_ns / 1e9, timezone.utc)
    return Captured(written, monotonic() - (datetime.now(timezone.utc) - written).total_seconds())


def _listed(folder: str) -> dict[str, _State]:
    found = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or Path(entry.name).suffix.lower() not in SUFFIXES:
                    continue
                with suppress(FileNotFoundError):  # it went away between listing and looking
                    status = entry.stat()
                    if stat.S_ISREG(status.st_mode):
                        found[str(Path(folder, entry.name))] = _State(status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise SourceError(f"watch:{folder}: cannot be read any more: {error.strerror}") from None
    return found
