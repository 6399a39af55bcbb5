"""Annotated copies: NAME.jpg of each image, NAME.mp4 of each video and camera."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
from msgspec import UNSET

from shipedge.errors import SourceError
from shipedge.events import Result
from shipedge.files.atomic import own_folder, write_atomic
from shipedge.frame import Frame
from shipedge.images.budget import MOST_PIXELS
from shipedge.sinks.base import keeps
from shipedge.sinks.draw import draw_result
from shipedge.sinks.draw_tracks import Tails, draw_tracks
from shipedge.sinks.mp4 import Mp4
from shipedge.sinks.names import FileNames
from shipedge.sources import Source

__all__ = ["Annotated"]

QUALITY = 92


class Annotated:
    """Draws every result into `folder`; each file appears when it is complete."""

    def __init__(self, folder: Path, sources: Sequence[Source]) -> None:
        """Nothing is touched before `__enter__`."""
        self._folder = folder
        self._names = FileNames(sources)
        self._again = {source.name for source in sources if source.kind == "video"}
        self._videos: dict[str, Mp4] = {}
        self._tails: defaultdict[str, Tails] = defaultdict(Tails)

    def __enter__(self) -> Annotated:
        """Makes the folder. Raises OSError when that is not possible."""
        own_folder(self._folder)
        return self

    def write(self, frame: Frame, result: Result) -> None:
        """Draws one frame."""
        if result.shape[0] * result.shape[1] > MOST_PIXELS:
            raise SourceError(f"{result.source}: too large to be annotated; leave --annotate out")
        pixels = frame.pixels
        if result.camera is not UNSET:
            pixels = pixels.copy()
            draw_tracks(pixels, result, self._tails[result.source])  # below outlines and scores
        drawn = draw_result(pixels, result)
        bgr = np.asarray(cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR, dst=drawn), np.uint8)
        if self._names.is_image(result.source):
            good, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            if not good:  # JPEG ends at 65,535 pixels a side
                raise SourceError(f"{result.source}: too large to be annotated as JPEG; leave --annotate out")
            write_atomic(self._folder / self._names[result.source], encoded.tobytes())
            return
        if result.source not in self._videos:
            self._videos[result.source] = Mp4(self._new_video(result.source), bgr)
        self._videos[result.source].write(bgr, result.source, frame.time_s)

    def end(self, source: Source) -> None:
        """Puts the video of this source in its place.

        Raises:
            SourceError: it did not become whole.
        """
        self._tails.pop(source.name, None)
        if video := self._videos.pop(source.name, None):
            video.close(keep=True)

    def _new_video(self, source: str) -> Path:
        """Where the video of a source will lie: one of a camera replaces none of an earlier run."""
        path = self._folder / self._names[source]
        stem, number = path.stem, 2
        while source not in self._again and path.exists():
            path, number = path.with_name(f"{stem}-{number}.mp4"), number + 1
        return path

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Finishes the videos in hand.

        Raises:
            SourceError: one did not become whole.
        """
        with ExitStack() as stack:
            for video in self._videos.values():
                stack.callback(video.close, keeps(kind))
            self._videos = {}
