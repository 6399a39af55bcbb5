"""What a video may cost, by its header and while it is read.

A compressed video says "as before" in a few bits: some kilobytes may hold hours, and some hundred bytes claim frames of
gigabytes. A calm sea at night compresses as well, so what is asked grows with the file.
"""

from __future__ import annotations

import sys

from shipedge.errors import SourceError

_MOST_PIXELS = 1 << 25
"""Of one frame, where nobody says otherwise: 8K. A decoder and the pipeline hold about twenty of them."""
_ALWAYS_A_FRAME = 1 << 22
"""Pixels that a frame of any file may have, where a decoder takes 1.5 bytes for a pixel: 1440p."""
_FRAME_FOR_A_BYTE = 4
"""Pixels that one frame may have for each byte of the file, likewise."""
_ALWAYS = 5 << 28
"""Pixels of all frames of any file: about ten seconds of work."""
_FREE = 1 << 20
_FOR_A_BYTE = 1 << 14
"""Pixels that all frames may have for each byte beyond `_FREE`: 1080p at 25 frames a second and 25 kbit/s."""
_LEAST = 768 * 768
"""The detector's tile: a smaller frame costs as much."""


class VideoBudget:
    """Counts the frames of one video against the size of its file."""

    def __init__(self, name: str, size: int, shape: tuple[int, int], common: bool, most: int | None) -> None:
        """Looks at the size of one frame.

        Args:
            name: for messages.
            size: of the file, bytes.
            shape: (height, width) of the frames.
            common: whether a pixel takes 1.5 bytes in the decoder, as nearly everywhere; others take up to 6.
            most: pixels of a frame that the user allows, who then answers for the number of frames too; None: as many
                as the file is likely to hold.

        Raises:
            SourceError: a frame has too many pixels, or far more than the file can hold.
        """
        height, width = shape
        pixels, bound = height * width, most or _MOST_PIXELS
        self._name, self._what = name, f"frames of {width}x{height} pixels"
        self._where = f"in a file of {size} bytes"
        self._advice = f"cut it, or say --max-pixels {pixels}"
        if pixels > bound:
            raise SourceError(f"{name}: {self._what}, expected at most {bound}: scale it down, or say --max-pixels")
        bound = max(_ALWAYS_A_FRAME, _FRAME_FOR_A_BYTE * size) // (1 if common else 2)
        if most is None and pixels > bound:
            raise SourceError(
                f"{name}: {self._what} {self._where}, expected at most {bound}: say --max-pixels {pixels}"
            )
        allowed = _ALWAYS + _FOR_A_BYTE * max(size - _FREE, 0)
        self._frames = sys.maxsize if most is not None else allowed // max(pixels, _LEAST)

    def refuse_promised(self, frames: int) -> None:
        """Raise SourceError where the header lists more frames than such a file is likely to hold."""
        if frames > self._frames:
            raise SourceError(
                f"{self._name}: {frames} {self._what} {self._where}, expected at most {self._frames}: {self._advice}"
            )

    def refuse_more(self, read: int) -> None:
        """Raise SourceError where another frame would be one too many."""
        if read >= self._frames:
            raise SourceError(
                f"{self._name}: more than {read} {self._what} {self._where}, which is hardly likely: {self._advice}"
            )
