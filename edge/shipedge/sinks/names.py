"""Names of the files that are made of sources."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from shipedge.sources import Source, source_named

__all__ = ["FileNames"]

_LONGEST = 200
"""Bytes: a name may have 255, and the hidden file needs some."""


class FileNames(dict[str, str]):
    """A file name of its own for every source: {source name: file name}.

    a.png becomes a.jpg, or a.png.jpg where there is an a.jpeg, too; a name taken already gets -2, -3, ... An image that
    appears later, in a watched folder, keeps its suffix: a.png.jpg.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        """Names those that are known."""
        super().__init__()
        self._kinds = {source.name: source.kind for source in sources}
        self._taken: set[str] = set()
        stems = Counter(stem for stem, _ in {(source.stem.casefold(), Path(source.name).name) for source in sources})
        for source in sources:
            if source.name not in self:
                shared = stems[source.stem.casefold()] > 1 and not source.name.endswith(_suffix(source))
                self[source.name] = self._free(source, Path(source.name).name if shared else source.stem)

    def __missing__(self, name: str) -> str:
        """The name of the file of an image that was not known before."""
        source = source_named(name)
        self._kinds[name] = source.kind
        self[name] = self._free(source, Path(name).name)
        return self[name]

    def is_image(self, name: str) -> bool:
        """Whether it is of a single image, and not of a video or stream."""
        return self[name] != "" and self._kinds[name] == "image"

    def _free(self, source: Source, wanted: str) -> str:
        # OpenCV wants valid UTF-8.
        stem = os.fsencode(wanted)[:_LONGEST].decode("utf-8", "ignore") or "unnamed"
        name, number = stem + _suffix(source), 2
        while name.casefold() in self._taken:  # file systems that ignore case exist
            name, number = f"{stem}-{number}{_suffix(source)}", number + 1
        self._taken.add(name.casefold())
        return name


def _suffix(source: Source) -> str:
    return ".jpg" if source.kind == "image" else ".mp4"
