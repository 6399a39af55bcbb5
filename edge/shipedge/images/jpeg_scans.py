"""JPEG: are all scans there, and not too many? A file without its last ones decodes to a blur, without a complaint.

Source: ITU-T T.81 annex G (progressive scans: Ss, Se, Ah, Al).
"""

from __future__ import annotations

import io

from shipedge.errors import ImageError
from shipedge.images.fields import take
from shipedge.images.jpeg import FRAMES, SCAN, find_frame, scan_end, segments

_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_COEFFICIENTS = 64
_MOST_SCANS = 64
"""Each one passes over the whole image, and some thousands fit into a small file."""


def refuse_missing_scans(content: bytes, name: str) -> None:
    """Raise ImageError where a progressive image ends before each coefficient came at its full precision."""
    frame = find_frame(content)
    if frame is None or frame[0] not in _PROGRESSIVE:
        return
    file, left, scans = io.BytesIO(content), dict[int, list[int]](), 0
    try:
        for marker, length in segments(file):
            segment = take(file, length)
            if marker in FRAMES:
                left = {segment[6 + 3 * k]: [1] * _COEFFICIENTS for k in range(segment[5])}
            elif marker == SCAN:
                scans += 1
                if scans > _MOST_SCANS:
                    raise ImageError(name, f"more than {_MOST_SCANS} scans, expected about ten", "damaged")
                first, last, low = segment[-3], segment[-2], segment[-1] & 15
                for component in segment[1 : 1 + 2 * segment[0] : 2]:
                    for k in range(first, min(last, _COEFFICIENTS - 1) + 1):
                        left[component][k] = low
                file.seek(scan_end(content, file.tell()))
    except (EOFError, IndexError, KeyError):  # the end of the image, or what the decoder will say
        pass
    if any(bits for missing in left.values() for bits in missing):
        raise ImageError(name, "the image is cut off (its last scans are missing)", "truncated")
