"""What tells the results of one command from those of another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipedge.bundle import Bundle
    from shipedge.sources import Source

__all__ = ["digest", "fingerprint"]


def fingerprint(bundle: Bundle, made_by: list[Any], sources: Sequence[Source]) -> str:
    """What tells this batch from others: whatever changes results, and the files as they are now."""
    from shipedge import __version__

    parts: list[Any] = [__version__, bundle.manifest, made_by]
    for source in sources:
        try:
            status = Path(source.name).stat()
            region = [] if source.region is None else [[r.tolist() for r in rings] for rings in source.region.polygons]
            own = [source.fps, source.every, source.gsd_m, region]
            parts.append((source.name, status.st_size, status.st_mtime_ns, own))
        except OSError:  # said when it is read
            parts.append(source.name)
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:32]


def digest(path: str | None) -> str | None:
    """The SHA-256 of a file's content; None for no file."""
    return None if path is None else hashlib.sha256(Path(path).read_bytes()).hexdigest()
