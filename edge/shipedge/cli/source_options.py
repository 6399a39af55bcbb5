"""The options of `shipedge predict` that say what of the sources is looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from shipedge.cli.options import FloatRange, PathName

if TYPE_CHECKING:
    from shipedge.sources import Source

__all__ = ["resolve_all", "source_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--sources",
        "sources_file",
        type=PathName(),
        metavar="FILE",
        help="Also read the sources of this TOML file: a table for each, with url, name, roi, fps, every, gsd_m, user, "
        "password (may be ${VARIABLE}) or password_file. A password on the command line is seen by everybody on the "
        "machine.",
    ),
    click.option(
        "--fps",
        type=FloatRange(1e-4, 1000),
        metavar="F",
        help="Frames a second of each video or stream, at most; how often a still image is asked for.  [default: all; "
        "1 for still images]",
    ),
    click.option("--every", type=click.IntRange(1), metavar="N", help="Every Nth frame of each video or stream."),
    click.option(
        "--max-age",
        "max_age_s",
        type=FloatRange(0.001, 86400),
        metavar="SECONDS",
        help="Skip frames of cameras and streams that are older.",
    ),
    click.option("--max-frames", type=click.IntRange(1), metavar="N", help="Stop after N frames of all sources."),
    click.option("--duration", "duration_s", type=FloatRange(0.001), metavar="SECONDS", help="Stop after that time."),
)


def source_options(command: _Command) -> _Command:
    """Adds the options; the command gets them as `limits`, and the TOML file as `sources_file`."""

    @wraps(command)
    def with_limits(
        *arguments: Any,
        fps: float | None,
        every: int | None,
        max_age_s: float | None,
        max_frames: int | None,
        duration_s: float | None,
        **others: Any,
    ) -> Any:
        from shipedge.sources.limits import Limits

        return command(*arguments, limits=Limits(fps, every or 1, max_age_s, max_frames, duration_s), **others)

    decorated: Any = with_limits
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def resolve_all(specs: tuple[str, ...], sources_file: str | None, notes: list[str]) -> list[Source]:
    """The sources of the command line and of the file. Raises click.UsageError where there are none."""
    from shipedge.sources.listed import read_listed
    from shipedge.sources.resolve import distinct, resolve

    if not specs and sources_file is None:
        raise click.UsageError("no source is given, expected SOURCE or --sources FILE")
    listed = [] if sources_file is None else read_listed(sources_file, notes)
    return distinct([*resolve(specs, notes), *listed], notes)
