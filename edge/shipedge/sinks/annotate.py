"""Annotated copies: NAME.jpg of each picture, NAME.mp4 of each video and camera."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.atomic import write_atomic
from shipedge.errors import SourceError
from shipedge.frame import Frame, FrameResult
from shipedge.sinks.base import keeps
from shipedge.sinks.draw import draw_result
from shipedge.sources import Source
from shipedge.sources.video import video_info

__all__ = ["Annotated", "annotated_names"]

QUALITY = 92
FALLBACK_FPS = 25.0
"""For cameras and for files that do not say."""


def annotated_names(sources: Sequence[Source]) -> dict[str, str]:
    """A file name of its own for every source: {source name: file name}; a name taken already gets -2, -3, ..."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for source in sources:
        if source.name in names:
            continue
        suffix = ".jpg" if source.kind == "picture" else ".mp4"
        # A name may have 255 bytes, and the hidden file needs some; OpenCV wants valid UTF-8.
        stem = os.fsencode(source.stem)[:200].decode("utf-8", "ignore") or "unnamed"
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
        self._video: _Video | None = None

    def __enter__(self) -> Annotated:
        """Makes the folder. Raises OSError when that is not possible."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Draws one frame."""
        bgr = np.asarray(cv2.cvtColor(draw_result(frame.pixels, result), cv2.COLOR_RGB2BGR), np.uint8)
        path = self._folder / self._names[result.source]
        if self._sources[result.source].kind == "picture":
            good, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            if not good:  # JPEG ends at 65,535 pixels a side
                raise SourceError(f"{result.source}: too large to be annotated as JPEG; leave --annotate out")
            write_atomic(path, encoded.tobytes())
            return
        if self._video is None or self._video.path != path:
            self._close_video()
            self._video = _Video(path, self._fps(result.source), bgr)
        self._video.write(bgr, result.source)

    def _fps(self, name: str) -> float:
        return (video_info(name)[0] if self._sources[name].kind == "video" else 0.0) or FALLBACK_FPS

    def _close_video(self, keep: bool = True) -> None:
        if self._video is not None:
            self._video.close(keep)
            self._video = None

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Finishes the video in hand."""
        self._close_video(keeps(kind))


class _Video:
    """One mp4 in the making, under a hidden name until it is closed."""

    def __init__(self, path: Path, fps: float, first: NDArray[np.uint8]) -> None:
        self.path = path
        self._size = (first.shape[1], first.shape[0])
        self._temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp.mp4")
        # mp4v: the encoder that every OpenCV wheel has; H.264 is in none of them.
        fourcc = cv2.VideoWriter.fourcc(*"mp4v")
        self._writer = cv2.VideoWriter(str(self._temporary), cv2.CAP_FFMPEG, fourcc, fps, self._size)
        if not self._writer.isOpened():
            self._temporary.unlink(missing_ok=True)
            raise SourceError(f"{path}: OpenCV cannot write an mp4 of {self._size[0]}x{self._size[1]} pixels here")

    def write(self, bgr: NDArray[np.uint8], source: str) -> None:
        """Adds a frame; OpenCV would drop one of another size without a word."""
        if (bgr.shape[1], bgr.shape[0]) != self._size:
            raise SourceError(f"{source}: the frames change their size; an annotated video cannot follow")
        self._writer.write(bgr)

    def close(self, keep: bool) -> None:
        """Finishes the file and puts it in its place."""
        self._writer.release()
        if keep and self._temporary.exists():
            self._temporary.replace(self.path)
        self._temporary.unlink(missing_ok=True)
