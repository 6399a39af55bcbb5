"""A camera over HTTP, on loopback: what it does with each connection is a function of the test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import cv2
import numpy as np

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"


def jpeg(number: int, shape=(48, 64)) -> bytes:
    """An image that tells its number: blocks of 8 x 8 pixels are its bits."""
    pixels = np.zeros(shape, np.uint8)
    for bit in range(16):
        if number >> bit & 1:
            y, x = divmod(bit, 4)
            pixels[y * 8 : y * 8 + 8, x * 8 : x * 8 + 8] = 255
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def number(pixels) -> int:
    """The number of the image."""
    return sum(1 << bit for bit in range(16) if pixels[bit // 4 * 8 + 4, bit % 4 * 8 + 4, 0] > 127)


def part(content: bytes) -> bytes:
    return b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(content), content)


class Camera:
    """Serves `acts[k](send, request)` to connection k, the last one to all that follow; then closes it.

    `send` raises OSError once the other side has gone.
    """

    def __init__(self, *acts: Callable[[Callable[[bytes], None], bytes], None]) -> None:
        self.acts, self.connections, self.stopped = acts, 0, threading.Event()
        self.requests: list[bytes] = []
        self._open: set[socket.socket] = set()
        self.listen(0)

    def listen(self, port: int) -> None:
        self.alive = True
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def url(self, path="/film", user="") -> str:
        return f"http://{user}{'@' if user else ''}127.0.0.1:{self.port}{path}"

    def die(self) -> None:
        """All connections end, and none is taken any more, as when the power of a camera is cut."""
        self.alive = False
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Camera:
        return self

    def __exit__(self, *details) -> None:
        self.stopped.set()
        self.die()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                act = self.acts[min(self.connections, len(self.acts) - 1)]
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection, act), daemon=True).start()

    def _serve(self, connection: socket.socket, act) -> None:
        self._open.add(connection)
        with connection, suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                piece = connection.recv(1 << 14)
                if not piece:
                    return
                request += piece
            self.requests.append(request)
            act(connection.sendall, request)
        self._open.discard(connection)

    def film(self, first=1, last=1 << 30, period_s=0.02, shape=(48, 64)):
        """An act: images with numbers, until the camera is stopped."""

        def act(send, request):
            send(HEAD)
            for k in range(first, last):
                send(part(jpeg(k, shape)))
                if self.stopped.wait(period_s):
                    return

        return act
