"""What an image may cost, decided by its header before anything is decoded.

Some hundred bytes may claim gigabytes of pixels: a decoder then takes the memory, fills it with one color, and returns.
"""

from __future__ import annotations

from importlib.util import find_spec

from shipedge.errors import ImageError
from shipedge.images.header import ImageHeader

MOST_PIXELS = 1 << 28
"""Of one image, where nobody says otherwise: 16,384 x 16,384."""
_ALWAYS = 120_000_000
"""Bytes that the pixels of any file may take in the decoder."""
_FOR_A_BYTE = 100
"""Bytes that they may take for each byte of the file; of photographs 2 to 30, of an image of one color up to 1,000."""


def refuse_cost(header: ImageHeader, size: int, name: str, most: int | None) -> None:
    """Raise ImageError where an image has too many pixels, or far more than its file can hold.

    Args:
        header: of the image.
        size: of the file, bytes.
        name: for messages.
        most: pixels that the user allows; None: `MOST_PIXELS`, and no more bytes than the file is likely to hold.
    """
    height, width = header.shape
    pixels = height * width
    if pixels > (most or MOST_PIXELS):
        geo = "" if find_spec("rasterio") else ", or install shipedge[geo] to predict it in windows"
        raise ImageError(
            name,
            f"{width}x{height} pixels, expected at most {most or MOST_PIXELS} in all: cut it, or say --max-pixels{geo}",
        )
    taken = pixels * _taken(header)
    if most is None and taken > max(_ALWAYS, size * _FOR_A_BYTE):
        raise ImageError(
            name, f"{width}x{height} pixels in a file of {size} bytes, which is hardly one: say --max-pixels {pixels}"
        )


def refuse_work(header: ImageHeader, size: int, name: str, most: int | None) -> None:
    """Raise ImageError where even as RGB the pixels of an image, in which ships are looked for, are more than that.

    A million pixels full of ships cost the models 0.1 s and 10 MB, however they were compressed, and grey ones as much
    as others.

    Args: as `refuse_cost`, which allows more grey: an empty mask of a large scene takes a few kilobytes.
    """
    height, width = header.shape
    pixels = height * width
    if most is None and pixels * 3 > max(_ALWAYS, size * _FOR_A_BYTE):
        raise ImageError(
            name, f"{width}x{height} pixels in a file of {size} bytes, which is hardly one: say --max-pixels {pixels}"
        )


def _taken(header: ImageHeader) -> int:
    """Bytes that a decoder takes for one pixel."""
    channels, size = header.channels, -(-header.bits // 8)
    if header.palette or header.format == "JPEG":  # decoded as RGB, whatever it holds
        channels = max(channels, 3)
    elif channels == 2:  # grey and transparency, decoded as RGBA
        channels = 4
    return channels * (4 if header.format == "JP2" else size)  # OpenJPEG has 32 bits for each value
