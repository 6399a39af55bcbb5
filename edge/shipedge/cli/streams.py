"""``-`` as a file: standard input and output in pipes."""

import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from json import detect_encoding
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import Literal, TypeVar

import click

from shipedge.errors import DatasetError, RleFormatError, ShipedgeError
from shipedge.files.atomic import hidden_folder, write_all
from shipedge.files.inputs import read_most, shown_size
from shipedge.rle import CsvIndex, Rle, parse

_LONGEST = 64 << 20
"""Bytes of a mask or of run-length texts: the largest mask there can be has a tenth of it."""
_LONGEST_LABELS = 1 << 30  # as a file may have; a CSV of ships may have more
_BEGINNING = 64  # bytes that tell what a stream is

Item = TypeVar("Item")


def read_stdin() -> bytes:
    """A mask or run-length texts: everything on standard input.

    Raises:
        DatasetError: over 64 MiB, or zero bytes, which neither of them begins with.
    """
    start = sys.stdin.buffer.read(_BEGINNING)
    if start.startswith(b"\0"):
        raise DatasetError("standard input begins with a zero byte, expected a mask or run-length texts")
    data = start + read_most(sys.stdin.buffer, _LONGEST)
    if len(data) > _LONGEST:
        raise DatasetError(f"standard input is over {shown_size(_LONGEST)} long, expected less")
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

    Raises:
        DatasetError: standard input is longer than a file of its kind may be, or of no kind.
        OSError: the disk of temporary files is full.
    """
    if name != "-":
        yield Path(name)
        return
    start = sys.stdin.buffer.read(_BEGINNING)
    most = _most(start)
    with _scratch() as (descriptor, path):
        length = len(start)
        try:
            write_all(descriptor, start)
            while length <= most and (part := sys.stdin.buffer.read(1 << 20)):
                write_all(descriptor, part)
                length += len(part)
        except OSError as error:  # nobody knows the name of the file
            error.filename = f"standard input, kept in {gettempdir()}"
            raise
        if length > most:
            raise DatasetError(f"standard input is over {shown_size(most)} long, expected less")
        try:
            yield path
        except ShipedgeError as error:
            raise type(error)(str(error).replace(str(path), "stdin")) from error


def _most(start: bytes) -> int:
    """How many bytes may come on standard input that begins so. Raises DatasetError for what nobody can read."""
    text = start.decode(detect_encoding(start), "ignore").removeprefix("\ufeff").lstrip()
    if not all(character.isprintable() or character.isspace() for character in text):
        raise DatasetError("standard input is not text, expected a CSV of ships, a COCO file or run-length texts")
    if text.startswith(("ImageId", '"ImageId')):
        return CsvIndex.MOST_BYTES - 1
    return _LONGEST_LABELS if text.startswith(("{", "[", "<")) else _LONGEST


@contextmanager
def _scratch() -> Iterator[tuple[int, Path]]:
    """The descriptor of a temporary file, and its path.

    On Linux the file has no name, so that not even a killed process leaves it behind.
    """
    if sys.platform == "linux" and Path("/proc/self/fd").is_dir():
        with TemporaryFile(prefix="shipedge-", buffering=0) as nameless:
            yield nameless.fileno(), Path(f"/proc/self/fd/{nameless.fileno()}")
        return
    with hidden_folder(Path(gettempdir())) as folder, (folder / "stdin").open("wb") as file:
        yield file.fileno(), folder / "stdin"


@contextmanager
def writable(name: str) -> Iterator[Path]:
    """The path of ``name``; of ``-`` that of a temporary file that goes to standard output when the block ends well."""
    if name != "-":
        yield Path(name)
        return
    with hidden_folder(Path(gettempdir())) as folder:
        path = folder / "stdout"
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
