"""The end of a source, among its frames."""

from __future__ import annotations

from typing import NamedTuple

from shipedge.errors import SourceError
from shipedge.sources.resolve import Source

__all__ = ["Ended"]


class Ended(NamedTuple):
    """Nothing more comes of a source; `error` says why where that is not its end."""

    source: Source
    error: SourceError | None = None
