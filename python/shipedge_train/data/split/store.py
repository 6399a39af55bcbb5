"""Signatures on disk, one fixed-size record an image, so that a stopped or repeated split decodes no image twice."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from shipedge.errors import DatasetError, ImageError
from shipedge.files.atomic import naming
from shipedge.images import decode_reduced, header_of, read_file
from shipedge_train.data.split.signature import SIDE, STRIDE, SYMBOLS, sign
from shipedge_train.threads import in_order

_NAME = b"shipedge signatures "
_MAGIC = (_NAME + b"1\n").ljust(32, b"\0")
_RECORD = np.dtype(
    [("name", "V16"), ("bytes", "<i8"), ("changed", "<i8"), ("digest", "V16"), ("symbols", "u1", (SIDE**2, SYMBOLS))]
)
_AT_ONCE = 16  # images a thread signs between two looks at Ctrl-C


@dataclass(frozen=True, slots=True)
class Signatures:
    """What is known of n images: `symbols` (n, 9, 128), and a digest of each file."""

    symbols: NDArray[np.uint8]
    digests: list[bytes]


class Store:
    """A file of records that only grows; a record that a kill cut short is dropped when it is opened again.

    Raises:
        DatasetError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._known = self._read()
            self._file = path.open("ab")
        except OSError as error:
            raise DatasetError(f"cannot write {path}: {error.strerror}") from None

    def _read(self) -> dict[bytes, NDArray[np.void]]:
        if _start(self._path) != _MAGIC:
            self._path.write_bytes(_MAGIC)
        whole = (self._path.stat().st_size - len(_MAGIC)) // _RECORD.itemsize
        os.truncate(self._path, len(_MAGIC) + whole * _RECORD.itemsize)
        records = np.fromfile(self._path, _RECORD, offset=len(_MAGIC))
        return {record["name"].tobytes(): record for record in records}

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def collect(
        self, paths: Sequence[Path], workers: int, progress: Callable[[int], object] = lambda done: None
    ) -> Signatures:
        """Signatures of all images, in order; those not known yet, or changed since, are read and remembered.

        Args:
            paths: the images.
            workers: threads that decode.
            progress: called with the number of images just finished.

        Raises:
            DatasetError: images that cannot be used; counts them and names the first.
        """
        keys = [_key(path) for path in paths]
        new = [at for at, key in enumerate(keys) if not self._knows(key)]
        progress(len(paths) - len(new))
        broken: list[str] = []
        chunks = [[paths[at] for at in new[k : k + _AT_ONCE]] for k in range(0, len(new), _AT_ONCE)]
        for done in in_order(_records, chunks, workers):
            good = [record for record in done if not isinstance(record, str)]
            broken += [record for record in done if isinstance(record, str)]
            with naming(self._path):
                self._file.write(b"".join(record.tobytes() for record in good))
            self._known |= {record["name"].tobytes(): record for record in good}
            progress(len(done))
        if broken:
            more = f" and {len(broken) - 1} more images cannot be used" if len(broken) > 1 else ""
            raise DatasetError(f"{broken[0]}{more}: `shipedge data verify` lists them, and --fix leaves them out")
        records = [self._known[name] for name, _, _ in keys]
        symbols = np.stack([record["symbols"] for record in records]) if records else np.empty((0, SIDE**2, SYMBOLS))
        return Signatures(symbols.astype(np.uint8, copy=False), [record["digest"].tobytes() for record in records])

    def _knows(self, key: tuple[bytes, int, int]) -> bool:
        record = self._known.get(key[0])
        return record is not None and (int(record["bytes"]), int(record["changed"])) == key[1:]


def check_place(path: Path) -> None:
    """Raises DatasetError where a file that holds no signatures would be replaced: nobody has named it."""
    start = _start(path)
    if not start.startswith(_NAME) and not _MAGIC.startswith(start):  # a kill may have left only a part of it
        raise DatasetError(f"{path} exists and holds no signatures, expected another --out")


def _start(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(len(_MAGIC))


def _key(path: Path) -> tuple[bytes, int, int]:
    """Digest of the name, and what changes when the file does: its length and time."""
    try:
        status = path.stat()
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from None
    return hashlib.blake2b(path.name.encode(), digest_size=16).digest(), status.st_size, status.st_mtime_ns


def _records(paths: list[Path]) -> list[NDArray[np.void] | str]:
    """One record for each image, or a sentence about what is wrong with it."""
    return [_record(path) for path in paths]


def _record(path: Path) -> NDArray[np.void] | str:
    name, length, changed = _key(path)
    try:
        content = read_file(path)
        height, width = header_of(content, str(path)).shape
        if (height, width) != (SIDE * STRIDE, SIDE * STRIDE):
            return f"{path} is {width}x{height} pixels, expected {SIDE * STRIDE}x{SIDE * STRIDE}"
        quarter = decode_reduced(content, str(path), 4, grey=True)
    except ImageError as error:
        return str(error)
    record = np.zeros((), _RECORD)
    record["name"], record["bytes"], record["changed"] = np.void(name), length, changed
    record["digest"] = np.void(hashlib.blake2b(content, digest_size=16).digest())
    record["symbols"] = sign(quarter)
    return record
