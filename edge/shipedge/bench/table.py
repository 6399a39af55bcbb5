"""The benchmark's figures for people (`show`) and for machines (`as_json`)."""

import platform
from collections.abc import Sequence
from typing import Any

from shipedge import __version__
from shipedge.bench.timing import LIMIT
from shipedge.bench.work import Row

_HEAD = f"{'':<32}{'shipedge':>11}  {'best peer':<21}{'':>9} x faster  at least   {'limit':<8} x limit  at most"
_TIER = 16
FOOT = """
x faster: time of the best peer over ours, and what it should be at least. x limit: our time over that of the limit,
which nothing can beat, such as setting the memory, and what it should be at most. Behind GB/s: what they should be at
least. ! marks what is missed; where nothing stands, nothing is asked."""


def head(tiers: int) -> str:
    """The first line of a table of rows with so many tiers of kernels each."""
    return _HEAD if tiers == 1 else f"{'kernels  x first':<{_TIER}} {_HEAD}"


def show(rows: Sequence[Row]) -> str:
    """A line for each tier of kernels that did the work, and an indented one for the peers."""
    lines = [_line(row) for row in rows]
    if len(rows) > 1:
        first = rows[0].ours_us
        lines = [f"{row.kernels:<9}{row.ours_us / first:>7.2f} {line}" for row, line in zip(rows, lines, strict=True)]
    row = rows[0]
    others = [f"{name} {_time(us)}" for name, us in list(row.peers_us.items())[1:]]
    others += [f"{name} {reason}" for name, reason in row.failed.items()]
    if row.limit:
        others.append(f"({row.limit} {_time(row.median_us[LIMIT])})")
    return "\n".join([*lines, *(["    " + ", ".join(others)] if others else [])])


def _line(row: Row) -> str:
    floors = row.floors()

    def floor(kind: str) -> str:
        if kind not in floors:
            return ""
        value, reached = floors[kind]
        return f"{value:g}{'!' if reached is False else ''}"

    best = row.best_peer
    faster = f"{best:<21}{_time(row.median_us[best]):>9}{row.times_faster:>9.1f}" if best else f"{'-':<21}{'':>18}"
    limit = f"{row.limit:<8}{row.of_limit:>8.2f}" if row.limit else f"{'-':<8}{'':>8}"
    line = f"{row.work:<32}{_time(row.ours_us):>11}  {faster}{floor('peer'):>10}   {limit}{floor('limit'):>9}"
    if row.gb_s is not None and row.gb_s > 0:
        line += f"   {row.gb_s:.1f} GB/s {floor('gb_s')}".rstrip()
    return line


def as_json(rows: Sequence[Row], missing: Sequence[str], csv: str | None) -> dict[str, Any]:
    """Everything that was measured, with the floors and whether they are reached."""
    return {
        "format": 3,
        "shipedge": __version__,
        "csv": csv,
        "machine": platform.machine(),
        "python": platform.python_version(),
        "missing": list(missing),
        "results": [
            {
                "work": row.work,
                "kernels": row.kernels,
                "median_us": row.median_us,
                "minimum_us": row.minimum_us,
                "failed": row.failed,
                "best_peer": row.best_peer,
                "times_faster": row.times_faster,
                "limit": row.limit,
                "of_limit": row.of_limit,
                "gb_s": row.gb_s,
                "floors": {kind: {"floor": value, "reached": ok} for kind, (value, ok) in row.floors().items()},
            }
            for row in rows
        ],
    }


def _time(us: float) -> str:
    value, unit = (us, "us") if us < 1000 else (us / 1000, "ms")
    return f"{value:.2f} {unit}" if value < 10 else f"{value:.1f} {unit}" if value < 100 else f"{value:.0f} {unit}"
