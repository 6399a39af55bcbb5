"""The begin and the end of a source, among the frames of all."""

from __future__ import annotations

from typing import NamedTuple

from shipedge.errors import SourceError
from shipedge.sources.resolve import Source

__all__ = ["Ended", "Joined"]


class Ended(NamedTuple):
    """Nothing more comes of a source; `error` says why where that is not its end."""

    source: Source
    error: SourceError | None = None


class Joined(NamedTuple):
    """A source is read from here on, which was not among those that the run began with."""

    source: Source
