"""The figures of ``shipedge bench cascade`` for machines (`figures`) and for people (`show`)."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from typing import Any

from shipedge import __version__
from shipedge.bench.cascade import STAGES, Times
from shipedge.errors import ConfigError
from shipedge.frame import FrameResult

__all__ = ["document", "figures", "memory_mb", "parse_threads", "show"]


def parse_threads(text: str) -> list[int]:
    """Of "1,2" [1, 2]. Raises ConfigError for anything else than numbers from 1 to 256."""
    counts = [int(part) if part.isascii() and part.isdigit() else 0 for part in text.split(",")]
    if not all(1 <= count <= 256 for count in counts):
        raise ConfigError(f"--threads is {text!r}, expected numbers from 1 to 256 such as 1,2")
    return counts


def memory_mb() -> float | None:
    """The most memory that this process has had resident, in megabytes; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def figures(
    threads: int,
    times: dict[str, Times],
    results: Sequence[FrameResult],
    ship_share: float | None,
    before: float | None,
) -> dict[str, Any]:
    """Means in milliseconds, by contender: over all frames, those in which ships were looked for, and the others.

    With `ship_share` the row "all" is the mean of a stream of which so many frames show ships.
    """
    with_ships = [bool(result.ships) for result in results]
    share = sum(with_ships) / len(with_ships) if ship_share is None else ship_share
    rows: dict[str, Any] = {}
    for who, measured in times.items():
        stages = ("all", *STAGES) if STAGES[0] in measured.frames[0] else ("all",)
        ships, empty = (
            {stage: measured.mean(stage, chosen) for stage in stages}
            for chosen in (with_ships, [not one for one in with_ships])
        )
        mixed = {stage: _mixed(ships[stage], empty[stage], share) for stage in stages}
        rows[who] = {"all": mixed, "ships": ships, "empty": empty}
    return {
        "threads": threads,
        "frames": len(results),
        "frames_with_ships": sum(with_ships),
        "ship_share": share,
        "ms": _clean(rows),
        "memory_mb": {"models_open": before, "at_the_end": memory_mb()},
    }


def _mixed(ships: float, empty: float, share: float) -> float:
    parts = [(ships, share), (empty, 1 - share)]
    return sum(value * weight for value, weight in parts if weight)  # NaN where the images lack what has a share


def show(value: dict[str, Any]) -> str:
    """A table of one number of threads."""
    head = f"{value['threads']} threads, {value['frames']} frames, {value['frames_with_ships']} with ships"
    lines = [head, f"{'':<34}{'ms':>8}{'frames/s':>10}   " + "".join(f"{stage:>10}" for stage in STAGES)]
    first = next(iter(value["ms"]))
    names = {"all": f"{value['ship_share']:.0%} with ships", "ships": "frames with ships", "empty": "frames without"}
    for key, name in names.items():
        for who, rows in value["ms"].items():
            row = rows[key]
            if row["all"] is None:
                continue
            line = f"{name + ', ' + who:<34.34}{row['all']:>8.2f}{1000 / row['all']:>10.0f}   "
            if who == first:
                line += "".join(f"{row[stage]:>10.2f}" for stage in STAGES)
            else:
                line += f"shipedge takes {value['ms'][first][key]['all'] / row['all']:.3f} of it"
            lines.append(line)
    if value["memory_mb"]["at_the_end"] is not None:
        lines.append(f"resident at most {value['memory_mb']['at_the_end']:.0f} MB")
    return "\n".join(lines) + "\n"


def document(values: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All tables as one JSON object."""
    return {
        "format": 1,
        "shipedge": __version__,
        "machine": platform.machine(),
        "python": platform.python_version(),
        "tables": list(values),
    }


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clean(one) for key, one in value.items()}
    return None if value != value else value
