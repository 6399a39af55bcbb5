"""What the process with the models has said last, for all who ask."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from time import monotonic

import msgspec

from shipedge.serve.board import Now
from shipedge.serve.channel import Add, Done, Hello, Image, Looking, Said, Status, Stop, decode_to_page, send

__all__ = ["Hub"]

FRESH_S = 10.0
"""A status that is older says nothing about now."""
_ANSWER_S = 10.0
_MOST_IMAGES = 256


class Hub:
    """Lives in the loop of the server; one thread listens to the channel.

    Attributes:
        hello: who may look.
        viewers: how many look at each source.
    """

    def __init__(self, channel: Connection) -> None:
        """Waits for the first message, which says who may look.

        Raises:
            EOFError: the other process has gone.
        """
        self._channel = channel
        first = decode_to_page(channel.recv_bytes())
        assert isinstance(first, Hello)
        self.hello = first
        self.viewers: Counter[str] = Counter()
        self.status: Status | None = None
        self._heard = 0.0
        self._images: dict[str, tuple[int, Image]] = {}
        self._count = 0
        self._news = asyncio.Event()
        self._answers: dict[int, asyncio.Future[str]] = {}
        self._speaking = threading.Lock()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listens from here on."""
        threading.Thread(target=self._listen, args=(loop,), name="shipedge-hub", daemon=True).start()

    @property
    def now(self) -> Status | None:
        """The status, None where there is none of now."""
        return self.status if monotonic() - self._heard < FRESH_S else None

    def source(self, source: str) -> Now | None:
        """The source of an id."""
        known = self.status.sources if self.status is not None else []
        return next((one for one in known if one.id == source), None)

    async def next_image(self, source: str, after: int) -> tuple[int, Image]:
        """The newest image of a source, once it is another than number `after`."""
        while True:
            known = self._images.get(source)
            if known is not None and known[0] != after:
                return known
            await self._news.wait()

    @contextmanager
    def looking(self, source: str) -> Iterator[None]:
        """Somebody looks at a source while the block runs."""
        self.viewers[source] += 1
        self._tell_looking()
        try:
            yield
        finally:
            self.viewers[source] -= 1
            if not self.viewers[source]:
                del self.viewers[source]
            self._tell_looking()

    async def change(self, message: Add | Stop) -> str:
        """Asks for a change; returns what is wrong, or ""."""
        self._count += 1
        message.number = self._count
        future = self._answers[message.number] = asyncio.get_running_loop().create_future()
        try:
            await asyncio.to_thread(self._say, message)
            return await asyncio.wait_for(future, _ANSWER_S)
        except asyncio.TimeoutError:
            return "the process with the models does not answer"
        finally:
            del self._answers[message.number]

    def log(self, text: str, level: int = logging.WARNING) -> None:
        """A line for the log of the service; from any thread."""
        self._say(Said(level, text[:4000]))

    def _tell_looking(self) -> None:
        ids = list(self.viewers)
        asyncio.get_running_loop().run_in_executor(None, self._say, Looking(ids))

    def _say(self, message: Looking | Add | Stop | Said) -> None:
        with self._speaking:
            send(self._channel, message)

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while True:
                message = decode_to_page(self._channel.recv_bytes())
                loop.call_soon_threadsafe(self._take, message)
        except (EOFError, OSError, msgspec.DecodeError):
            os._exit(1)  # nobody is left whose news could be shown

    def _take(self, message: Hello | Status | Image | Done) -> None:
        if isinstance(message, Hello):
            self.hello = message
        elif isinstance(message, Status):
            self.status, self._heard = message, monotonic()
            known = {source.id for source in message.sources}
            self._images = {key: value for key, value in self._images.items() if key in known}
        elif isinstance(message, Image):
            self._count += 1
            if message.id in self._images or len(self._images) < _MOST_IMAGES:
                self._images[message.id] = self._count, message
            self._news.set()
            self._news = asyncio.Event()
        elif (future := self._answers.get(message.number)) is not None and not future.done():
            future.set_result(message.error)
