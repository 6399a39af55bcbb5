"""Files and folders that appear whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shipedge.errors import DatasetError


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` beside ``path`` and move it there in one step; a crash or Ctrl-C leaves no half-written file.

    The temporary file is created with O_EXCL, so neither it nor ``path`` is ever followed where it is a symbolic link:
    a link at ``path`` is replaced, its target stays as it was.

    Raises:
        OSError: no permission, disk full, folder missing; the temporary file is gone by then.
    """
    # Plain os calls on strings: half of pathlib's time, and `shipedge masks` comes here for every image.
    path = os.fspath(path)
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")  # noqa: PTH118
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        try:
            file = os.open(temporary, flags, 0o666)
        except FileExistsError:  # left by a killed process that had our number
            os.unlink(temporary)  # noqa: PTH108
            file = os.open(temporary, flags, 0o666)
        try:
            view = memoryview(data)
            while view:  # a write may take only a part (disk nearly full)
                view = view[os.write(file, view) :]
        finally:
            os.close(file)
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException as error:
        if os.path.lexists(temporary):
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
    target = Path(path).resolve()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise DatasetError(f"{path} exists, expected a new or an empty folder")
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        if temporary.is_dir():  # left by a killed process that had our number
            shutil.rmtree(temporary)
        temporary.mkdir(parents=True)
        yield temporary
        if target.is_dir():
            target.rmdir()
        temporary.replace(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
