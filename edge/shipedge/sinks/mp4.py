"""One annotated video in the making: an mp4 that plays as fast as its source and appears when it is whole."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import SourceError
from shipedge.files.atomic import hidden_folder, naming
from shipedge.sources.container import boxes, breaks_off

__all__ = ["Mp4"]

FPS = 25.0
"""For sources without time stamps."""


class Mp4:
    """A video in a hidden folder until it is closed."""

    def __init__(self, path: Path, first: NDArray[np.uint8]) -> None:
        """Opens the file in the hidden folder.

        Raises:
            SourceError: OpenCV has no encoder for frames of this size.
        """
        self.path = path
        self._shape = first.shape
        self._frames = 0
        self._times: tuple[float, float] | None = None
        self._stack = ExitStack()
        with naming(path):
            self._temporary = self._stack.enter_context(hidden_folder(path.parent)) / "new.mp4"
        height, width = (side + side % 2 for side in first.shape[:2])
        # mp4v: the encoder that every OpenCV wheel has; H.264 is in none of them.
        fourcc = cv2.VideoWriter.fourcc(*"mp4v")
        self._writer = cv2.VideoWriter(str(self._temporary), cv2.CAP_FFMPEG, fourcc, FPS, (width, height))
        if not self._writer.isOpened():
            self._stack.close()
            raise SourceError(f"{path}: OpenCV cannot write an mp4 of {first.shape[1]}x{first.shape[0]} pixels here")

    def write(self, bgr: NDArray[np.uint8], source: str, time_s: float | None) -> None:
        """Adds a frame. OpenCV would drop one of another size without a word, and cut an odd last row or column off."""
        if bgr.shape != self._shape:
            raise SourceError(f"{source}: the frames change their size; an annotated video cannot follow")
        height, width = bgr.shape[:2]
        self._writer.write(cv2.copyMakeBorder(bgr, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE))
        self._frames += 1
        if time_s is not None:
            self._times = (time_s if self._times is None else self._times[0], time_s)

    def close(self, keep: bool) -> None:
        """Finishes the file and puts it in its place.

        Raises:
            SourceError: it did not become whole; an earlier file of that name is left alone.
        """
        self._writer.release()
        try:
            if not keep:
                return
            if not self._is_whole():
                raise SourceError(f"{self.path}: the annotated video could not be written whole; is the disk full?")
            self._keep_speed()
            self._temporary.replace(self.path)
        finally:
            self._stack.close()

    def _is_whole(self) -> bool:
        """OpenCV does not say that a write has failed, so the file is asked."""
        capture = cv2.VideoCapture(str(self._temporary.absolute()), cv2.CAP_FFMPEG)
        try:
            frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
        finally:
            capture.release()
        return frames == self._frames and not breaks_off(str(self._temporary))

    def _keep_speed(self) -> None:
        """Sets the mean frame rate of the source, known only now: OpenCV wants one before the first frame."""
        if self._times is None or self._frames < 2 or self._times[1] <= self._times[0]:
            return
        step = (self._times[1] - self._times[0]) / (self._frames - 1)
        with self._temporary.open("r+b") as file:
            size = os.fstat(file.fileno()).st_size
            start, end = next(place for kind, *place in boxes(file, size) if kind == b"moov")
            file.seek(start)
            index = _with_step(file.read(end - start), step, self._frames)
            file.seek(start)
            file.write(index)


def _with_step(index: bytes, step: float, frames: int) -> bytes:
    """The index of an mp4 of one track as FFmpeg writes it, with `step` seconds from frame to frame."""
    changed = bytearray(index)

    def place(kind: bytes, number: int) -> slice:
        start = index.find(kind) + 4 + 4 * number  # numbers of four bytes behind the name of the box
        return slice(start, start + 4)

    movie, media = (int.from_bytes(index[place(kind, 3)], "big") for kind in (b"mvhd", b"mdhd"))  # units a second
    ticks = max(round(step * media), 1)
    plays = -(-ticks * frames * movie // media)  # rounded up, or the last frame would lie behind the end
    numbers = [(b"mvhd", 4, plays), (b"tkhd", 5, plays), (b"elst", 2, plays), (b"mdhd", 4, ticks * frames)]
    for kind, number, value in [*numbers, (b"stts", 3, ticks)]:
        changed[place(kind, number)] = min(value, 0xFFFFFFFF).to_bytes(4, "big")
    return bytes(changed)
