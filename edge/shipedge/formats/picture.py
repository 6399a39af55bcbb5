"""Size of a JPEG or PNG picture from its header: no pixel is decoded, no library is needed.

Sources: ITU-T T.81 annex B (JPEG markers, frame header), PNG specification (IHDR is the first chunk).
"""

import os
import struct
from pathlib import Path

from shipedge.errors import SourceError

SUFFIXES = {".jpg", ".jpeg", ".png"}
# Start-of-frame markers carry the size; C4, C8 and CC of that range are tables and extensions.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length field


def picture_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """(height, width) in pixels, as stored: an EXIF rotation is not applied, because masks lie on the stored pixels.

    Raises:
        SourceError: unreadable, neither JPEG nor PNG, or cut off before its size.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(1 << 16)
            if data[:2] == b"\xff\xd8":
                data += file.read()  # metadata (previews, colour profiles) may push the frame header far down
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error
    if data[:2] == b"\xff\xd8":
        size = _jpeg_size(data)
    elif data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        size = (height, width)
    else:
        raise SourceError(f"{path} is neither a JPEG nor a PNG picture")
    if size is None or 0 in size:
        raise SourceError(f"{path} ends before its size is said")
    return size


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES:
            if at + 9 > len(data):
                return None
            height, width = struct.unpack_from(">HH", data, at + 5)
            return height, width
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
