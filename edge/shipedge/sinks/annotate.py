"""Annotated copies: NAME.jpg of each picture, NAME.mp4 of each video and camera."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from shipedge.atomic import own_folder, write_atomic
from shipedge.errors import SourceError
from shipedge.frame import Frame, FrameResult
from shipedge.images.budget import MOST_PIXELS
from shipedge.sinks.base import keeps
from shipedge.sinks.draw import draw_result
from shipedge.sinks.mp4 import Mp4
from shipedge.sources import Source

__all__ = ["Annotated", "annotated_names"]

QUALITY = 92


def annotated_names(sources: Sequence[Source]) -> dict[str, str]:
    """A file name of its own for every source: {source name: file name}.

    a.png becomes a.jpg, or a.png.jpg where there is an a.jpeg, too; a name taken already gets -2, -3, ...
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    stems = Counter(stem for stem, _ in {(source.stem.casefold(), Path(source.name).name) for source in sources})
    for source in sources:
        if source.name in names:
            continue
        suffix = ".jpg" if source.kind == "picture" else ".mp4"
        shared = stems[source.stem.casefold()] > 1 and not source.name.endswith(suffix)
        # A name may have 255 bytes, and the hidden file needs some; OpenCV wants valid UTF-8.
        stem = os.fsencode(Path(source.name).name if shared else source.stem)[:200].decode("utf-8", "ignore")
        stem = stem or "unnamed"
        name, number = stem + suffix, 2
        while name.casefold() in taken:  # file systems that ignore case exist
            name, number = f"{stem}-{number}{suffix}", number + 1
        taken.add(name.casefold())
        names[source.name] = name
    return names


class Annotated:
    """Draws every result into `folder`; each file appears when it is complete."""

    def __init__(self, folder: Path, sources: Sequence[Source]) -> None:
        """Nothing is touched before `__enter__`."""
        self._folder = folder
        self._names = annotated_names(sources)
        self._sources = {source.name: source for source in sources}
        self._video: Mp4 | None = None

    def __enter__(self) -> Annotated:
        """Makes the folder. Raises OSError when that is not possible."""
        own_folder(self._folder)
        return self

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Draws one frame."""
        if result.shape[0] * result.shape[1] > MOST_PIXELS:
            raise SourceError(f"{result.source}: too large to be annotated; leave --annotate out")
        drawn = draw_result(frame.pixels, result)
        bgr = np.asarray(cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR, dst=drawn), np.uint8)
        path = self._folder / self._names[result.source]
        if self._sources[result.source].kind == "picture":
            good, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            if not good:  # JPEG ends at 65,535 pixels a side
                raise SourceError(f"{result.source}: too large to be annotated as JPEG; leave --annotate out")
            write_atomic(path, encoded.tobytes())
            return
        if self._video is None or self._video.path != path:
            try:
                self._close_video()
            finally:  # whatever became of the last video, this one has all its frames
                self._video = Mp4(path, bgr)
                self._video.write(bgr, result.source, frame.time_s)
        else:
            self._video.write(bgr, result.source, frame.time_s)

    def _close_video(self, keep: bool = True) -> None:
        if self._video is not None:
            video, self._video = self._video, None
            video.close(keep)

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Finishes the video in hand.

        Raises:
            SourceError: it did not become whole.
        """
        self._close_video(keeps(kind))
