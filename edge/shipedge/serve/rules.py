"""Rules: what of the events is worth telling others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

import cv2
import numpy as np
from msgspec import UNSET

from shipedge.events import Gap, Result, Track, utc
from shipedge.serve.config import Rule, is_of

__all__ = ["Alert", "Rules"]

_MOST_TRACKS = 1000
"""Whose end was never told: those of runs that were killed."""
_CALM_S = 10.0
"""Seconds that a count has to stay at or below its bound before the rule can be true again: boats flicker."""


class Alert(NamedTuple):
    """Something to tell.

    Attributes:
        key: an id that the same event always gets, so that whoever gets it twice can tell.
        rule: name of the rule.
        when: kind of the rule.
        source: where.
        time: when it became true.
        details: by kind: track, ships, bbox, since, reason.
    """

    key: str
    rule: str
    when: str
    source: str
    time: str
    details: dict[str, Any]

    def body(self) -> str:
        """As JSON."""
        fields = {"id": self.key, "event": self.when, "rule": self.rule, "source": self.source, "time": self.time}
        return json.dumps(fields | self.details, separators=(",", ":"))


class Rules:
    """All rules with what they have to remember, which `dump` and the constructor turn into text and back."""

    def __init__(self, rules: Mapping[str, Rule], remembered: str | None = None) -> None:
        """Begins; what a rule remembered that has changed since is forgotten."""
        known = json.loads(remembered) if remembered else {}
        self._rules = dict(rules)
        self._zones = {name: np.array(rule.zone, np.float32) for name, rule in rules.items() if rule.zone}
        self._memory: dict[str, dict[str, Any]] = {
            name: known[name]["of"] if known.get(name, {}).get("rule") == _print(rule) else {}
            for name, rule in rules.items()
        }

    def dump(self) -> str:
        """What is remembered."""
        memory = {name: {"rule": _print(self._rules[name]), "of": of} for name, of in self._memory.items()}
        return json.dumps(memory, separators=(",", ":"))

    def take(self, event: object, source: str) -> Iterator[Alert]:
        """What the next event of the log makes true, of the source of that name."""
        for name, rule in self._rules.items():
            if rule.source and not is_of(rule.source, source):
                continue
            memory = self._memory[name].setdefault(source, {})
            if isinstance(event, Result):
                yield from self._frame(name, rule, memory, source, event)
            elif isinstance(event, Track):
                for key in ("inside", "seen"):
                    if event.track in memory.get(key, []):
                        memory[key].remove(event.track)
            elif isinstance(event, Gap) and rule.when == "gap":
                told = memory.get("told") == event.start
                memory.clear()
                if event.end is None:
                    memory.update(start=event.start, reason=event.reason)
                elif not told:
                    yield from self._gap(name, rule, source, event.start, event.end, event.reason)

    def wait(self, now: datetime) -> Iterator[Alert]:
        """What becomes true because time passes: gaps that go on."""
        for name, rule in self._rules.items():
            for source, memory in self._memory[name].items() if rule.when == "gap" else ():
                if "start" in memory and "told" not in memory:
                    alerts = list(self._gap(name, rule, source, memory["start"], utc(now), memory["reason"]))
                    if alerts:
                        memory["told"] = memory["start"]
                    yield from alerts

    def _frame(self, name: str, rule: Rule, memory: dict[str, Any], source: str, frame: Result) -> Iterator[Alert]:
        time = utc() if frame.captured is UNSET else frame.captured
        if rule.when == "count" and rule.over is not None:
            yield from self._count(name, rule.over, memory, source, frame, time)
        tracks = memory.setdefault("inside" if rule.when == "enter" else "seen", []) if rule.when != "gap" else []
        for ship in frame.ships if rule.when in ("enter", "track") else ():
            if ship.track is UNSET or ship.track in tracks:
                continue
            if rule.when == "enter" and not self._is_inside(name, ship.center):
                continue
            tracks.append(ship.track)
            del tracks[:-_MOST_TRACKS]
            details = {"track": ship.track, "frame": frame.index, "score": ship.score, "bbox": ship.bbox}
            yield _alert(name, rule.when, source, time, details, f"{time}\0{ship.track}")

    def _count(
        self, name: str, over: int, memory: dict[str, Any], source: str, frame: Result, time: str
    ) -> Iterator[Alert]:
        if len(frame.ships) <= over:
            if memory.get("on"):
                calm_s = _seconds(time) - _seconds(memory.setdefault("calm", time))
                if calm_s >= _CALM_S:
                    memory.clear()
                elif calm_s < 0:  # the clock was set back
                    memory["calm"] = time
            return
        memory.pop("calm", None)
        if not memory.get("on"):
            memory["on"] = True
            details = {"ships": len(frame.ships), "over": over, "frame": frame.index}
            yield _alert(name, "count", source, time, details, f"{time}\0{frame.index}")

    def _gap(self, name: str, rule: Rule, source: str, start: str, end: str, reason: str) -> Iterator[Alert]:
        if rule.longer_s is not None and _seconds(end) - _seconds(start) > rule.longer_s:
            details = {"since": start, "longer_s": rule.longer_s, "reason": reason}
            yield _alert(name, "gap", source, end, details, start)

    def _is_inside(self, name: str, center: list[float]) -> bool:
        return cv2.pointPolygonTest(self._zones[name], (center[0], center[1]), False) >= 0


def _alert(rule: str, when: str, source: str, time: str, details: dict[str, Any], about: str) -> Alert:
    """`about` is all of the log that tells two alerts apart, so that a log that is read twice gives the same keys."""
    digest = hashlib.sha256("\0".join((rule, when, source, about)).encode("utf-8", "surrogateescape"))
    return Alert(digest.hexdigest()[:24], rule, when, source, time, details)


def _print(rule: Rule) -> str:
    return repr(rule)


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone(timezone.utc).timestamp()
