"""Files that appear whole or not at all."""

import os
from pathlib import Path


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` beside ``path`` and move it there in one step; a crash or Ctrl-C leaves no half-written file.

    The temporary file is created with O_EXCL, so neither it nor ``path`` is ever followed where it is a symbolic link:
    a link at ``path`` is replaced, its target stays as it was.

    Raises:
        OSError: no permission, disk full, folder missing; the temporary file is gone by then.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            file = temporary.open("xb", buffering=0)
        except FileExistsError:  # left by a killed process that had our number
            temporary.unlink()
            file = temporary.open("xb", buffering=0)
        with file:
            view = memoryview(data)
            while view:  # an unbuffered write may take only a part (disk nearly full)
                view = view[file.write(view) :]
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):  # the user knows the file asked for, not the temporary name
            error.filename, error.filename2 = str(path), None
        raise
