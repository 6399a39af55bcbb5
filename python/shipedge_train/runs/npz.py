"""Arrays from .npz files that anybody may have written or damaged."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

from numpy.lib import format as npy
from numpy.typing import NDArray

_MOST = 2 << 30  # bytes of all arrays; a zip of some KB can say that it holds as many TB


def read_arrays(content: bytes) -> dict[str, NDArray[Any]]:
    """All arrays of a .npz file by name.

    Raises:
        ValueError: no such file, damaged, arrays of objects, or over 2 GiB.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if (total := sum(entry.file_size for entry in entries)) > _MOST:
                raise ValueError(f"it holds {total:,} bytes, expected at most {_MOST:,}")
            return {entry.filename.removesuffix(".npy"): _array(archive.read(entry)) for entry in entries}
    except ValueError:
        raise
    except Exception as error:  # zipfile, zlib, tokenize and ast raise what they like: EOFError, SyntaxError, ...
        raise ValueError(f"the file is damaged ({type(error).__name__}: {error})") from error


def _array(content: bytes) -> NDArray[Any]:
    """One .npy file, whose header says no more than there is."""
    stream = io.BytesIO(content)
    version = npy.read_magic(stream)
    read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
    if read_header is None:
        raise ValueError(f"an array is of format {version}, expected 1 or 2")
    shape, _, kind = read_header(stream)
    if kind.hasobject or any(side < 0 for side in shape):
        raise ValueError(f"an array is of {kind} and shape {shape}, expected numbers")
    if math.prod(shape) * kind.itemsize != len(content) - stream.tell():
        raise ValueError(f"an array of {kind} and shape {shape} has {len(content) - stream.tell()} bytes")
    stream.seek(0)
    found: NDArray[Any] = npy.read_array(stream, allow_pickle=False)
    return found
