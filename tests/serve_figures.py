"""What viewers cost the models: frames a second with 0, 1, 20 and 200 of them, in turns.

    python tests/serve_figures.py [SECONDS a turn] [ROUNDS]

A camera gives more frames than the models can take. Viewers, camera and service share this machine, so only ratios say
anything.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "edge" / "streams"))
from servers import HEAD, Camera, part


def images():
    """Ships that move over a sea, encoded before anything is measured."""
    sea = np.clip(np.random.default_rng(1).normal(0, 6, (576, 1024, 1)) + np.array([110, 80, 50]), 0, 255)
    for k in range(100):
        frame = sea.astype(np.uint8)
        for row, step in ((120, 3), (300, -2), (430, 5)):
            cv2.ellipse(frame, ((row + step * k) % 1024, row), (40, 9), 0, 0, 360, (235, 235, 235), -1)
        yield part(cv2.imencode(".jpg", frame)[1].tobytes())


def film(parts):
    def act(send, _request):
        send(HEAD)
        while True:
            for one in parts:
                send(one)
                time.sleep(0.015)

    return act


class Viewers:
    """Browsers that read all they get, in one thread."""

    def __init__(self, port: int, path: str, number: int) -> None:
        self._stopped, self.bytes = threading.Event(), 0
        self._sockets = []
        for _ in range(number):
            viewer = socket.create_connection(("127.0.0.1", port))
            viewer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            viewer.settimeout(0.2)
            self._sockets.append(viewer)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        import select

        while not self._stopped.is_set() and self._sockets:
            for viewer in select.select(self._sockets, [], [], 0.2)[0]:
                self.bytes += len(viewer.recv(1 << 18))

    def __enter__(self) -> Viewers:
        return self

    def __exit__(self, *_details: object) -> None:
        self._stopped.set()
        self._thread.join()
        for viewer in self._sockets:
            viewer.close()


def main() -> None:
    seconds, rounds = (float(sys.argv[1]) if len(sys.argv) > 1 else 10.0), int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        camera = stack.enter_context(Camera(film(list(images()))))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        config = folder / "serve.toml"
        config.write_text(f'[server]\nlisten = "127.0.0.1:{port}"\n[sources.harbor]\nurl = "{camera.url()}"\n')
        process = subprocess.Popen([sys.executable, "-m", "shipedge", "serve", str(config)], stderr=subprocess.DEVNULL)
        stack.callback(process.wait)
        stack.callback(process.terminate)

        def status():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/status", timeout=20) as answer:
                return json.load(answer)

        while True:
            try:
                source = status()["sources"][0]
                if source["frames"] > 20:
                    break
            except OSError:
                pass
            time.sleep(0.3)
        rates: dict[int, list[float]] = {0: [], 1: [], 20: [], 200: []}
        for _ in range(rounds):
            for number, measured in rates.items():
                with Viewers(port, f"/live/{source['id']}.mjpg", number):
                    time.sleep(2)
                    before, begin = status()["sources"][0]["frames"], time.monotonic()
                    time.sleep(seconds)
                    measured.append((status()["sources"][0]["frames"] - before) / (time.monotonic() - begin))
                time.sleep(1)
        base = median(rates[0])
        for number, measured in rates.items():
            values = " ".join(f"{rate:.1f}" for rate in measured)
            ratio = median(rate / none for rate, none in zip(measured, rates[0], strict=True))
            print(f"{number} viewers: {values} frames/s, {ratio:.2f} of none")
        print(f"{base:.1f} frames/s, {status()['info']['memory_bytes'] / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
