"""The process with the page, as the process with the models sees it: started, told the news, started again."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import msgspec

from shipedge.serve.channel import Add, Done, Hello, Image, Looking, Said, Status, Stop, decode_to_models, send
from shipedge.system.child import Served, end_server, start_server

__all__ = ["PageProcess"]

_WAIT_S = 2.0
_LOG = logging.getLogger("shipedge.serve")


class PageProcess:
    """Keeps it alive. `show` and `tell` never wait: what it has not read yet gives way to what is newer."""

    def __init__(
        self,
        listening: socket.socket,
        hello: Hello,
        on_looking: Callable[[frozenset[str]], None],
        on_change: Callable[[Add | Stop], str],
    ) -> None:
        """Prepares.

        Args:
            listening: the socket of the server.
            hello: who may look.
            on_looking: is told which sources somebody looks at.
            on_change: adds or stops a source; returns what is wrong, or "".
        """
        self._listening, self._hello = listening, hello
        self._on_looking, self._on_change = on_looking, on_change
        self._change = threading.Condition()
        self._images: dict[str, Image] = {}
        self._status: Status | None = None
        self._greet = True
        self._answers: list[Done] = []
        self._served: Served | None = None
        self._stopped = False
        self._threads = [
            threading.Thread(target=target, name="shipedge-page", daemon=True) for target in (self._live, self._speak)
        ]

    def start(self) -> None:
        """Starts the process. Raises OSError when that is not possible."""
        self._served = self._open()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends it."""
        with self._change:
            self._stopped = True
            self._change.notify_all()
        if self._served is not None:
            end_server(self._served, os.getpid())

    def greet(self, hello: Hello) -> None:
        """Tells who may look from here on."""
        with self._change:
            self._hello, self._greet = hello, True
            self._change.notify_all()

    def show(self, image: Image) -> None:
        """The newest image of a source."""
        with self._change:
            self._images[image.id] = image
            self._change.notify_all()

    def tell(self, status: Status) -> None:
        """How the service does."""
        with self._change:
            self._status = status
            self._change.notify_all()

    def _open(self) -> Served:
        self._listening.set_inheritable(True)
        served = start_server("shipedge.serve.web.process", [self._listening.fileno()])
        self._greet = True
        return served

    def _live(self) -> None:
        """Listens to it; starts another when it has died."""
        while not self._stopped:
            served, began = self._served, monotonic()
            assert served is not None
            with suppress(OSError, EOFError):
                while True:
                    self._take(served.channel.recv_bytes(1 << 20))
            if self._stopped:
                return
            self._on_looking(frozenset())
            _LOG.error("the process with the page has ended (%s) and is started again", served.process.poll())
            threading.Event().wait(max(0.0, _WAIT_S - (monotonic() - began)))
            with self._change:
                if self._stopped:
                    return
                with suppress(OSError):
                    end_server(served, os.getpid())
                self._served = self._open()
                self._change.notify_all()

    def _take(self, content: bytes) -> None:
        try:
            message = decode_to_models(content)
        except msgspec.DecodeError:
            _LOG.error("the process with the page has said what is no message")
            return
        if isinstance(message, Looking):
            self._on_looking(frozenset(message.ids))
        elif isinstance(message, Said):
            _LOG.log(message.level, "%s", message.text)
        else:
            error = self._on_change(message)
            with self._change:
                self._answers.append(Done(message.number, error))
                self._change.notify_all()

    def _speak(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(
                    lambda: self._stopped or self._greet or self._answers or self._status or self._images
                )
                if self._stopped:
                    return
                messages: list[Hello | Done | Status | Image] = [self._hello] if self._greet else []
                messages += [*self._answers, *([self._status] if self._status else []), *self._images.values()]
                self._greet, self._answers, self._status, self._images = False, [], None, {}
                served = self._served
            assert served is not None
            try:
                for message in messages:
                    send(served.channel, message)
            except OSError:  # it has died: `_live` starts another
                threading.Event().wait(0.1)
