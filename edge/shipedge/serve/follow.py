"""The database follows the log: line by line, as it is written, and after a kill from where it was."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from shipedge.events.reading import LONGEST, log_files, parse_event
from shipedge.serve.config import Keep, Rule
from shipedge.serve.retention import keep_within
from shipedge.serve.rows import Rows
from shipedge.serve.rules import Rules
from shipedge.serve.store import connect, get_state, set_state

__all__ = ["Follower"]

_LINES = 500
"""In one transaction."""
_PAUSE_S = 0.25
"""Between two transactions: a card has only so many writes."""
_TIDY_S = 60.0
_LOG = logging.getLogger("shipedge.serve")


class Follower:
    """A thread that reads the log and fills the database.

    Attributes:
        late: set while it cannot write, with the reason.
    """

    def __init__(self, log: Path, folder: Path, name_of: Callable[[str], str], on_alert: Callable[[], None]) -> None:
        """Prepares.

        Args:
            log: predictions.jsonl.
            folder: of the database.
            name_of: the name of the source to which the source of an event belongs.
            on_alert: is called when something waits to be sent.
        """
        self.late = ""
        self._log, self._folder, self._name_of, self._on_alert = log, folder, name_of, on_alert
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._wanted: tuple[Mapping[str, Rule], bool, int, Keep] | None = None
        self._file: BinaryIO | None = None
        self._rows: Rows | None = None
        self._first, self._part, self._offset = "", 0, 0
        self._thread = threading.Thread(target=self._run, name="shipedge-follow", daemon=True)

    def configure(self, rules: Mapping[str, Rule], has_outputs: bool, most_waiting: int, keep: Keep) -> None:
        """What is told, to whom, and how much is kept, from the next line on."""
        self._wanted = rules, has_outputs, most_waiting, keep
        self._wake.set()

    def start(self, size: int) -> None:
        """Begins, once the log is open and whole, and before it grows.

        Args:
            size: bytes of its newest file that an earlier run has left: fewer than were read, after a power cut.

        Raises:
            sqlite3.Error: the database cannot be written.
        """
        with closing(connect(self._folder)) as database:
            before = json.loads(get_state(database, "position") or "{}")
            if before and self._log.exists() and before["first"] == _head(self._log)[0] and before["offset"] > size:
                set_state(database, "position", json.dumps(before | {"offset": size}))
        self._thread.start()

    def wake(self) -> None:
        """The log has grown."""
        self._wake.set()

    def stop(self) -> None:
        """Takes what the log has, and ends."""
        self._stopped.set()
        self._wake.set()
        self._thread.join(10)

    def _run(self) -> None:
        tidied = 0.0
        while True:
            try:
                with closing(connect(self._folder)) as database:
                    while True:
                        stopping = self._stopped.is_set()
                        while self._step(database):
                            pass
                        self.late = ""
                        if stopping:
                            return self._close()
                        self._wake.wait(1.0)
                        self._wake.clear()
                        self._stopped.wait(_PAUSE_S)
                        now = datetime.now(timezone.utc).timestamp()
                        if abs(now - tidied) > _TIDY_S and self._wanted is not None:
                            keep_within(database, self._log, self._wanted[3])
                            tidied = now
            except (OSError, sqlite3.Error) as error:
                self.late = f"the database cannot be written: {error}"
                _LOG.error(self.late)
                self._close()
                self._rows = None
                if self._stopped.wait(5.0):
                    return None

    def _step(self, database: sqlite3.Connection) -> bool:
        """Takes some lines in one transaction; whether there may be more."""
        wanted = self._wanted
        if wanted is None:
            return False
        rules, has_outputs, most_waiting, _ = wanted
        if self._rows is None or self._rows.made_for is not wanted:
            remembered = get_state(database, "rules")
            self._rows = Rows(wanted, Rules(rules, remembered), has_outputs, most_waiting, self._name_of)
        if self._file is None and not self._find(database):
            return False
        lines = self._lines()
        database.execute("BEGIN IMMEDIATE")
        try:
            for place, line in lines:
                try:
                    self._rows.take(database, parse_event(line), place)
                except ValueError:  # what a power cut has spoiled
                    _LOG.warning("%s: a line is no event", self._log)
            alerts = self._rows.finish(database, datetime.now(timezone.utc))
            position = {"first": self._first, "part": self._part, "offset": self._offset}
            set_state(database, "position", json.dumps(position))
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise
        if alerts:
            self._on_alert()
        return bool(lines) or self._next_file()

    def _lines(self) -> list[tuple[str, bytes]]:
        """The next whole lines, each with what tells it from all others."""
        assert self._file is not None
        self._file.seek(self._offset)
        lines: list[tuple[str, bytes]] = []
        while len(lines) < _LINES:
            line = self._file.readline(LONGEST)
            if not line.endswith(b"\n"):
                break
            lines.append((f"{self._first}/{self._offset}", line))
            self._offset += len(line)
        return lines

    def _find(self, database: sqlite3.Connection) -> bool:
        """Opens the file in which the next line is; whether there is one."""
        before = json.loads(get_state(database, "position") or "{}")
        files = [(path, *_head(path)) for path in log_files(self._log)]
        if not files:
            return False
        for path, first, part in files:
            if first == before.get("first"):
                self._open(path, first, part)
                self._offset = before["offset"]
                return True
        behind = [one for one in files if one[2] > before.get("part", -1)]
        self._open(*(behind or files)[0])
        return True

    def _next_file(self) -> bool:
        """Goes on to the file that was begun after this one; whether there is one."""
        for path, first, part in ((path, *_head(path)) for path in log_files(self._log)):
            if part == self._part + 1 and not self._has_more():
                self._open(path, first, part)
                return True
        return False

    def _has_more(self) -> bool:
        assert self._file is not None
        self._file.seek(self._offset)
        return self._file.readline(LONGEST).endswith(b"\n")

    def _open(self, path: Path, first: str, part: int) -> None:
        self._close()
        self._file = path.open("rb")
        self._first, self._part, self._offset = first, part, 0

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _head(path: Path) -> tuple[str, int]:
    """What tells a file of the log from others, and its number."""
    with path.open("rb") as file:
        line = file.readline(1 << 16)
    try:
        part = json.loads(line).get("part", 0)
    except (ValueError, AttributeError):
        part = -1
    return hashlib.sha256(line).hexdigest()[:16], part if isinstance(part, int) else -1
