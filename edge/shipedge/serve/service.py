"""The process with the models: it reads the sources, writes the log, and tells all others."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from time import monotonic

from shipedge import __version__
from shipedge.cascade import Cascade
from shipedge.errors import ShipedgeError
from shipedge.events import Event, Failure, Gap, Notice, Start, Summary, utc
from shipedge.events.log import Log
from shipedge.events.reading import LOG
from shipedge.formats.labelled import count
from shipedge.pipeline import Listener, Settings, run
from shipedge.serve.board import Board
from shipedge.serve.changes import Changes
from shipedge.serve.channel import Hello, Status
from shipedge.serve.config import Config
from shipedge.serve.drawing import Drawing
from shipedge.serve.follow import Follower
from shipedge.serve.outbox import waiting
from shipedge.serve.outputs import Outputs
from shipedge.serve.page_process import PageProcess
from shipedge.serve.retention import rotation
from shipedge.serve.store import connect, prepare
from shipedge.serve.systemd import Watchdog, notify, reloading
from shipedge.sources import Limits, Source
from shipedge.sources.feeds import Feeds
from shipedge.system import machine

__all__ = ["Service"]

_TICK_S = 1.0
_LOG = logging.getLogger("shipedge.serve")


class Service:
    """Everything that runs beside the models, and the run itself."""

    def __init__(
        self, config: Config, sources: list[Source], reread: Callable[[], tuple[Config, list[Source]]]
    ) -> None:
        """Makes the database and opens the port.

        Args:
            config: the file.
            sources: of the file.
            reread: reads it again.

        Raises:
            DatasetError: the database cannot be used.
            OSError: the port is taken.
        """
        self._config, self._sources, self._reread = config, sources, reread
        self._folder = Path(config.data)
        prepare(self._folder)
        self._listening = _listen(*config.server.address)
        self._board = Board()
        self._changes = Changes(self._board)
        log = self._folder / LOG
        self._outputs = Outputs(self._folder)
        self._follower = Follower(log, self._folder, self._board.name_of, self._outputs.wake)
        hello = _hello(config)
        self._page = PageProcess(self._listening, hello, self._look, self._changes.take)
        self._drawing = Drawing(self._folder, self._board.name_of, self._page.show)
        start = Start(1, __version__, utc(), "", None)
        self._log = Log(log, start, rotation=rotation(config.keep))
        self._turns, self._ready = 0, False
        self._begin = monotonic()
        self._stopped, self._wanted = threading.Event(), threading.Event()

    @property
    def port(self) -> int:
        """Where the page is."""
        return int(self._listening.getsockname()[1])

    def reload(self) -> None:
        """Reads the file again soon; may be called by the handler of a signal."""
        self._wanted.set()

    def run(self, cascade: Cascade, should_stop: Callable[[], bool]) -> Summary:
        """Until it should stop.

        Raises:
            BackendError: a model failed.
            OSError: the log cannot be written.
        """
        self._cascade = cascade
        self._log.start.bundle = cascade.bundle.name
        settings = Settings(
            limits=Limits(max_age_s=self._config.models.max_age_s), track=self._config.models.track, endless=True
        )

        def asked() -> bool:
            self._turns += 1
            return should_stop()

        listener = Listener(on_event=self._take, on_feeds=self._begin_with, should_stop=asked)
        with ExitStack() as stack:
            stack.callback(self._listening.close)
            self._outputs.set(self._config)
            stack.callback(self._outputs.stop)
            self._page.start()
            stack.callback(self._page.stop)
            ticker = threading.Thread(target=self._tick, name="shipedge-tick", daemon=True)
            stack.callback(self._follower.stop)
            stack.callback(ticker.join, 5)
            stack.callback(self._wanted.set)
            stack.callback(self._stopped.set)
            ticker.start()
            try:
                return run([], cascade, self._log, [self._drawing], settings, listener)
            finally:
                notify("STOPPING=1")

    def _begin_with(self, feeds: Feeds) -> None:
        """The log is open and whole: now it can be followed, and the sources can begin."""
        self._configure(self._config)
        self._board.call(self._sources)  # the follower may have events to read that an earlier run has left
        self._follower.start(self._log.recorded.size)
        self._changes.begin(feeds, self._sources)
        self._ready = True
        notify("READY=1", f"STATUS=port {self.port}, {count(len(self._sources), 'source')}")
        _LOG.info("listening on port %d, %s", self.port, count(len(self._sources), "source"))

    def _take(self, event: Event) -> None:
        """An event is written; called by the pipeline, so it must be quick."""
        self._board.take(event)
        self._follower.wake()
        if isinstance(event, (Gap, Notice, Failure)):
            _LOG.warning("%s", _words(event), extra={"fields": {"source": event.source}})

    def _look(self, ids: frozenset[str]) -> None:
        self._drawing.looked_at = ids

    def _configure(self, config: Config) -> None:
        has_outputs = config.mqtt is not None or bool(config.webhooks)
        self._follower.configure(config.rules, has_outputs, config.most_waiting, config.keep)

    def _tick(self) -> None:
        watchdog = Watchdog()
        while not self._stopped.is_set():
            if self._wanted.is_set() and self._ready:
                self._wanted.clear()
                self._read_again()
            with suppress(OSError):
                self._tell(watchdog)
            (self._stopped if self._wanted.is_set() else self._wanted).wait(_TICK_S)

    def _read_again(self) -> None:
        reloading()
        try:
            config, sources = self._reread()
            self._outputs.set(config)
        except (ShipedgeError, OSError) as error:
            _LOG.error("the file is not taken: %s", error)
        else:
            for part in ("data", "models"):
                if getattr(config, part) != getattr(self._config, part):
                    _LOG.warning("%s has changed, which needs a restart", part)
            if config.server.address != self._config.server.address:
                _LOG.warning("server.listen has changed, which needs a restart")
            self._configure(config)
            self._changes.reload(sources)
            self._page.greet(_hello(config))
            self._config = config
            _LOG.info("the file was read again, %s", count(len(sources), "source"))
        notify("READY=1")

    def _tell(self, watchdog: Watchdog) -> None:
        sources = self._board.all()
        if self._ready:
            is_idle = not any(source.state == "live" for source in sources)
            watchdog.look(self._board.frames, self._turns, is_idle)
        self._outputs.tell({one.name: one.ships_now if one.state == "live" else None for one in sources})
        with closing(connect(self._folder, read_only=True)) as database:
            outputs = waiting(database)
        info = {
            "version": __version__,
            "bundle": self._cascade.bundle.name,
            "device": self._cascade.backend,
            "demoted": list(self._cascade.demoted),
            "up_s": round(monotonic() - self._begin, 1),
            "memory_bytes": _memory(),
            "free_bytes": shutil.disk_usage(self._folder).free,
            "thermal": [[zone["zone"], zone["celsius"]] for zone in machine.describe()["thermal"]],
        }
        self._page.tell(Status(sources, info, outputs, self._ready, self._follower.late))


def _hello(config: Config) -> Hello:
    server = config.server
    return Hello(config.data, server.token_hash, server.hosts, server.is_local)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from None
    return listening


def _memory() -> int:
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _words(event: Gap | Notice | Failure) -> str:
    if not isinstance(event, Gap):
        return event.message if isinstance(event, Failure) else f"{event.source}: {event.message}"
    if event.end is None:
        return f"{event.source}: no frames since {event.start}: {event.reason}"
    return f"{event.source}: gives frames again, after none from {event.start} to {event.end}"
