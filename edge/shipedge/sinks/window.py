"""Frames in a window, where there is a display."""

from __future__ import annotations

import os
import sys

import cv2

from shipedge.errors import ConfigError
from shipedge.events import Result
from shipedge.frame import Frame
from shipedge.sinks.draw import draw_result
from shipedge.sources import Source
from shipedge.system.child import python, run_probe

__all__ = ["Window", "main"]

_SIDE = 1280


class Window:
    """A sink that shows the newest frame of each source in a window of its own; q asks to stop.

    Attributes:
        closed: q was pressed.
    """

    def __init__(self) -> None:
        """Tries whether a window can be opened, in a process of its own: the library ends one that cannot.

        Raises:
            ConfigError: it cannot.
        """
        self.closed = False
        wanted = sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        if wanted or not run_probe(python("shipedge.sinks.window")).works:
            raise ConfigError("--show needs a display and opencv-python, and no window can be opened here")

    def __enter__(self) -> Window:
        """A window is opened by its first frame."""
        return self

    def write(self, frame: Frame, result: Result) -> None:
        """Shows a frame."""
        bgr = cv2.cvtColor(draw_result(frame.pixels, result), cv2.COLOR_RGB2BGR)
        scale = _SIDE / max(bgr.shape[:2])
        if scale < 1:
            bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        cv2.imshow(result.source, bgr)
        self.closed |= cv2.waitKey(1) & 0xFF == ord("q")

    def end(self, source: Source) -> None:
        """The last frame stays."""

    def __exit__(self, *_details: object) -> None:
        """Closes the windows."""
        cv2.destroyAllWindows()


def main() -> int:
    """Whether a window can be opened: the exit code."""
    cv2.namedWindow("shipedge")
    cv2.waitKey(1)
    return 0
