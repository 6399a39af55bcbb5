"""Images over HTTP: a film of JPEGs (multipart/x-mixed-replace), or a still image that is asked for again and again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import monotonic, perf_counter

from shipedge.errors import ImageError, SourceError
from shipedge.images import decode_image
from shipedge.sources.address import Address
from shipedge.sources.http import Answer, get
from shipedge.sources.limits import Thin
from shipedge.sources.stream import Lost, Shot, Wish

__all__ = ["MOST_BYTES", "read_http", "shot_of"]

MOST_BYTES = 64 << 20
"""Of one image."""
STILLS_FPS = 1.0
"""How often a still image is asked for."""
_DRAIN_S = 0.5
"""For which newer frames are preferred to the one in hand; some always get through."""
_MOST_HEADERS = 1 << 14
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,9})[ \t]*\r?$")
_BLANK = re.compile(rb"\r?\n\r?\n")


def read_http(address: Address, wish: Wish) -> Iterator[Shot]:
    """The frames that a server gives; ends at once where it sends neither a film of images nor an image.

    Of a still image its `ETag` and the time of its last change are respected, and the same one is not a new frame.

    Raises:
        Lost: it cannot be reached, breaks off, or a frame does not become whole in time.
        SourceError: it wants another password, has nothing there, or sends a web page.
    """
    content: bytes | None = None
    known: dict[str, str] = {}
    thin = Thin(None, wish.every)
    while True:
        due = monotonic() + 1 / (wish.fps or STILLS_FPS)
        with get(address, wish.patience.open_s, wish.patience.read_s, known) as answer:
            if answer.content_type.startswith("multipart/"):
                yield from _film(answer, address.name, wish)
            if answer.content_type == "text/html":
                raise SourceError(f"{address.name}: the server sends a web page, expected images or a video")
            if answer.status == 304 and not known:
                raise Lost("the server answers 304 to the first request")
            if answer.status == 304:
                yield Shot(monotonic(), None)
            elif answer.content_type.startswith("image/"):
                new = _whole(answer, wish.deadline())
                given = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
                known = {key: value for key, name in given.items() if (value := answer.headers.get(name))}
                clock = monotonic()
                if new == content:
                    yield Shot(clock, None)
                elif thin.wants(clock):
                    yield shot_of(new, clock, address.name, wish)
                content = new
            else:
                return
        if wish.stopped.wait(max(due - monotonic(), 0)):
            return


def shot_of(content: bytes, clock: float, name: str, wish: Wish) -> Shot:
    """One encoded image as a frame, or what is wrong with it."""
    start = perf_counter()
    try:
        pixels = decode_image(content, name, wish.reading.stretch, max_pixels=wish.reading.max_pixels)
    except ImageError as error:
        return Shot(clock, None, error.text)
    return Shot(clock, pixels, decode_ms=(perf_counter() - start) * 1e3)


def _film(answer: Answer, name: str, wish: Wish) -> Iterator[Shot]:
    boundary = str(answer.headers.get_param("boundary") or "").removeprefix("--").encode()
    if not boundary:
        raise SourceError(f"{name}: a film of images without a boundary between them")
    parts, thin = _Parts(answer, b"--" + boundary), wish.thin()
    while True:
        content: bytes | None = parts.next(wish.deadline())
        wanted: tuple[bytes, float] | None = None
        skipped, until = 0, monotonic() + _DRAIN_S
        # Where decoding is slower than the camera, frames pile up on their way: the newest is decoded.
        while content is not None:
            clock = monotonic()
            if thin.wants(clock):
                skipped += wanted is not None
                wanted = content, clock
            content = parts.ready(wish.deadline()) if clock < until else None
        if wanted is not None:
            yield shot_of(*wanted, name, wish)._replace(skipped=skipped)


def _whole(answer: Answer, deadline: float) -> bytes:
    content = bytearray()
    while piece := answer.read(deadline):
        content += piece
        if len(content) > MOST_BYTES:
            raise Lost(f"an image of more than {MOST_BYTES >> 20} MiB")
    length = answer.headers.get("Content-Length", "")
    if length.isdigit() and len(content) < int(length):
        raise Lost("the connection broke in the middle of an image")
    return bytes(content)


class _NotYet(Exception):  # noqa: N818 - nothing is wrong
    """The rest is still on its way."""


class _Parts:
    """The parts of an answer, one after the other."""

    def __init__(self, answer: Answer, boundary: bytes) -> None:
        self._answer = answer
        self._line, self._next_line = re.compile(re.escape(boundary)), re.compile(rb"\r?\n" + re.escape(boundary))
        self._buffer = bytearray()
        self._waits = True

    def ready(self, deadline: float) -> bytes | None:
        """The body of the next part where it has come already. Raises Lost."""
        self._waits = False
        try:
            return self.next(deadline)
        except _NotYet:
            return None
        finally:
            self._waits = True

    def next(self, deadline: float) -> bytes:
        """The body of the next part, whole. Raises Lost."""
        _, at = self._find(self._line, deadline, MOST_BYTES)
        _, start = self._find(_BLANK, deadline, at + _MOST_HEADERS, at)
        length = _LENGTH.search(bytes(self._buffer[at:start]))
        if length is not None:
            if int(length[1]) > MOST_BYTES:
                raise Lost(f"an image of more than {MOST_BYTES >> 20} MiB")
            end = start + int(length[1])
            while len(self._buffer) < end:
                self._more(deadline)
        else:
            end, _ = self._find(self._next_line, deadline, start + MOST_BYTES, start)
        content = bytes(self._buffer[start:end])
        del self._buffer[:end]
        return content

    def _find(self, what: re.Pattern[bytes], deadline: float, most: int, start: int = 0) -> tuple[int, int]:
        searched = start
        while (found := what.search(self._buffer, searched)) is None:
            if len(self._buffer) > most:
                raise Lost("what the server sends is no film of images")
            searched = max(start, len(self._buffer) - 200)  # a boundary may come in two pieces
            self._more(deadline)
        return found.span()

    def _more(self, deadline: float) -> None:
        if not self._waits and not self._answer.is_ready():
            raise _NotYet
        piece = self._answer.read(deadline)
        if not piece:
            raise Lost("the server ended the stream")
        self._buffer += piece
