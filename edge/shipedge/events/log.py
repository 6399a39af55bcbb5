"""Writing predictions.jsonl: every event is a whole line of the file as soon as it is written."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from types import TracebackType
from typing import Literal, NamedTuple

from shipedge.errors import DatasetError
from shipedge.events.kinds import Event, Result, Start
from shipedge.events.reading import log_files, remove_parts, to_line
from shipedge.events.recorded import Recorded, read_recorded
from shipedge.files.atomic import is_stream, naming, remove_leftovers, temporary_name

__all__ = ["Log", "Rotation", "Sync", "lock_folder"]

Sync = Literal["none", "interval", "frame"]
INTERVAL_S = 1.0


class Rotation(NamedTuple):
    """When a file of the log is full, and how many full ones are kept; 0: never, and all."""

    most_bytes: int = 0
    most_s: float = 0.0
    keep: int = 0


ALL_IN_ONE = Rotation()


@dataclass
class Log:
    """The log of a run. Use it as a context manager: `recorded` is then what an earlier run has left to go on from.

    A batch of files that was stopped or killed goes on where it was; one that is through is replaced as soon as the
    first frame is done. The log of cameras and streams, which have no end, always goes on.

    Attributes:
        path: of predictions.jsonl.
        start: the first line, `batch` None where a source has no end.
        fresh: replace what is there.
        sync: when lines are on the disk and not only with the system: "frame" each at once, "interval" within a
            second, "none" when the system likes.
        rotation: when a new file begins.
        recorded: what is there already.
        leftovers: how many files in the making of runs that were killed have been removed, in this folder and in those
            that it holds.
    """

    path: Path
    start: Start
    fresh: bool = False
    sync: Sync = "interval"
    rotation: Rotation = ALL_IN_ONE
    recorded: Recorded = field(default_factory=Recorded)
    leftovers: int = 0

    def __post_init__(self) -> None:
        self._descriptor: int | None = None
        self._size, self._since = 0, time()
        self._waiting: list[bytes] = []
        self._part = 0
        self._stack = ExitStack()
        self._syncer: _Syncer | None = None

    def __enter__(self) -> Log:
        """Makes the folder, locks it and reads what is there.

        Raises:
            DatasetError: another run writes there now, or what is there is of another command or no log.
            OSError: the folder cannot be made or written into.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if is_stream(self.path):
            raise FileExistsError(errno.EEXIST, "is a pipe or device, expected a file", str(self.path))
        with ExitStack() as stack:
            stack.enter_context(lock_folder(self.path.parent))
            folders = [path for path in self.path.parent.iterdir() if path.is_dir() and not path.name.startswith(".")]
            self.leftovers = sum(map(remove_leftovers, [self.path.parent, *folders]))
            if not self.fresh:
                self.recorded = read_recorded(self.path, self.start)
            if self.recorded.goes_on:
                self._part = self.recorded.part
                with naming(self.path):
                    self._append()
            self._stack = stack.pop_all()
        if not self.recorded.goes_on or self.start.batch is None:
            self.start.part = self._part
            self.write(self.start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Writes it to the disk and closes it."""
        with self._stack, naming(self.path):
            full = issubclass(kind or Exception, OSError)
            if self._descriptor is None and len(self._waiting) > 1 and not full and not log_files(self.path):
                self._create()  # nothing could be read, and why is worth knowing
            if self._syncer is not None:
                self._syncer.stop()
            if self._descriptor is not None:
                descriptor, self._descriptor = self._descriptor, None
                try:
                    if self.sync != "none" and not full:
                        os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def write(self, event: Event) -> None:
        """Adds an event.

        A batch has no file until its first frame, or its end: where nothing can be read, earlier results stay.

        Raises:
            OSError: it cannot be written; names the file, in which only whole lines are left.
        """
        line = to_line(event)
        with naming(self.path):
            if self._descriptor is None:
                self._waiting.append(line)
                if self.start.batch is None or isinstance(event, Result):
                    self._create()
                return
            if os.name == "posix" and not os.fstat(self._descriptor).st_nlink:
                raise FileNotFoundError(errno.ENOENT, "was removed while results were written into it", str(self.path))
            if self._is_full(len(line)):
                self._rotate()
            self._write(line)

    def _write(self, data: bytes) -> None:
        assert self._descriptor is not None
        if self._syncer is not None:
            self._syncer.check()
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
            if self.sync == "frame":
                os.fsync(self._descriptor)
        except BaseException:
            with suppress(OSError):  # whole lines alone
                os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(data)
        if self._syncer is not None:
            self._syncer.dirty.set()

    def _create(self) -> None:
        """The file with what waits to be written, in the place of all earlier ones."""
        self.recorded.since = 0.0
        temporary = self.path.with_name(temporary_name())
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(temporary, flags, 0o666)
        try:
            self._write(b"".join(self._waiting))
            if self._part == 0:
                remove_parts(self.path.parent)
                for path in log_files(self.path):
                    if path != self.path:
                        path.unlink()
            temporary.replace(self.path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        self._waiting = []
        self._opened()

    def _append(self) -> None:
        """The file as it is, without a last line that is cut."""
        if not self.path.exists():  # killed in the middle of a rotation
            self._part += 1
            self.start.part = self._part
            self._waiting = [to_line(self.start)]
            return self._create()
        flags = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        self._descriptor = os.open(self.path, flags)
        self._size = self.recorded.size
        os.ftruncate(self._descriptor, self._size)
        return self._opened()

    def _opened(self) -> None:
        self._since, self.recorded.since = self.recorded.since or time(), 0.0
        if self.sync != "none":
            _sync_folder(self.path.parent)
        if self.sync == "interval":
            assert self._descriptor is not None
            self._syncer = _Syncer(self._descriptor)

    def _is_full(self, more: int) -> bool:
        most_bytes, most_s, _ = self.rotation
        return bool((most_bytes and self._size + more > most_bytes) or (most_s and time() - self._since > most_s))

    def _rotate(self) -> None:
        """Puts the file aside under the next number and begins another."""
        assert self._descriptor is not None
        if self._syncer is not None:
            self._syncer.stop()
        if self.sync != "none":
            os.fsync(self._descriptor)
        os.close(self._descriptor)
        self._descriptor, self._syncer, self._size = None, None, 0
        self._part += 1
        self.path.replace(self.path.with_suffix(f".{self._part:06d}.jsonl"))
        if self.rotation.keep:
            for path in log_files(self.path)[: -self.rotation.keep]:
                path.unlink()
        self.start.part = self._part
        self._waiting = [to_line(self.start)]
        self._create()


class _Syncer:
    """A thread that writes a file to its disk once a second where it has changed: a card may take its time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.dirty, self._stopped = threading.Event(), threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="shipedge-sync", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raises the OSError that the disk answered with."""
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Ends the thread."""
        self._stopped.set()
        self.dirty.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self.dirty.wait()
            if self._stopped.wait(INTERVAL_S):
                return
            self.dirty.clear()
            if self._stopped.is_set():  # it was, while `dirty` was cleared: nobody will set that again
                return
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                self._error = error
                return


def _sync_folder(folder: Path) -> None:
    """Makes a new name in a folder last; not every system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Keeps other runs out of a folder, until the process ends at the latest; nothing where a system knows no locks.

    Raises:
        DatasetError: another run is in it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatasetError(f"{folder}: another run writes its results there now, expected another folder") from None
        except OSError:  # a file system that knows no locks
            pass
        yield
    finally:
        os.close(descriptor)
