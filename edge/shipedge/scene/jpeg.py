"""A JPEG of any size as rows: strips of it are cut out as small JPEG files, and decoded as every other image.

So the pixels are those of the whole image, to the last bit; GDAL has another decoder, which mixes colors otherwise and
takes three times as long.
"""

from __future__ import annotations

import mmap
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shipedge._core import cut_jpeg, jpeg_strips
from shipedge.errors import ImageError, RleFormatError
from shipedge.images import jpeg_pixels

__all__ = ["JpegRows"]


class JpegRows:
    """What a `Scene` asks of a dataset.

    Attributes:
        height: pixels.
        width: pixels.
        block_shapes: (height, width) of what is decoded together.
        dtypes: of the bands.
        at_once: pixels to be asked for in one go: each strip costs two groups of rows around it.
    """

    dtypes = ("uint8",) * 3
    at_once = 3 << 20

    def __init__(self, name: str) -> None:
        """Opens the file.

        Raises:
            ValueError: it is no sequential JPEG of one scan, of which strips can be cut.
        """
        self._name = name
        with Path(name).open("rb") as file:
            self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        (self.height, self.width), self._step, begin = jpeg_strips(self._content)
        self.block_shapes = [(self._step, self.width)]
        self._total, self._reduce = -(-self.height // self._step), 1
        self._begins: list[NDArray[np.int64]] = [begin]

    def half(self) -> JpegRows:
        """The same file decoded to half its size, sides rounded up, as `decode_reduced` does."""
        rows = copy(self)
        rows.height, rows.width, rows._step = -(-self.height // 2), -(-self.width // 2), self._step // 2
        rows.block_shapes = [(rows._step, rows.width)]
        rows._reduce = 2
        return rows

    def read(
        self, bands: list[int], window: tuple[tuple[int, int], tuple[int, int]], out: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Rows of the image, whole ones: (3, rows, width). Raises ImageError where they are damaged."""
        top, bottom = window[0]
        first, end = max(top // self._step - 1, 0), min(-(-bottom // self._step) + 1, self._total)
        try:
            while len(self._begins) <= first:
                self._cut(len(self._begins) - 1, first)
            content = self._cut(first, end)
        except RleFormatError as error:
            raise ImageError(self._name, f"the JPEG is damaged or cut off: {error}", "damaged") from None
        if self._reduce == 1:
            pixels = jpeg_pixels.decode(content, self._name)
        else:
            pixels = jpeg_pixels.decode_reduced(content, self._name, self._reduce, "RGB")
        rows = np.moveaxis(pixels[top - first * self._step :][: bottom - top], 2, 0)
        if out is None:
            return rows
        out[...] = rows
        return out

    def _cut(self, first: int, end: int) -> bytes:
        """A JPEG of groups of rows; where the following ones begin is noted."""
        content, following = cut_jpeg(self._content, self._begins[first], first, end - first)
        self._begins += list(following[len(self._begins) - first - 1 :])
        if hasattr(mmap, "MADV_DONTNEED"):  # pages of the file that were read are not needed in memory
            self._content.madvise(mmap.MADV_DONTNEED)
        return content
