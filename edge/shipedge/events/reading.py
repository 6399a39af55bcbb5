"""Reading predictions.jsonl and the files that --rotate has cut off it, also while a run writes them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec

from shipedge.errors import DatasetError
from shipedge.events.kinds import Event
from shipedge.files.json_text import loads
from shipedge.files.shorten import shorten

__all__ = [
    "LOG",
    "PARTS",
    "READ",
    "log_files",
    "log_lines",
    "parse_event",
    "part_files",
    "part_name",
    "read_events",
    "remove_parts",
    "to_line",
    "whole_lines",
]

LOG = "predictions.jsonl"
PARTS = "parts"
"""The folder of what several processes have written, beside the log."""
READ = "read"
"""The folder of what these have read, with sizes and checksums: a record of each part."""
LONGEST = 1 << 28
"""Bytes of a line: a frame of the largest size, every other pixel of which is a ship, takes less."""
_PART = re.compile(r"part-(\d{5,9})\.jsonl")
_OF_PARTS = re.compile(r"part-(\d{5,9})\.(jsonl|parquet)")
_CUT_OFF = re.compile(r"\.(\d{6,})\.jsonl")


def to_line(event: Event) -> bytes:
    """The line of an event, in ASCII: names that are not valid UTF-8 survive as escapes, and the file stays JSON."""
    return (json.dumps(msgspec.to_builtins(event), separators=(",", ":"), allow_nan=False) + "\n").encode("ascii")


def parse_event(line: bytes) -> Event:
    """The event of a line. Raises ValueError where it is none; says what is wrong."""
    try:
        event: Event = msgspec.convert(loads(line), type=Event)
    except msgspec.ValidationError as error:  # a ValueError only in later versions of msgspec
        raise ValueError(str(error)) from None
    return event


def part_name(number: int) -> str:
    """(17) -> "part-00017.jsonl"."""
    return f"part-{number:05d}.jsonl"


def part_files(folder: Path) -> dict[int, Path]:
    """The files that several processes have written beside a log in this folder, by their number, in its order."""
    parts = folder / PARTS
    if parts.is_symlink() or not parts.is_dir():
        return {}
    matches = ((_PART.fullmatch(path.name), path) for path in parts.iterdir())
    found = {int(match[1]): path for match, path in matches if match and path.is_file()}
    return dict(sorted(found.items()))


def remove_parts(folder: Path, kept: Collection[int] = (), *, parquet: bool = True) -> None:
    """Removes the parts beside a log whose numbers are not kept, with their records and Parquet files.

    Args:
        folder: of the log.
        kept: numbers.
        parquet: keep those of Parquet, too.
    """
    for directory in (folder / PARTS, folder / READ):
        if directory.is_symlink() or not directory.is_dir():
            continue
        for path in list(directory.iterdir()):
            match = _OF_PARTS.fullmatch(path.name)
            if match and (int(match[1]) not in kept or (match[2] == "parquet" and not parquet)):
                path.unlink(missing_ok=True)


def log_files(log: Path) -> list[Path]:
    """The files of a log, oldest first: parts or what was cut off it, by their number, then itself where it exists."""
    prefix = log.stem
    cut_off = {}
    if log.parent.is_dir():
        for path in log.parent.iterdir():
            match = _CUT_OFF.fullmatch(path.name.removeprefix(prefix)) if path.name.startswith(prefix) else None
            if match and path.is_file():
                cut_off[int(match[1])] = path
    parts = part_files(log.parent) if log.name == LOG else {}
    return [*parts.values(), *(cut_off[number] for number in sorted(cut_off)), *([log] if log.is_file() else [])]


def whole_lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """(number, offset behind it, line) of every line that ends; what a killed run has begun is none.

    Raises:
        DatasetError: a line is longer than any event.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        yield from _whole(path, file)


def _whole(path: Path, file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    end = 0
    for number in range(1, 1 << 62):
        line = file.readline(LONGEST)
        if not line.endswith(b"\n"):
            if len(line) == LONGEST:
                raise DatasetError(f"{path}: line {number} is longer than {LONGEST >> 20} MiB, expected an event")
            return
        end += len(line)
        yield number, end, line


def read_events(log: Path) -> Iterator[Event]:
    """Every event of a log, in the order of writing; a last line that is cut is left out.

    Raises:
        DatasetError: there is no log, or a line is no event; names file and line.
    """
    for path, number, line in log_lines(log):
        try:
            yield parse_event(line)
        except ValueError as error:
            raise DatasetError(f"{path}: line {number} is no event: {shorten(str(error))}") from None


def log_lines(log: Path) -> Iterator[tuple[Path, int, bytes]]:
    """(file, number, line) of all whole lines of a log, as it is when this begins.

    The newest file is opened first and read last: whatever is cut off meanwhile, nothing is left out or read twice.

    Raises:
        DatasetError: there is no log.
        OSError: it cannot be read.
    """
    with ExitStack() as stack:
        newest = stack.enter_context(log.open("rb")) if log.is_file() else None
        older = [path for path in log_files(log) if path != log]
        if newest is None and not older:
            raise DatasetError(f"{log.parent} holds no {log.name}; expected a folder of shipedge predict")
        for path in older:
            try:
                with path.open("rb") as file:
                    if newest is not None and os.path.sameopenfile(file.fileno(), newest.fileno()):
                        break
                    yield from ((path, number, line) for number, _, line in _whole(path, file))
            except FileNotFoundError:  # --keep has deleted it
                continue
        if newest is not None:
            yield from ((log, number, line) for number, _, line in _whole(log, newest))
