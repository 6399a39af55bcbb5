"""The process behind `grabber`: keeps a stream flowing through OpenCV, and sends the newest frame when it is asked."""

from __future__ import annotations

import ctypes
import os
import re
import sys
import tempfile
import threading
from multiprocessing.connection import Connection
from time import monotonic, sleep

import cv2
import msgspec
import numpy as np

from shipedge.sources.address import without_secrets
from shipedge.sources.grabber import Grabbed, Told
from shipedge.sources.lag import Lag
from shipedge.sources.limits import Thin
from shipedge.sources.video import ANOTHER_DECODER, BEFORE_KEYFRAME
from shipedge.system.child import serve_only

__all__ = ["main"]

_SETTLED_S = 30.0
"""Without a complaint, after which a stream that has no key frames is believed again."""
_NO_VIDEO = "what is sent there is no video"
_RECEIVED = re.compile(r"Statistics: [1-9]\d* bytes read")
_LATE_S = 5.0
"""After which what is on its way is given up, and the stream taken up anew where it is now."""
_SPEED = 1.02
"""At which held back frames are given: faster than the stream, so that none pile up where clocks differ."""
_ERROR = 16
_LINE = re.compile(r"\[OPENCV:FFMPEG:(\d+)\] ?(.*)")
_MISSING = re.compile(r"^Frame num gap|^RTP: missed")
"""Said as chatter: frames that others are made of never came, and the decoder takes something else instead."""
_SIZE = re.compile(r"(?:Reinit context to|coded wxh:|sof0: image:) ?(\d+)x(\d+)")
"""Of H.264, H.265 and JPEG frames, where the decoder finds it."""
_REFUSED = (
    (re.compile(r"\b401\b.*Unauthorized"), "user or password is missing or wrong (401)"),
    (re.compile(r"\b403\b.*Forbidden"), "access is not allowed (403)"),
    (re.compile(r"\b404\b.*not found", re.I), "there is nothing at this address (404)"),
    (re.compile(r"Protocol not found|not on whitelist"), "this OpenCV does not speak this protocol, or is not to"),
    (re.compile(r"Invalid data found|Not detecting|moov atom not found"), _NO_VIDEO),
)


def main(channel: str, life: str) -> int:
    """Serves one stream until it ends, or the other side is gone.

    Args:
        channel: descriptor of the connection.
        life: descriptor of a pipe whose other end closes when the parent ends.
    """
    serve_only(int(life))
    complaints = _Complaints()
    with Connection(int(channel)) as connection:
        asked = msgspec.json.decode(connection.recv_bytes(1 << 16), type=Grabbed)
        told = _Grabbing(asked, connection, complaints).serve()
        secret = asked.address if isinstance(asked.address, str) else ""
        connection.send_bytes(msgspec.json.encode(Told(told.kind, without_secrets(told.text, secret))))
        threading.Event().wait(10)  # the other side reads it, and then ends this process
    return 0


class _Complaints:
    """What libraries write to the standard streams of this process; it names addresses, and nobody else reads it."""

    def __init__(self) -> None:
        self._flush = ctypes.CDLL(None).fflush  # OpenCV prints what FFmpeg says, and the C library keeps it back
        if sys.platform == "linux":
            os.dup2(os.memfd_create("complaints"), 1)
        else:
            with tempfile.TemporaryFile(buffering=0) as file:
                os.dup2(file.fileno(), 1)
        os.dup2(1, 2)

    def new(self) -> list[tuple[int, str]]:
        """What FFmpeg said since the last call, with its levels: up to 16 an error, then a warning, and chatter."""
        self._flush(None)
        length = os.lseek(1, 0, os.SEEK_CUR)
        if not length:
            return []
        os.lseek(1, 0, os.SEEK_SET)
        text = os.read(1, length).decode("utf-8", "replace")
        os.ftruncate(1, 0)
        os.lseek(1, 0, os.SEEK_SET)
        return [(int(match[1]), match[2]) for match in _LINE.finditer(text)]


class _Grabbing:
    def __init__(self, asked: Grabbed, connection: Connection, complaints: _Complaints) -> None:
        self._asked, self._connection, self._complaints = asked, connection, complaints
        self._thin = Thin(asked.fps, asked.every)
        self._wanted = threading.Event()
        self._broken_until_key: float | None = None
        self._lag = Lag()
        self._anchor: tuple[float, float] | None = None
        self._index, self._skipped = 0, 0
        self._sent = False
        self._size: tuple[str, ...] | None = None

    def serve(self) -> Told:
        """Sends frames; how it ended."""
        capture = self._open()
        if isinstance(capture, Told):
            return capture
        threading.Thread(target=self._listen, daemon=True).start()
        promised = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if not self._asked.live else 0
        first: float | None = None
        while True:
            if not self._asked.live:
                self._wanted.wait()
            good = capture.grab()
            clock = monotonic()
            messages = self._complaints.new()
            errors = [text for level, text in messages if level <= _ERROR or _MISSING.search(text)]
            if any("interlaced" in text for text in errors):
                return Told("refused", "its frames are interlaced, which OpenCV cannot convert")
            if not good:
                return self._end(promised)
            if self._is_resized(messages):
                return Told("lost", "the size of its frames changed")
            time_s = float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1e3
            first = time_s if first is None else first
            if self._asked.paced:
                clock = self._pace(clock, time_s)
            elif isinstance(self._asked.address, str) and self._asked.live:
                late = self._lag.of(clock, time_s)
                if late > _LATE_S:
                    return Told("lost", f"its frames came {late:.0f} s late: decoding, or the line, is too slow")
                clock -= late
            complaint = self._complaint(capture, errors, clock)
            self._index += 1
            if not self._thin.wants(clock if self._asked.live else time_s):
                continue
            if not self._wanted.is_set():
                self._skipped += self._sent  # what was on its way before the first one was asked for does not count
                continue
            self._send(capture, complaint, clock, time_s - first)

    def _send(self, capture: cv2.VideoCapture, complaint: str, clock: float, time_s: float) -> None:
        good, bgr = (False, None) if complaint else capture.retrieve()
        self._wanted.clear()
        self._sent = True
        told = Told("frame", "", (0, 0), clock, self._skipped, self._index - 1, time_s)
        self._skipped = 0
        if not good or bgr is None or bgr.ndim != 3:
            text = complaint or "cannot be converted to color"
            secret = self._asked.address if isinstance(self._asked.address, str) else ""
            told = msgspec.structs.replace(told, kind="damaged", text=without_secrets(text, secret))
            self._connection.send_bytes(msgspec.json.encode(told))
            return
        rgb = np.ascontiguousarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        told = msgspec.structs.replace(told, shape=(rgb.shape[0], rgb.shape[1]))
        self._connection.send_bytes(msgspec.json.encode(told))
        self._connection.send_bytes(rgb.data.cast("B"))

    def _pace(self, clock: float, time_s: float) -> float:
        """Holds back a frame that came before its time; the time when it is given."""
        early = -1.0 if self._anchor is None else self._anchor[0] + (time_s - self._anchor[1]) / _SPEED - clock
        if not 0 < early < self._asked.read_s / 2:  # late, or the stream's own time jumped
            self._anchor = (clock, time_s)
            return clock
        sleep(early)
        return monotonic()

    def _open(self) -> cv2.VideoCapture | Told:
        address = self._asked.address
        times = [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(self._asked.open_s * 1e3)),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(self._asked.read_s * 1e3)),
            *(cv2.CAP_PROP_N_THREADS, 1),  # several run ahead of the frame that they complain about
        ]
        start = monotonic()
        try:
            if isinstance(address, int):
                capture = cv2.VideoCapture(address)
            elif address.startswith("gst:"):
                if not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
                    return Told("refused", "this OpenCV is built without GStreamer: build one with it, or use FFmpeg")
                capture = cv2.VideoCapture(address.removeprefix("gst:"), cv2.CAP_GSTREAMER)
            else:
                capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, times)
        except cv2.error:
            return Told("refused", "OpenCV cannot open it")
        messages = self._complaints.new()
        if capture.isOpened():
            self._is_resized(messages)
            return capture
        if isinstance(address, int):
            return Told("refused", "there is no such camera (or it is in use, or not permitted)")
        if address.startswith("gst:"):
            return Told("refused", "GStreamer cannot open this pipeline, which has to end with appsink")
        errors = [text for level, text in messages if level <= _ERROR or _MISSING.search(text)]
        for pattern, sentence in _REFUSED:
            if pattern.search("\n".join(errors)):
                return Told("refused", sentence)
        if len(messages) == 1 and messages[0][1].startswith("Opening "):
            return Told("refused", "FFmpeg, as OpenCV brings it, does not speak this protocol")
        if (
            not errors
            and monotonic() - start < self._asked.open_s
            and any(_RECEIVED.match(text) for _, text in messages)
        ):
            return Told("refused", _NO_VIDEO)
        late = [f"no answer within {self._asked.open_s:g} s"] if monotonic() - start >= self._asked.open_s else []
        why = next(iter(errors + late), "")
        return Told("lost", f"cannot be reached{f' ({why})' if why else ''}")

    def _is_resized(self, messages: list[tuple[int, str]]) -> bool:
        """Whether frames have another size than before: OpenCV goes on with the old one, and gives a part of them."""
        sizes = [match.groups() for _, text in messages if (match := _SIZE.search(text))]
        before, self._size = self._size, sizes[-1] if sizes else self._size
        return before is not None and any(size != before for size in sizes)

    def _complaint(self, capture: cv2.VideoCapture, errors: list[str], clock: float) -> str:
        """What is wrong with the frame that was grabbed; what was damaged stays so until the next key frame."""
        refusals = [
            text
            for text in errors
            if not ANOTHER_DECODER.search(text) and (self._index or not BEFORE_KEYFRAME.search(text))
        ]
        if refusals:
            self._broken_until_key = clock + _SETTLED_S
            return refusals[0]
        if self._broken_until_key is None:
            return ""
        if clock > self._broken_until_key or int(capture.get(cv2.CAP_PROP_FRAME_TYPE)) == ord("I"):
            self._broken_until_key = None
            return ""
        return "what was damaged before is not repaired yet by a key frame"

    def _end(self, promised: int) -> Told:
        if self._asked.live:
            return Told("lost", "the stream broke off" if self._index else "no frame came in time")
        if not self._index:
            return Told("refused", "no frame of this video can be decoded")
        if promised - self._index > max(2, promised // 100):
            return Told("refused", f"the video breaks off after {self._index} of about {promised} frames")
        return Told("end")

    def _listen(self) -> None:
        try:
            while self._connection.recv_bytes(1):
                self._wanted.set()
        except (EOFError, OSError):
            os._exit(0)
