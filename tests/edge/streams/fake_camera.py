"""The process that reads a camera, with a device of OpenCV that is none: it does what FAKE_CAMERA says, once."""

import os
import signal
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from shipedge.sources import grabbing
from shipedge.sources.grabbing import main

__all__ = ["main"]


class Capture:
    def __init__(self, number):
        assert number == 3
        self._count = Path(os.environ["FAKE_COUNT"])
        self._fault = os.environ["FAKE_CAMERA"] if not self._count.exists() else ""
        self._number = int(self._count.read_text()) if self._count.exists() else 0
        sys.stderr.write("[ERROR] the fake device complains in its own words\n")

    def isOpened(self):  # noqa: N802
        return self._fault != "absent"

    def grab(self):
        time.sleep(0.02)
        self._number += 1
        if self._number == 5 and self._fault:
            self._count.write_text("100")
            if self._fault == "hangs":
                time.sleep(3600)
            if self._fault == "crashes":
                os.kill(os.getpid(), signal.SIGSEGV)
            return False
        return True

    def retrieve(self):
        frame = np.zeros((48, 64, 3), np.uint8)
        frame[..., 2] = self._number  # OpenCV has blue first
        return True, frame

    def get(self, _number):
        return 0.0


cv2.VideoCapture = Capture
grabbing.cv2 = cv2
