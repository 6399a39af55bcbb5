"""Figures of live sources on this machine: how fast they come back, how old frames are under overload, how many fit.

    python tests/streams_figures.py

The servers run in a process of their own; frames are samples of the package at 1920 x 1080, 30 a second.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent / "edge/streams"))

from servers import HEAD, Camera, part

import shipedge
from shipedge.events import Gap
from shipedge.frame import Frame
from shipedge.sources import Limits, resolve
from shipedge.sources.feeds import Feeds
from shipedge.sources.stream import Patience

FPS, SECONDS = 30, 10
MODELS_S = 2 / FPS  # the models take twice the time between two frames
FAULTS = ("ends", "stalls", "drips", "garbage")


def encoded() -> list[bytes]:
    """A second of frames: one sample, moved a little each time."""
    image = cv2.imread(str(next((Path(shipedge.__file__).parent / "samples").glob("*.jpg"))))
    large = cv2.resize(image, (1920 + 4 * FPS, 1080))
    parts = [cv2.imencode(".jpg", large[:, 4 * k : 4 * k + 1920])[1].tobytes() for k in range(FPS)]
    return list(map(part, parts))


def serve(count: int, fault: str, ports: multiprocessing.Queue) -> None:
    """Cameras; a fault comes a second after the first connection."""
    parts = encoded()

    def act(camera: Camera):
        def film(send, request):
            send(HEAD)
            faulty, k, due = fault and camera.connections == 1, 0, time.monotonic()
            while not (faulty and k == FPS):
                send(parts[k % FPS])
                k, due = k + 1, due + 1 / FPS
                camera.stopped.wait(max(due - time.monotonic(), 0))
            if fault == "stalls":
                send(parts[0][:500])
                camera.stopped.wait(60)
            while fault == "drips":
                send(b"\0")
                camera.stopped.wait(1)
            if fault == "garbage":
                send(np.random.default_rng(0).bytes(1 << 20))

        return film

    for _ in range(count):
        camera = Camera()
        camera.acts = (act(camera),)
        ports.put(camera.port)
    threading.Event().wait()


def with_cameras(count: int, fault: str = ""):
    """Addresses of so many, and the process that serves them."""
    ports: multiprocessing.Queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=serve, args=(count, fault, ports), daemon=True)
    process.start()
    return [f"http://127.0.0.1:{ports.get()}/film" for _ in range(count)], process


def measure(count: int, models_s: float) -> tuple[float, list[float], int]:
    """Frames a second, their ages in milliseconds when they are taken, and how many were dropped."""
    addresses, process = with_cameras(count)
    ages = []
    with Feeds(resolve(addresses), limits=Limits(duration_s=SECONDS)) as feeds:
        for item in feeds:
            if isinstance(item, Frame):
                ages.append((time.monotonic() - item.captured.clock) * 1e3)
                time.sleep(models_s)
    process.kill()
    return len(ages) / SECONDS, ages, sum(feeds.dropped.values())


def recovery(fault: str) -> tuple[float, str]:
    """Seconds from the last frame before a gap to the first after it, with a read time-out of 2 s."""
    addresses, process = with_cameras(1, fault)
    last, gap = 0.0, None
    with Feeds(resolve(addresses), patience=Patience(read_s=2)) as feeds:
        for item in feeds:
            if isinstance(item, Gap):
                gap = item
            elif isinstance(item, Frame):
                if gap is not None:
                    break
                last = item.captured.clock
    process.kill()
    return item.captured.clock - last, gap.reason


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    for count, models_s in ((1, 0), (4, 0), (1, MODELS_S), (4, MODELS_S)):
        rate, ages, dropped = measure(count, models_s)
        p50, p95, most = np.percentile(ages, [50, 95, 100])
        print(
            f"{count} streams, models take {models_s * 1e3:3.0f} ms: {rate:5.1f} frames/s, age p50 {p50:.1f} ms, "
            f"p95 {p95:.1f} ms, most {most:.1f} ms, dropped {dropped}"
        )
    for fault in FAULTS:
        print("{}: back after {:.2f} s ({})".format(fault, *recovery(fault)))
