"""Models in a process of their own: a driver that crashes or hangs there does not take the run with it.

Pixels and answers lie in memory that both processes see; a message of a few bytes says which model is asked.
"""

from __future__ import annotations

import mmap
import os
import signal
import subprocess
import weakref
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

import numpy as np
from numpy.typing import NDArray

from shipedge.backends.cpu import RefusedError
from shipedge.bundle import ModelFile
from shipedge.errors import BackendError
from shipedge.system.child import end_server, start_server

__all__ = ["Setup", "Worker"]

FIRST_S = 300.0
"""Seconds for opening the models, and for the first call of each: programs for the accelerator are compiled."""
CALL_S = 20.0
"""Seconds for every other call."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker opens.

    Attributes:
        name: of the rung, for reports.
        files: the models, in the order of their numbers.
        threads: threads of each model, where its runtime takes any.
        accelerator: "gpu" or "npu" of LiteRT, or "" for a delegate library.
        library: the delegate library.
        options: its options.
    """

    name: str
    files: tuple[ModelFile, ...]
    threads: int
    accelerator: str = ""
    library: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def sizes(self) -> tuple[int, int]:
        """Bytes of the largest input and of the largest answer."""
        return max(int(np.prod(f.input)) for f in self.files), max(int(np.prod(f.output)) for f in self.files)


class Worker:
    """The process, with one `Model` for each file.

    Attributes:
        models: the models, in the order of the files.
        says: what the process tells about them, for example how many nodes a delegate took.
    """

    def __init__(self, setup: Setup) -> None:
        """Starts the process and opens the models in it.

        Raises:
            RefusedError: the process cannot be started, ended or gave no answer, or a model cannot be opened there.
        """
        if os.name != "posix":
            raise RefusedError("accelerators are used on Linux and macOS only")
        self._size_in, size_out = setup.sizes()
        self._files = setup.files
        try:
            with _shared_file() as file:
                file.truncate(self._size_in + size_out)
                self._memory = mmap.mmap(file.fileno(), self._size_in + size_out)
                served = start_server("shipedge.backends.host", [file.fileno()])
        except OSError as error:
            raise RefusedError(f"cannot be tried in a process of its own ({error.strerror})") from None
        self._process, self._channel = served.process, served.channel
        self._close = weakref.finalize(self, end_server, served, os.getpid())
        self.models = [RemoteModel(self, number, setup.name) for number in range(len(setup.files))]
        try:
            self._channel.send(setup)
            self.says = self._answer(FIRST_S)
        except OSError:
            raise RefusedError(self._last_words()) from None
        except BackendError as error:
            self.close()
            raise RefusedError(str(error)) from None

    def close(self) -> None:
        """Ends the process."""
        self._close()

    def ask(self, number: int, pixels: NDArray[np.uint8], limit_s: float) -> NDArray[np.uint8]:
        """The answer of a model; a copy.

        Raises:
            BackendError: the process ended, gave no answer in time, or the model failed; the worker is closed.
        """
        file = self._files[number]
        shared = np.frombuffer(self._memory, np.uint8)
        shared[: int(np.prod(file.input))].reshape(file.input[1:])[:] = pixels
        try:
            self._channel.send_bytes(bytes([number]))
            self._answer(limit_s)
        except OSError:  # closed, here or there
            raise BackendError(self._last_words()) from None
        except BackendError:
            self.close()
            raise
        rows, cols = file.output[1:3]
        return shared[self._size_in :][: rows * cols].reshape(rows, cols).copy()

    def _answer(self, limit_s: float) -> str:
        try:
            if not self._channel.poll(limit_s):
                raise BackendError(f"no answer within {limit_s:g} s")
            answer = self._channel.recv_bytes(1 << 16).decode("utf-8", "replace")
        except EOFError:
            raise BackendError(self._last_words()) from None
        if answer[:1] != "+":
            raise BackendError(answer[1:])
        return answer[1:]

    def _last_words(self) -> str:
        """How the process ended."""
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            code = 0
        self.close()
        return f"crashes with {signal.Signals(-code).name}" if code < 0 else "its process ends"


class RemoteModel:
    """A `Model` that a worker holds."""

    def __init__(self, worker: Worker, number: int, backend: str) -> None:
        """The model of that number."""
        self._worker, self._number, self._limit_s = worker, number, FIRST_S
        self.window, self.backend = worker._files[number].input[1], backend

    def __call__(self, window: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """See `Model`."""
        found = self._worker.ask(self._number, window, self._limit_s)
        self._limit_s = CALL_S
        return found


def _shared_file() -> IO[bytes]:
    """A file without a name."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("shipedge"), "w+b")
    return TemporaryFile()
