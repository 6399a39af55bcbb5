"""What becomes of an event in the database."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import UNSET

from shipedge.events import Event, Failure, Gap, Result, Start, utc
from shipedge.serve.rules import Alert, Rules
from shipedge.serve.store import set_state, text

__all__ = ["Rows"]


class Rows:
    """Writes events into the tables, within a transaction of the caller.

    Attributes:
        made_for: what it was made for; another one is made for another.
    """

    def __init__(
        self, made_for: object, rules: Rules, has_outputs: bool, most_waiting: int, name_of: Callable[[str], str]
    ) -> None:
        """See `Follower`."""
        self.made_for = made_for
        self._rules, self._has_outputs, self._most_waiting, self._name_of = rules, has_outputs, most_waiting, name_of
        self._minutes: dict[tuple[str, str], list[int]] = {}
        self._alerts = 0

    def take(self, database: sqlite3.Connection, event: Event, place: str) -> None:
        """Writes one event; `place` tells its line from all others."""
        source = None if isinstance(event, Start) else getattr(event, "source", None)
        name = None if source is None else self._name_of(source)
        if isinstance(event, Result):
            self._frame(database, event, text(name))
        else:
            self._other(database, event, None if name is None else text(name), place)
        for alert in self._rules.take(event, text(name)) if name is not None else ():
            self._alert(database, alert)

    def finish(self, database: sqlite3.Connection, now: datetime) -> int:
        """Writes what was gathered; how many alerts there were."""
        for alert in self._rules.wait(now):
            self._alert(database, alert)
        database.executemany(
            "INSERT INTO minutes VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, minute) DO UPDATE SET "
            "frames = frames + excluded.frames, "
            "with_ships = with_ships + excluded.with_ships, most = max(most, excluded.most)",
            [(*key, *counts) for key, counts in self._minutes.items()],
        )
        self._minutes = {}
        set_state(database, "rules", self._rules.dump())
        alerts, self._alerts = self._alerts, 0
        return alerts

    def _frame(self, database: sqlite3.Connection, event: Result, name: str) -> None:
        time = utc() if event.captured is UNSET else event.captured
        counts = self._minutes.setdefault((name, time[:16]), [0, 0, 0])
        counts[0] += 1
        counts[1] += bool(event.ships)
        counts[2] = max(counts[2], len(event.ships))
        if not event.ships:
            return
        lengths = [ship.length_m for ship in event.ships if ship.length_m is not UNSET]
        body = json.dumps(msgspec.to_builtins(event), separators=(",", ":"))
        best = max(ship.score for ship in event.ships)
        row = (name, event.index, time, len(event.ships), best, max(lengths, default=None), body)
        database.execute(
            "INSERT INTO detections (source, frame, time, ships, score, longest_m, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    def _other(self, database: sqlite3.Connection, event: Event, name: str | None, place: str) -> None:
        if isinstance(event, Gap):
            row = (name, event.start, event.end, event.reason)
            database.execute("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?, ?)", row)
        kind = "error" if isinstance(event, Failure) else str(type(event).__struct_config__.tag)
        time = next((value for key in ("time", "end", "start") if (value := getattr(event, key, None))), utc())
        body = json.dumps(msgspec.to_builtins(event), separators=(",", ":"))
        key = hashlib.sha256(place.encode()).hexdigest()[:24]
        self._event(database, key, kind, name, time, body)

    def _alert(self, database: sqlite3.Connection, alert: Alert) -> None:
        body = alert.body()
        if not self._event(database, alert.key, "alert", alert.source, alert.time, body):
            return
        self._alerts += 1
        if self._has_outputs:
            row = (alert.key, alert.source, body)
            database.execute("INSERT OR IGNORE INTO outbox (key, source, body) VALUES (?, ?, ?)", row)
            self._bound(database)

    def _event(self, database: sqlite3.Connection, key: str, kind: str, name: str | None, time: str, body: str) -> bool:
        """Whether it was not there before."""
        done = database.execute(
            "INSERT OR IGNORE INTO events (key, kind, source, time, body) VALUES (?, ?, ?, ?, ?)",
            (key, kind, name, time, body),
        )
        return done.rowcount == 1

    def _bound(self, database: sqlite3.Connection) -> None:
        """The oldest event gives way where too many wait, and is counted as lost by each output that has not had it."""
        newest, oldest = database.execute("SELECT max(number), min(number) FROM outbox").fetchone()
        last = newest - self._most_waiting
        if oldest is not None and last >= oldest:
            database.execute("DELETE FROM outbox WHERE number <= ?", (last,))
            database.execute(
                "UPDATE outputs SET dropped = dropped + ? - sent, sent = ? WHERE sent < ?", (last, last, last)
            )
