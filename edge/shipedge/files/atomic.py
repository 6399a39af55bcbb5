"""Files and folders that appear whole or not at all."""

import contextlib
import errno
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from shipedge.errors import DatasetError
from shipedge.system import signals

_FULL = (errno.ENOSPC, errno.EFBIG)  # errors of writing, which do not name the file
HIDDEN = ".shipedge-"
"""What the names of temporary files and folders begin with; the number of their process follows."""
_LEFTOVER = re.compile(rf"{re.escape(HIDDEN)}(\d{{1,9}})-")
_PATIENCE_S = 2.0  # for a program that is to read from a pipe and has just been started


def write_output(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` to an output that the user has named: a file in one step, into anything else as it is.

    A pipe, a device and ``/dev/stdout`` are written into; replacing them would destroy them.

    Raises:
        OSError: as in `write_atomic`; also a disk, or a pipe that no program reads from.
    """
    path = os.fspath(path)
    try:
        descriptor = _open_stream(path)
        if descriptor is not None:
            try:
                write_all(descriptor, data)
            finally:
                os.close(descriptor)
            return
    except OSError as error:
        error.filename = path
        raise
    write_atomic(path, data)


def write_atomic(path: str | os.PathLike[str], data: bytes, *, durable: bool = False) -> None:
    """Write ``data`` beside ``path`` and move it there in one step; a crash or Ctrl-C leaves no half-written file.

    The temporary file is created with O_EXCL, so neither it nor ``path`` is ever followed where it is a symbolic link:
    a link at ``path`` is replaced, its target stays as it was. With ``durable`` a power cut leaves none either.

    Raises:
        OSError: no permission, disk full, folder missing, ``path`` is a pipe or device; the temporary file is gone.
    """
    # Plain os calls on strings: half of pathlib's time, and the loader's cache comes here for every image.
    path = os.fspath(path)
    temporary = os.path.join(os.path.split(path)[0], temporary_name())  # noqa: PTH118
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with contextlib.suppress(FileNotFoundError):
            mode = os.lstat(path).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode)):
                raise FileExistsError(errno.EEXIST, "is a pipe, socket or device, expected a file")
        file = os.open(temporary, flags, 0o666)
        try:
            write_all(file, data)
            if durable:
                os.fsync(file)
        finally:
            os.close(file)
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        if isinstance(error, OSError):  # the user knows the file asked for, not the temporary name
            error.filename, error.filename2 = path, None
        raise


@contextmanager
def new_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder to fill that appears at ``path`` when the block ends well; otherwise nothing of it is left.

    Raises:
        DatasetError: ``path`` exists and is no empty folder: files of two origins must not mix unseen.
        OSError: no permission, disk full.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise DatasetError(f"{path} exists, expected a new or an empty folder")
    with naming(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        with hidden_folder(target.parent) as hidden:
            inside = hidden / "new"  # one of its own: the hidden folder is for its owner alone
            inside.mkdir()
            yield inside
            if target.is_dir():
                target.rmdir()
            inside.replace(target)


@contextmanager
def hidden_folder(beside: Path) -> Iterator[Path]:
    """A new folder in ``beside`` that only its owner may enter, gone at the end; for files that a library writes.

    Nobody can have planted a link in it, and a folder that a killed run has left is not used again.
    """
    folder = None
    try:
        with signals.held():  # a folder that is made has its name noted
            folder = TemporaryDirectory(prefix=f"{HIDDEN}{os.getpid()}-", dir=beside, ignore_cleanup_errors=True)
        yield Path(folder.name)
    finally:
        with signals.held():
            if folder is not None:
                folder.cleanup()


def temporary_name() -> str:
    """A name for a file in the making that no other has."""
    return f"{HIDDEN}{os.getpid()}-{os.urandom(8).hex()}.tmp"


def remove_leftovers(folder: Path) -> int:
    """Removes what processes that are no more have left in a folder; how many files and folders that were."""
    if os.name != "posix" or folder.is_symlink() or not folder.is_dir():
        return 0
    removed = 0
    try:
        entries = list(folder.iterdir())
    except OSError:  # a folder of somebody else, such as lost+found
        return 0
    for path in entries:
        match = _LEFTOVER.match(path.name)
        if match is None or _is_alive(int(match[1])):
            continue
        if path.is_dir() and not path.is_symlink():
            rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()
        removed += 1
    return removed


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True


@contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Makes errors of writing name ``path``, which the user has asked for, not a temporary name or none."""
    try:
        yield
    except OSError as error:
        hidden = any(HIDDEN in str(name) for name in (error.filename, error.filename2))
        if hidden or (error.filename is None and error.errno in _FULL):
            error.filename, error.filename2 = os.fspath(path), None
        raise


def own_folder(path: Path) -> None:
    """Make a folder, with its parents, for files of fixed names; one that is there already is used.

    Raises:
        OSError: no permission, or ``path`` is a link: files that it leads to are not ours to replace.
    """
    if path.is_symlink():
        raise FileExistsError(errno.EEXIST, "is a link, expected a folder", str(path))
    path.mkdir(parents=True, exist_ok=True)


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether ``path`` is, or links to, something that is written into: a pipe, a device, an open file of ours."""
    if _descriptor(os.fspath(path)) is not None:
        return True
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _open_stream(path: str) -> int | None:
    """A descriptor of what `is_stream` recognizes; None for files, folders and what does not exist."""
    number = _descriptor(path)
    if number is not None:
        if number == 2:  # standard error of the command, see terminal.prepare
            with contextlib.suppress(OSError, ValueError):
                number = sys.stderr.fileno()
        return os.dup(number)
    if not is_stream(path):
        return None
    mode = Path(path).stat().st_mode
    if stat.S_ISBLK(mode):  # a whole file system would be lost
        raise PermissionError(errno.EPERM, "is a disk, expected a file")
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            # A pipe that nobody reads from would be waited for without end; O_NONBLOCK says so instead.
            descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
        except OSError as error:
            if error.errno != errno.ENXIO or not stat.S_ISFIFO(mode):
                raise
            if time.monotonic() > deadline:
                raise OSError(errno.ENXIO, "no program reads from this pipe") from None
            time.sleep(0.02)
        else:
            if os.name == "posix":
                os.set_blocking(descriptor, True)
            return descriptor


def _descriptor(path: str) -> int | None:
    """The number of the open file that ``path`` stands for (/dev/stdout, /dev/fd/3, links to them), or None."""
    for _ in range(40):  # as many links as Linux follows
        folder, name = os.path.split(path)
        folder = os.path.realpath(folder)
        if folder in ("/dev/fd", f"/proc/{os.getpid()}/fd") and name.isdigit() and len(name) < 9:
            return int(name)
        path = os.path.join(folder, name)  # noqa: PTH118
        if not os.path.islink(path):  # noqa: PTH114
            return None
        path = os.path.join(folder, os.readlink(path))  # noqa: PTH115, PTH118
    return None


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``; a single write may take only a part of it (disk nearly full)."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
