"""Video files, through OpenCV."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from shipedge.errors import SourceError
from shipedge.frame import Frame
from shipedge.sources.budget import VideoBudget
from shipedge.sources.container import (
    breaks_off,
    edited_seconds,
    has_times,
    is_mirrored,
    is_text,
    lists_frames,
    video_streams,
)
from shipedge.sources.containers.parameter_sets import frame_shapes
from shipedge.sources.resolve import refuse_endless
from shipedge.system.stderr import FFMPEG, capture_stderr

__all__ = ["ANOTHER_DECODER", "BEFORE_KEYFRAME", "read_video", "video_info"]

_ONE_THREAD = (cv2.CAP_PROP_N_THREADS, 1)
"""Several threads of a decoder run ahead of the frame that is read: whose complaint it is could not be told."""
ANOTHER_DECODER = re.compile("hardware accelerated|Failed to get pixel format|Get current frame error|deprecated pixel")
"""Complaints after which another decoder takes over."""
BEFORE_KEYFRAME = re.compile(
    "non-existing PPS|no frame!|decode_slice_header error|co located POCs unavailable|mmco: unref short failure"
    "|number of reference frames|reference image missing during reorder|Missing reference image, default is"
    "|PPS id out of range|Could not find ref with POC|Error constructing the frame RPS|Invalid frame dimensions"
)
"""What comes before the first keyframe of a recording that began in the middle: it is not decoded and not given."""
_LOOKED_AT = 1 << 24
"""Bytes that are searched for other sizes of frames; a longer file pays for larger ones."""
_CONTAINERS = re.compile("ogg: |matroska,webm: ")
"""Whose complaints about the first seconds are heard only while the video is opened; a decoder repeats its own."""


def video_info(name: str) -> tuple[float, int]:
    """Mean frames per second and number of frames as the header says or estimates them; 0 where it does not say."""
    with _opened(name) as (capture, _):
        return _fps(capture), _count(capture)


def read_video(name: str, max_pixels: int | None = None) -> Iterator[Frame]:
    """Every frame of a video file, turned as viewers show it.

    `time_s` is the time stamp of the container, in seconds since the first frame: a variable frame rate and gaps are
    kept, and it never goes back. A frame without a stamp, or with one that is not later, follows the one before at the
    mean frame rate. None throughout for raw H.264, H.265 and JPEG streams, which have no stamps.

    One thread decodes, and videos that are read at the same time take turns, frame by frame.

    What the decoder complains about makes the video a damaged one: OpenCV goes on with frames that the decoder made up.
    Interlaced frames OpenCV cannot convert at all; it returns memory that nobody wrote.

    The number of frames in a header is often an estimate, so whether a video ends early is judged by the structure of
    the file, and by the time of the last frame where only a header can tell.

    Args:
        name: the file.
        max_pixels: of one frame, however many there are; None: 2^25, and no more of one and of all frames than a file
            of its size is likely to hold. Headers that list no frames are not believed: the frames are counted.

    Raises:
        SourceError: it cannot be opened, its frames are interlaced, or it is damaged, has a second video, ends early or
            does not end: the frames up to there have been given.
    """
    damage: list[str] = []
    index, first, time_s = 0, 0.0, None
    with _opened(name) as (capture, complaints):
        damage += [f"at its beginning: {complaint}" for complaint in complaints if _CONTAINERS.match(complaint)][:1]
        fps, promised = _fps(capture), _count(capture)
        budget = VideoBudget(name, Path(name).stat().st_size, _largest(name, capture), _is_common(capture), max_pixels)
        if lists_frames(name):
            budget.refuse_promised(promised)
        stamped = has_times(name)
        while True:
            start = perf_counter()
            (good, bgr), complaints = capture_stderr(capture.read, FFMPEG)
            if any("interlaced" in complaint for complaint in complaints):
                raise SourceError(f"{name}: its frames are interlaced: deinterlace it first (ffmpeg -vf yadif)")
            damage += [
                f"at frame {index}: {complaint}" if good else f"after frame {index - 1}: {complaint}"
                for complaint in complaints
                if not ANOTHER_DECODER.search(complaint) and (index or not BEFORE_KEYFRAME.search(complaint))
            ][:1]
            if not good:
                break
            budget.refuse_more(index)
            if stamped:
                stamp = float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1e3
                first = stamp if time_s is None else first
                time_s = _time(stamp - first, time_s, 1 / fps if fps else 0.0)
            rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB, dst=bgr), np.uint8)
            yield Frame(rgb, name, index, time_s, (perf_counter() - start) * 1e3)
            del bgr, rgb  # before the next one is decoded
            index += 1
    if index == 0:
        raise SourceError(f"{name}: no frame of this video can be decoded")
    _refuse_early_end(name, index, time_s, fps, promised)
    if damage:
        raise SourceError(f"{name}: the video is damaged, {len(damage)} of {index} frames, the first {damage[0]}")
    if (streams := video_streams(name)) > 1:
        raise SourceError(f"{name}: holds {streams} videos, of which the first was read: write each into its own file")


def _time(stamp: float, before: float | None, step: float) -> float:
    if before is None:
        return 0.0
    return stamp if stamp > before else before + step


def _refuse_early_end(name: str, frames: int, last: float | None, fps: float, promised: int) -> None:
    end = None if last is None or not fps else last + 1 / fps
    duration = promised / fps if fps else 0.0
    early = breaks_off(name)
    if early is None and end is not None:
        # Headers round, and an edit list may leave frames out: both the frames and their time must be missing.
        lasts = min(duration, edited_seconds(name) or duration)
        early = promised - frames > max(2, promised // 100) and lasts - end > max(2 / fps, lasts / 100)
    if not early:
        return
    if end is not None and duration > end:
        raise SourceError(f"{name}: the video breaks off after {frames} frames, {end:.1f} of {duration:.1f} s")
    raise SourceError(f"{name}: the video breaks off after {frames} frames: the end of the file is missing")


def _fps(capture: cv2.VideoCapture) -> float:
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    return fps if 0 < fps < 1000 else 0.0


def _count(capture: cv2.VideoCapture) -> int:
    return max(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0)


def _shape(capture: cv2.VideoCapture) -> tuple[int, int]:
    return int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)), int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))


def _largest(name: str, capture: cv2.VideoCapture) -> tuple[int, int]:
    """(height, width) of the largest frames, also of those that come later: a decoder takes their memory at once."""
    with Path(name).open("rb") as file:
        shapes = frame_shapes(file.read(_LOOKED_AT))
        return max([_shape(capture), *shapes], key=lambda shape: shape[0] * shape[1])


def _is_common(capture: cv2.VideoCapture) -> bool:
    """Whether the decoder keeps brightness in 8 bits and color at half size."""
    return int(capture.get(cv2.CAP_PROP_CODEC_PIXEL_FORMAT)) == cv2.VideoWriter.fourcc(*"I420")


@contextmanager
def _opened(name: str) -> Iterator[tuple[cv2.VideoCapture, list[str]]]:
    """The open video, and what FFmpeg complained about until then."""
    _refuse(name)
    # An absolute path: FFmpeg would read "12:30.mp4" as an address with the scheme "12".
    path = str(Path(name).absolute())
    try:
        capture, complaints = capture_stderr(lambda: cv2.VideoCapture(path, cv2.CAP_FFMPEG, _ONE_THREAD), FFMPEG)
    except (cv2.error, UnicodeError):
        raise SourceError(f"{name!r}: OpenCV cannot open a video of this name") from None
    try:
        if not capture.isOpened():
            if breaks_off(name):
                raise SourceError(f"{name}: the end of the video is missing, and nothing of it can be read without")
            raise SourceError(f"{name}: not a video, or damaged")
        if is_mirrored(name):
            raise SourceError(f"{name}: is stored as in a mirror, which cannot be undone here: convert the video first")
        yield capture, complaints
    finally:
        capture.release()


def _refuse(name: str) -> None:
    """Names what is no video before FFmpeg opens it."""
    try:
        # Without O_NONBLOCK a pipe that was put in the place of the file would be waited for.
        number = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            status = os.fstat(number)
        finally:
            os.close(number)
    except OSError as error:
        raise SourceError(f"{name}: cannot be read: {error.strerror}") from None
    refuse_endless(name, status.st_mode)
    if not status.st_size:
        raise SourceError(f"{name}: the file is empty")
    if is_text(name):
        raise SourceError(f"{name}: not a video but a text, which may name other files or addresses")
