"""What ``shipedge predict`` says while it runs and when it is done."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from shipedge.cli.terminal import printable, say

if TYPE_CHECKING:
    from shipedge.cascade import Cascade
    from shipedge.events import Event, Summary
    from shipedge.sources import Source

LINES = 20
"""Sources that the summary names one by one."""


class Progress:
    """A bar on stderr, only where stderr is a terminal; call it with the summary after each frame."""

    def __init__(self, sources: list[Source]) -> None:
        """Counts the frames to expect; a camera has no end, and then there is no percentage."""
        self._on = sys.stderr.isatty()
        self._total = _count(sources) if self._on else None
        self._next = 0.0
        self._start = monotonic()

    def __enter__(self) -> Progress:
        """Nothing to do; the bar is wiped at the end."""
        return self

    def __call__(self, summary: Summary) -> None:
        """Redraws the bar, ten times a second at most."""
        if not self._on or (now := monotonic()) < self._next:
            return
        self._next = now + 0.1
        done = summary.frames + len(summary.unread)
        rate = (done - summary.recorded) / max(now - self._start, 1e-3)
        bar = f"{done} frames"
        if self._total:
            share = min(done / self._total, 1.0)
            left = (self._total - done) / rate if rate else 0
            bar = f"[{'#' * int(30 * share):<30}] {done}/{self._total} frames, {max(left, 0):.0f} s left"
        sys.stderr.write(f"\r\x1b[K{bar}, {rate:.1f}/s, {summary.ships} ships")
        sys.stderr.flush()

    def note(self, text: str) -> None:
        """A sentence above the bar."""
        note(text)

    def take(self, event: Event) -> None:
        """The summary has counted it."""

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Wipes the bar."""
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def counted(number: int, word: str) -> str:
    """(1, "ship") -> "1 ship", (2, "ship") -> "2 ships"."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def note(text: str) -> None:
    """A sentence on stderr in the middle of a run; the bar is drawn again below it."""
    click.echo(("\r\x1b[K" if sys.stderr.isatty() else "") + printable(text), err=True)


def _count(sources: list[Source]) -> int | None:
    from shipedge.errors import SourceError
    from shipedge.sources.video import video_info

    total = 0
    for source in sources:
        if source.live:
            return None
        try:
            total += video_info(source.name)[1] if source.kind == "video" else 1
        except SourceError:
            total += 1  # will be reported when it is read
    return total


def as_json(summary: Summary, cascade: Cascade, written: list[str]) -> dict[str, Any]:
    """The summary as JSON values: totals, mean milliseconds per frame and stage, failures, files written."""
    frames = summary.frames
    return {
        "frames": frames,
        "frames_with_ships": summary.frames_with_ships,
        "ships": summary.ships,
        "recorded": summary.recorded,
        "seconds": round(summary.seconds, 3),
        "frames_per_s": round((frames - summary.recorded) / summary.seconds, 2) if summary.seconds else 0.0,
        "mean_ms": {stage: round(total / frames, 3) for stage, total in summary.timings_ms.items()} if frames else {},
        "dropped": summary.dropped,
        "interrupted": summary.interrupted,
        "failed": summary.failed,
        "scales": {name: round(s.scale, 6) for name, s in summary.sources.items() if s.scale != 1},
        "bundle": cascade.bundle.name,
        "device": cascade.backend,
        "demoted": cascade.demoted,
        "threads": cascade.threads,
        "written": written,
    }


def print_summary(summary: Summary, cascade: Cascade, written: list[str]) -> None:
    """The same for people; at most 20 sources are named, those with ships first."""
    ranked = sorted(summary.sources.items(), key=lambda item: item[1].ships == 0)  # stable: the order of reading
    listed = ranked[:LINES]
    width = max((len(printable(name)) for name, _ in listed), default=0)
    needed = cascade.thresholds.image
    for name, source in listed:
        ships = counted(source.ships, "ship") if source.ships else "no ship"
        some = f"{source.frames_with_ships} of " if source.ships else ""
        where = f" in {some}{source.frames} frames" if source.frames > 1 else ""
        tracks = f", {counted(source.tracks, 'track')}" if source.tracks else ""
        gaps = f", {counted(source.gaps, 'gap')}" if source.gaps else ""
        below = f", below {needed:.2f}" if source.score < needed else ""
        scale = "" if source.scale == 1 else f", resampled by {source.scale:.3g}"
        say(f"{printable(name):<{width}}  {ships}{where}{tracks}{gaps}  (score {source.score:.2f}{below}{scale})")
    if len(ranked) > LINES:
        rest = ranked[LINES:]
        say(f"... and {counted(len(rest), 'more source')} with {counted(sum(s.ships for _, s in rest), 'ship')}")
    frames = summary.frames
    rate = (frames - summary.recorded) / summary.seconds if summary.seconds else 0.0
    if summary.recorded:
        say(f"{counted(summary.recorded, 'frame')} of an earlier run of this command (--fresh does them again)")
    say(
        f"{counted(frames, 'frame')}, {summary.frames_with_ships} with ships, {counted(summary.ships, 'ship')}; "
        f"{summary.seconds:.2f} s = {rate:.{1 if rate >= 0.1 else 3}f} frames/s"
    )
    if frames:
        stages = ", ".join(f"{stage} {total / frames:.2f}" for stage, total in summary.timings_ms.items())
        say(f"ms per frame: {stages}  ({cascade.backend}, {counted(cascade.threads, 'thread')}; decode runs beside)")
    if summary.dropped:
        say(f"{counted(summary.dropped, 'frame')} of cameras and streams skipped: the models were slower")
    say("written: " + ", ".join(written))
