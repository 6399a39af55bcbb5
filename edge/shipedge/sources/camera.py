"""A camera by its number."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import cv2
import numpy as np

from shipedge.errors import SourceError
from shipedge.frame import Frame

__all__ = ["read_camera"]


def read_camera(name: str) -> Iterator[Frame]:
    """Frames of "camera N" without end; time_s counts from the first frame.

    Raises:
        SourceError: there is no such camera, or it stops giving frames.
    """
    number = int(name.removeprefix("camera "))
    try:
        capture = cv2.VideoCapture(number)
    except cv2.error:
        raise SourceError(f"no camera {number} on this machine") from None
    try:
        if not capture.isOpened():
            raise SourceError(f"no camera {number} on this machine (or it is in use, or not permitted)")
        begin: float | None = None
        index = 0
        while True:
            start = perf_counter()
            good, bgr = capture.read()
            now = perf_counter()
            if not good:
                raise SourceError(f"{name}: stopped giving frames after {index}")
            begin = now if begin is None else begin
            rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
            yield Frame(rgb, name, index, now - begin, (perf_counter() - start) * 1e3)
            index += 1
    finally:
        capture.release()
