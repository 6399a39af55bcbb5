"""Decoded images, kept in memory or on disk while they fit. A sample is the same with and without them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from shipedge.errors import DatasetError
from shipedge.files.atomic import write_atomic
from shipedge_train.dataset import SHAPE, Image

Pixels = NDArray[np.uint8]

_BYTES = SHAPE[0] * SHAPE[1] * 3
_SUFFIX = ".rgb"


class MemoryCache:
    """The first decoded images that fit into `gigabytes`; safe to use from several threads.

    Nothing is ever put out: samples are drawn at random, and then any image is as good to keep as another.
    """

    def __init__(self, gigabytes: float) -> None:
        self._room = int(gigabytes * 1e9)
        self._images: dict[Image, Pixels] = {}
        self._lock = Lock()

    @property
    def full(self) -> bool:
        """No further image fits."""
        return self._room < _BYTES

    def find(self, image: Image) -> Pixels | None:
        """(768, 768, 3) uint8 RGB, read-only by agreement; None: not there."""
        return self._images.get(image)

    def keep(self, image: Image, pixels: Pixels) -> None:
        """Keep whole decoded pixels where there is room."""
        with self._lock:
            if image not in self._images and self._room >= pixels.nbytes:
                self._room -= pixels.nbytes
                self._images[image] = pixels


class DiskCache:
    """Decoded images as files of raw uint8 RGB, mapped into memory: a crop reads only the pages it shows.

    A file's name says which image it is of and of which size and time that was: an image that was replaced is
    decoded anew, and its old file removed. Files appear whole or not at all, so that several runs may share a folder.

    Raises:
        DatasetError: the folder cannot be made or written to.
    """

    def __init__(self, folder: str | os.PathLike[str], gigabytes: float) -> None:
        self._folder = Path(folder)
        self._lock = Lock()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with os.scandir(self._folder) as entries:
                sizes = {e.name: e.stat().st_size for e in entries if e.name.endswith(_SUFFIX)}
        except OSError as error:
            raise self._trouble(error) from None
        self._room = int(gigabytes * 1e9) - sum(sizes.values())
        self._versions = {name.partition("-")[0]: name for name, size in sizes.items() if size == _BYTES}

    @property
    def full(self) -> bool:
        """No further image fits."""
        return self._room < _BYTES

    def find(self, image: Image) -> Pixels | None:
        """(768, 768, 3) uint8 RGB, read-only; None: not there, or made of another version of the image."""
        name = self._name(image)
        if name is None or self._versions.get(name.partition("-")[0]) != name:
            return None
        try:  # a new map each time: a process may hold 65,530 of them, and data sets are larger
            return np.memmap(self._folder / name, np.uint8, "r", shape=(*SHAPE, 3)).view(np.ndarray)
        except (OSError, ValueError):  # removed by someone, or shorter than an image
            return None

    def keep(self, image: Image, pixels: Pixels) -> None:
        """Write whole decoded pixels where there is room."""
        name = self._name(image)
        if name is None:
            return
        key = name.partition("-")[0]
        with self._lock:
            if self._versions.get(key) != name:
                self._drop(key)
            if (self._versions.get(key) == name and (self._folder / name).is_file()) or self._room < _BYTES:
                return
            try:
                write_atomic(self._folder / name, pixels.tobytes())
            except OSError as error:
                raise self._trouble(error) from None
            self._versions[key] = name
            self._room -= _BYTES

    def _drop(self, key: str) -> None:
        old = self._versions.pop(key, None)
        if old is not None:
            (self._folder / old).unlink(missing_ok=True)
            self._room += _BYTES

    @staticmethod
    def _name(image: Image) -> str | None:
        try:
            state = image.path.stat()
        except OSError:  # decoding it says what is wrong
            return None
        path = os.path.abspath(image.path)  # noqa: PTH100 - resolve() asks the system about every folder on the way
        key = hashlib.blake2b(os.fsencode(path), digest_size=12).hexdigest()
        return f"{key}-{state.st_size}-{state.st_mtime_ns}{_SUFFIX}"

    def _trouble(self, error: OSError) -> DatasetError:
        return DatasetError(f"cannot keep decoded images in {self._folder}: {error.strerror}")
