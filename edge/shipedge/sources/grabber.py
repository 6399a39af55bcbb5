"""Streams and cameras that OpenCV reads, each in a process of its own.

There FFmpeg may hang, crash or take memory without harm to the others, and what it complains about is known to be of
this stream (docs/design/adr/0021).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from multiprocessing import BufferTooShort
from time import monotonic, perf_counter

import msgspec
import numpy as np
from msgspec import Struct

from shipedge.errors import SourceError
from shipedge.frame import MAX_PIXELS
from shipedge.images import Pixels
from shipedge.sources.stream import Lost
from shipedge.system.child import end_server, start_server

__all__ = ["Grabbed", "Told", "grab"]

SERVER = "shipedge.sources.grabbing"
_START_S = 30.0
"""Until OpenCV is loaded, on a slow board under load."""
_SPARE_S = 2.0
"""Added to FFmpeg's own time-outs: after that the process hangs."""
_STEP_S = 0.2
"""Within which a wish to stop is noticed."""
_PROTOCOLS = "http,https,httpproxy,tls,tcp,udp,rtp,srtp,rtsp,rtsps,rtmp,rtmps,rtmpt,rtmpts,ffrtmphttp,srt,crypto,data"
"""What a stream may lead to; a playlist from far away must not name files of this machine."""


class Grabbed(Struct, frozen=True):
    """What the process opens.

    Attributes:
        address: what OpenCV opens: the number of a camera, an address, or a GStreamer pipeline after "gst:".
        live: the newest frame is wanted; otherwise every one, and the stream waits.
        paced: frames come faster than they are shown, and are held back: HLS sends many at once.
        fps: see `Limits`.
        every: see `Limits`.
        open_s: FFmpeg's time-out for opening.
        read_s: and for a frame.
    """

    address: str | int
    live: bool = True
    paced: bool = False
    fps: float | None = None
    every: int = 1
    open_s: float = 10.0
    read_s: float = 10.0


class Told(Struct, frozen=True):
    """What the process says before it sends pixels, or instead.

    Attributes:
        kind: "frame", "damaged", "end", "lost" (may come back), "refused" (will not).
        text: why.
        shape: (height, width) of the frame that follows.
        clock: when it came.
        skipped: frames before it that were passed over.
        index: number of the frame in the stream.
        time_s: what the stream itself says, seconds since its first frame; None where it says nothing.
    """

    kind: str
    text: str = ""
    shape: tuple[int, int] = (0, 0)
    clock: float = 0.0
    skipped: int = 0
    index: int = 0
    time_s: float | None = None


Grabs = Iterator[tuple[Told, Pixels | None, float]]


def grab(name: str, asked: Grabbed, stopped: threading.Event) -> Grabs:
    """What one connection gives: what is said of each frame, its pixels, None where damaged, and milliseconds.

    Ends where the stream ends.

    Raises:
        Lost: it cannot be reached, broke off, hangs or crashed.
        SourceError: it is no stream that OpenCV reads; begins with `name`.
    """
    wanted = os.environ.get("OPENCV_FFMPEG_CAPTURE_OPTIONS") or "rtsp_flags;prefer_tcp"
    environment = {
        "OPENCV_FFMPEG_CAPTURE_OPTIONS": f"{wanted}|protocol_whitelist;{_PROTOCOLS}",  # the last one counts
        "OPENCV_LOG_LEVEL": "WARNING",
        "OPENCV_FFMPEG_DEBUG": "1",
        "OPENCV_FFMPEG_LOGLEVEL": "48",  # only there the decoders tell the size of a frame
    }
    try:
        served = start_server(SERVER, environment=environment)
    except OSError as error:
        raise Lost(f"cannot be read in a process of its own ({error.strerror})") from None
    channel = served.channel
    limit_s = _START_S + asked.open_s + asked.read_s
    try:
        channel.send_bytes(msgspec.json.encode(asked))
        while not stopped.is_set():
            channel.send_bytes(b"n")
            due = monotonic() + limit_s
            while not channel.poll(_STEP_S):
                if stopped.is_set():
                    return
                if monotonic() > due:
                    raise Lost("the process that reads it hangs")
            start = perf_counter()
            told = msgspec.json.decode(channel.recv_bytes(1 << 16), type=Told)
            limit_s = asked.read_s + _SPARE_S
            if told.kind == "frame":
                if not 0 < told.shape[0] * told.shape[1] <= MAX_PIXELS:
                    raise Lost("frames without a size")
                pixels = np.empty((*told.shape, 3), np.uint8)
                channel.recv_bytes_into(pixels.data.cast("B"))
                yield told, pixels, (perf_counter() - start) * 1e3
            elif told.kind == "damaged":
                yield told, None, 0.0
            elif told.kind == "end":
                return
            elif told.kind == "lost":
                raise Lost(told.text)
            else:
                raise SourceError(f"{name}: {told.text}")
    except (EOFError, OSError, BufferTooShort, msgspec.DecodeError):
        raise Lost("the process that reads it crashed") from None
    finally:
        end_server(served, os.getpid())
