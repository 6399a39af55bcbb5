"""A real `shipedge serve` with toy models, and what a camera shows it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "streams"))

import cv2
import numpy as np
from servers import HEAD, part

LIMIT_S = 60


def wait_for(condition, limit_s=LIMIT_S):
    """What the condition gives, once that is true."""
    end = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
    return value


def ships_film(period_s=0.05, ships=1, shape=(96, 128)):
    """An act of `Camera`: bright ships that come for five frames, go for five, and come back elsewhere."""

    def act(send, request):
        send(HEAD)
        k = 0
        while True:
            pixels = np.full((*shape, 3), 40, np.uint8)
            pixels[:2, : 8 * (k % 16)] = 60
            for ship in range(ships if k % 10 < 5 else 0):
                left = (k // 10 * 37 + 40 * ship) % (shape[1] - 32)
                pixels[32:64, left : left + 32] = 255
            send(part(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()))
            k += 1
            time.sleep(period_s)

    return act


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Service:
    """One `shipedge serve`, which can be killed and started again."""

    def __init__(self, folder: Path, bundle: Path, config: str, server="", listen="127.0.0.1", environment=None):
        self.folder, self.port, self.listen = folder, free_port(), listen
        self.environment = {**os.environ, **(environment or {})}
        self.bundle, self.server = bundle, server
        self.write(config)

    def write(self, config: str) -> None:
        server = f'[server]\nlisten = "{self.listen}:{self.port}"\n{self.server}\n'
        models = f'[models]\nbundle = "{self.bundle}"\nthreads = 1\n'
        (self.folder / "serve.toml").write_text(f'data = "data"\n{server}{models}{config}')

    def start(self, ready=True) -> Service:
        command = [sys.executable, "-m", "shipedge", "serve", str(self.folder / "serve.toml")]
        self.log = (self.folder / "stderr.txt").open("ab")
        self.process = subprocess.Popen(command, stderr=self.log, stdout=self.log, env=self.environment)
        if ready:
            wait_for(lambda: self.get("/readyz")[0] == 200 or self.process.poll() is not None)
            assert self.process.poll() is None, self.said()
        return self

    def said(self) -> str:
        return (self.folder / "stderr.txt").read_text()

    def get(self, path, headers=None, data=None, method=None, host=None):
        """(status, headers, body); 0 where nothing answers."""
        address = f"http://{host or '127.0.0.1'}:{self.port}{path}"
        request = urllib.request.Request(address, data, headers or {}, method=method)
        try:
            with _OPENER.open(request, timeout=15) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()
        except OSError:
            return 0, {}, b""

    def json(self, path, **options):
        status, _, body = self.get(path, **options)
        assert status < 300, (status, body, self.said())
        return json.loads(body)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.log.close()
        return code


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *details):
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())
