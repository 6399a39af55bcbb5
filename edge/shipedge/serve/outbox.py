"""What waits to be sent: each output takes the events in their order, each at least once, at its own pace."""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Protocol

from shipedge.serve.store import connect

__all__ = ["Item", "Output", "RefusedError", "Sender", "UnsentError", "register", "waiting"]

_BATCH = 50
_FIRST_WAIT_S, _MOST_WAIT_S = 0.5, 30.0
_REFUSALS = 5
"""Times that an event is refused for what it is before it is left out: the others must not wait for ever."""
_LOG = logging.getLogger("shipedge.serve")


class Item(NamedTuple):
    """An event that waits: its number, its id, its source, and itself as JSON."""

    number: int
    key: str
    source: str
    body: str


class UnsentError(Exception):
    """It was not taken now, and is sent again; the text says why, without secrets."""


class RefusedError(UnsentError):
    """It was refused for what it is."""


class Output(Protocol):
    """A broker, a server."""

    name: str

    def send(self, item: Item) -> None:
        """Returns once the other side has it. Raises UnsentError, RefusedError."""
        ...

    def close(self) -> None:
        """Says good-bye; also while `send` waits."""
        ...


def register(folder: Path, names: Sequence[str]) -> None:
    """Remembers the outputs: new ones get what happens from now on, those that are gone keep nothing waiting.

    Raises:
        sqlite3.Error: the database cannot be written.
    """
    with closing(connect(folder)) as database:
        database.execute("BEGIN IMMEDIATE")
        newest = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
        start = 0 if newest is None else newest[0]
        for name in names:
            database.execute("INSERT OR IGNORE INTO outputs (name, sent) VALUES (?, ?)", (name, start))
        marks = ", ".join("?" * len(names))
        database.execute(f"DELETE FROM outputs WHERE name NOT IN ({marks})", list(names))
        if not names:
            database.execute("DELETE FROM outbox")
        database.execute("COMMIT")


def waiting(database: sqlite3.Connection) -> list[dict[str, object]]:
    """Of each output its name, how many events wait, were refused and dropped, and what went wrong last."""
    rows = database.execute(
        "SELECT name, (SELECT count(*) FROM outbox WHERE number > sent), refused, dropped, error FROM outputs"
    )
    return [dict(zip(("name", "waiting", "refused", "dropped", "error"), row, strict=True)) for row in rows]


class Sender:
    """A thread that hands one output what waits for it."""

    def __init__(self, folder: Path, output: Output) -> None:
        """Prepares; `register` has to know the output."""
        self._folder, self._output = folder, output
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"shipedge-{output.name}", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def wake(self) -> None:
        """Something waits."""
        self._wake.set()

    def stop(self) -> None:
        """Ends; what waits is sent by the next run."""
        self._stopped.set()
        self._wake.set()
        self._thread.join(5)
        self._output.close()

    def _run(self) -> None:
        wait = _FIRST_WAIT_S
        while not self._stopped.is_set():
            try:
                with closing(connect(self._folder)) as database:
                    while not self._stopped.is_set():
                        while self._send_some(database) and not self._stopped.is_set():
                            wait = _FIRST_WAIT_S
                        self._wake.wait(5.0)
                        self._wake.clear()
            except (UnsentError, sqlite3.Error) as error:
                _LOG.warning("%s: %s; it is tried again", self._output.name, error)
            self._stopped.wait(wait * random.uniform(0.75, 1.25))
            wait = min(2 * wait, _MOST_WAIT_S)

    _refusals = 0

    def _send_some(self, database: sqlite3.Connection) -> bool:
        """Sends what waits, in order; whether there was something. Raises UnsentError."""
        name = self._output.name
        rows = database.execute(
            "SELECT number, key, source, body FROM outbox WHERE number > (SELECT sent FROM outputs WHERE name = ?) "
            "ORDER BY number LIMIT ?",
            (name, _BATCH),
        ).fetchall()
        for item in map(Item._make, rows):
            if self._stopped.is_set():
                return False
            refused = 0
            try:
                self._output.send(item)
            except UnsentError as error:
                self._refusals += isinstance(error, RefusedError)
                refused = self._refusals // _REFUSALS
                database.execute("UPDATE outputs SET error = ? WHERE name = ?", (str(error), name))
                if not refused:
                    raise
            self._refusals = 0
            database.execute(
                "UPDATE outputs SET sent = max(sent, ?), refused = refused + ?, "
                "error = CASE WHEN ? THEN error ELSE '' END WHERE name = ?",
                (item.number, refused, refused, name),
            )
        if rows:
            database.execute("DELETE FROM outbox WHERE number <= (SELECT min(sent) FROM outputs)")
        return bool(rows)
