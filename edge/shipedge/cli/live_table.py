"""What ``shipedge predict`` shows of cameras and streams while it runs: a table, or lines where nobody looks."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

import click

from shipedge.cli.terminal import drawing, printable

if TYPE_CHECKING:
    from shipedge.events import Event, Summary
    from shipedge.serve.board import Now
    from shipedge.sources import Source

__all__ = ["LiveTable"]

_TABLE_S, _LINES_S = 0.5, 30.0
_NAMES = ("source", "frames/s", "age ms p50/p95", "dropped", "gaps", "ships", "tracks", "state")
_STATE = 7


class LiveTable:
    """A table on standard error where that is a terminal; otherwise every 30 s a line for each source."""

    def __init__(self, sources: list[Source], device: Callable[[], str]) -> None:
        """Nothing is shown yet; `device` tells what runs the models."""
        from shipedge.serve.board import Board

        self._board, self._device = Board(sources), device
        self._draws = sys.stderr.isatty()
        self._next, self._rows = monotonic() + (0 if self._draws else _LINES_S), 0

    def __enter__(self) -> LiveTable:
        """Nothing to do; the table is wiped at the end."""
        return self

    def take(self, event: Event) -> None:
        """Counts an event."""
        self._board.take(event)

    def __call__(self, _summary: Summary) -> None:
        """Shows how it goes, if it is time to."""
        now = monotonic()
        if now < self._next:
            return
        self._next = now + (_TABLE_S if self._draws else _LINES_S)
        rows = [self._row(source) for source in self._board.all()]
        if self._draws:
            self._draw([_NAMES, *rows])
            return
        for row in rows:
            words = [f"{value} {name}" for name, value in zip(_NAMES[1:_STATE], row[1:_STATE], strict=True)]
            click.echo(f"{row[0]}: {row[_STATE]}, {', '.join(words)}", err=True)

    def note(self, text: str) -> None:
        """A sentence above the table."""
        self._wipe()
        click.echo(printable(text), err=True)

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Wipes the table."""
        self._wipe()

    def _row(self, source: Now) -> tuple[str, ...]:
        age = "-" if source.age_p50_ms is None else f"{source.age_p50_ms:.0f}/{source.age_p95_ms:.0f}"
        state = f"{source.state} ({printable(source.reason)})" if source.reason else source.state
        counts = (source.dropped, source.gaps, source.ships_now, source.tracks)
        return (printable(source.name), f"{source.fps:.1f}", age, *map(str, counts), state)

    def _draw(self, rows: list[tuple[str, ...]]) -> None:
        self._wipe()
        width, height = shutil.get_terminal_size()
        left = max(len(row[0]) for row in rows)
        widths = [left, *(max(len(row[k]) for row in rows) for k in range(1, _STATE))]
        lines = []
        for row in rows[: max(height - 3, 1)]:
            cells = [row[0].ljust(left), *(row[k].rjust(widths[k]) for k in range(1, _STATE)), row[_STATE]]
            lines.append("  ".join(cells)[: width - 1])
        lines.append(f"{self._board.frames} frames on {printable(self._device())}{_heat()}"[: width - 1])
        with drawing() as terminal:
            terminal.write("\n".join(lines) + "\n")
        self._rows = len(lines)

    def _wipe(self) -> None:
        if self._rows:
            with drawing() as terminal:
                terminal.write(f"\x1b[{self._rows}F\x1b[J")
            self._rows = 0


def _heat() -> str:
    from shipedge.system.machine import describe

    zones = describe()["thermal"]
    return f", {max(zone['celsius'] for zone in zones):.0f} degrees C" if zones else ""
