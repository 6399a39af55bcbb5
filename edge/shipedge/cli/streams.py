"""``-`` as a file: standard input and output in pipes."""

import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeVar

import click

from shipedge.atomic import naming
from shipedge.errors import DatasetError, RleFormatError, ShipedgeError
from shipedge.rle import Rle, parse

_LONGEST = 1 << 30  # bytes that are held in memory

Item = TypeVar("Item")


def read_stdin() -> bytes:
    """Everything on standard input.

    Raises:
        DatasetError: over 1 GiB.
    """
    data = sys.stdin.buffer.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise DatasetError("standard input is over 1 GiB long, expected less")
    return data


def parse_lines(data: bytes, shape: tuple[int, int], order: Literal["F", "C"] = "F") -> list[Rle]:
    """Run-length texts from standard input, one a line; an empty line is an empty mask.

    Raises:
        DatasetError: not ASCII, or a line is no mask of this shape; names the line.
    """
    masks = []
    for number, line in enumerate(data.decode("ascii", "surrogateescape").splitlines(), 1):
        try:
            masks.append(parse(line, shape, order=order))
        except RleFormatError as error:
            raise DatasetError(f"stdin: line {number}: {error}") from error
    return masks


def write_stdout(data: bytes) -> None:
    """Bytes to standard output."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


@contextmanager
def readable(name: str) -> Iterator[Path]:
    """The path of ``name``; of ``-`` that of a temporary file with what came on standard input.

    Readers may then go over it twice; their complaints call it ``stdin``.
    """
    if name != "-":
        yield Path(name)
        return
    with TemporaryDirectory(prefix="shipedge-") as folder:
        path = Path(folder, "stdin")
        with naming(path), path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        try:
            yield path
        except ShipedgeError as error:
            raise type(error)(str(error).replace(str(path), "stdin")) from error


@contextmanager
def writable(name: str) -> Iterator[Path]:
    """The path of ``name``; of ``-`` that of a temporary file that goes to standard output when the block ends well."""
    if name != "-":
        yield Path(name)
        return
    with TemporaryDirectory(prefix="shipedge-") as folder:
        path = Path(folder, "stdout")
        yield path
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def counted(items: Iterable[Item], what: str) -> Iterator[Item]:
    """The same items; where stderr is a terminal, a line there says how many there were so far and how fast."""
    if not sys.stderr.isatty():
        yield from items
        return
    started = time.monotonic()
    due = started
    try:
        for number, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now >= due:
                due = now + 0.1
                rate = number / max(now - started, 1e-3)
                click.echo(f"\r\x1b[K{number} {what}, {rate:.0f}/s", err=True, nl=False)
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)
