"""Videos and cameras, through OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from shipedge.errors import SourceError
from shipedge.frame import Frame

__all__ = ["read_video", "video_info"]


def video_info(name: str) -> tuple[float, int]:
    """Frames per second and number of frames of a video, as its header says; 0 where it does not say."""
    capture = _open(name)
    try:
        return _fps(capture), max(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0)
    finally:
        capture.release()


def read_video(name: str) -> Iterator[Frame]:
    """Every frame of a video file; time_s from its frames per second.

    Raises:
        SourceError: it cannot be opened, or it ends early: the frames up to there have been given.
    """
    capture = _open(name)
    try:
        fps = _fps(capture)
        promised = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        index = 0
        while True:
            start = perf_counter()
            good, bgr = capture.read()
            if not good:
                break
            rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB, dst=bgr), np.uint8)
            time_s = index / fps if fps else None
            yield Frame(rgb, name, index, time_s, (perf_counter() - start) * 1e3)
            index += 1
    finally:
        capture.release()
    if index == 0:
        raise SourceError(f"{name}: no frame of this video can be decoded")
    # Headers round, so a frame or two may be missing from a good file.
    if promised - index > max(2, promised // 100):
        raise SourceError(f"{name}: the video breaks off after {index} of {promised} frames")


def _fps(capture: cv2.VideoCapture) -> float:
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    return fps if 0 < fps < 1000 else 0.0


def _open(name: str) -> cv2.VideoCapture:
    try:
        with Path(name).open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise SourceError(f"{name}: cannot be read: {error.strerror}") from None
    if empty:
        raise SourceError(f"{name}: the file is empty")
    # An absolute path: FFmpeg would read "12:30.mp4" as an address with the scheme "12".
    try:
        capture = cv2.VideoCapture(str(Path(name).absolute()), cv2.CAP_FFMPEG)
    except (cv2.error, UnicodeError):
        raise SourceError(f"{name!r}: OpenCV cannot open a video of this name") from None
    if not capture.isOpened():
        raise SourceError(f"{name}: not a video, or damaged")
    return capture
