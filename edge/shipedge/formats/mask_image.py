"""Mask images: grey values, wherever in the file they lie (grey, equal colors, a palette, transparency)."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shipedge.errors import DatasetError
from shipedge.images import decode_stored, header_of, read_file
from shipedge.images.png import palette, pixels_alone
from shipedge.images.turn import turn
from shipedge.rle import Rle

Values = npt.NDArray[Any]

VOID, _VOID_COLOR = 255, (224, 224, 192)
"""What PASCAL VOC paints around objects: neither an object nor background."""


def read_mask(path: Path) -> Values:
    """`decode_mask` of a file with one value other than 0; errors as `one_value`."""
    return one_value(decode_mask(read_file(path), str(path)), str(path))


def read_png(source: bytes | str | PathLike[str]) -> Rle:
    """The mask of a PNG: what is not 0 or, where transparency is the mask, what is visible.

    OpenCV decodes the file; no more than one array of its pixels is in memory.

    Args:
        source: path of the file, or what is in it.

    Raises:
        ImageError: not an image, cut off or damaged.
        DatasetError: a JPEG, color, or several values other than 0, as a label image has.
    """
    if isinstance(source, bytes):
        values = one_value(decode_mask(source, "the PNG"), "the PNG")
    else:
        values = read_mask(Path(source))
    return Rle.from_mask((values != 0).view(np.uint8))


def one_value(values: Values, name: str) -> Values:
    """The same mask. Raises DatasetError where it has several values other than 0."""
    if ((values != 0) & (values != values.max(initial=0))).any():
        raise DatasetError(
            f"{name} has several values other than 0: a label image, or a mask that was resized, expected one value"
        )
    return values


def decode_mask(content: bytes, name: str) -> Values:
    """A mask image -> (height, width) uint8 or uint16 values, as viewers show it.

    Grey of 1 to 16 bits gives its values; color those of its channels, where they are equal. A palette of greys gives
    these greys. Of any other palette whose first color is black, the numbers of the colors are the values (label maps
    of PASCAL VOC are so). Where what is visible has one color, transparency is the mask.

    Raises:
        ImageError: not an image, cut off or damaged.
        DatasetError: a JPEG, whose values are not exact; color; or two masks in one file.
    """
    header = header_of(content, name)
    if header.format == "JPEG":
        raise DatasetError(f"{name} is a JPEG, whose compression changes values: expected a mask as PNG")
    if header.format == "PNG" and header.palette:
        return _of_palette(content, name)
    pixels = decode_stored(content, name).pixels
    if pixels.dtype not in (np.uint8, np.uint16, np.bool_):
        raise DatasetError(f"{name}: values are {pixels.dtype}, expected a mask of uint8 or uint16")
    if pixels.ndim == 2:
        return _unscaled(pixels, header.bits)
    if pixels.shape[2] == 4:
        return _with_alpha(pixels, name)
    return _one_channel(pixels, name)


def _unscaled(values: Values, bits: int) -> Values:
    """Values of 1, 2 and 4 bits, which decoders stretch to 0..255."""
    return values // np.uint8(255 // ((1 << bits) - 1)) if bits < 8 else values


def _of_palette(content: bytes, name: str) -> Values:
    header = header_of(content, name)
    alone = pixels_alone(content, name, indices=True)
    values = turn(_unscaled(decode_stored(alone, name).pixels, header.bits), header.orientation)
    colors = np.frombuffer(palette(content, name), np.uint8).reshape(-1, 3)
    if values.max(initial=0) >= len(colors):
        raise DatasetError(f"{name} uses color {values.max()} of a palette of {len(colors)}")
    if header.alpha:
        decoded = decode_stored(content, name).pixels
        alpha = decoded[..., 3]
        if np.array_equal(alpha > 0, values > 0):  # the first color is the background, whatever color that is
            return values
        if (alpha != alpha[0, 0]).any():
            return _with_alpha(decoded, name)
    used = colors[np.unique(values)]
    if (used == used[:, :1]).all():
        if len(np.unique(used[:, 0])) < len(used):
            raise DatasetError(f"{name} uses {len(used)} colors of its palette, some of which are the same grey")
        return np.asarray(colors[:, 0][values])
    if colors[0].any():
        raise DatasetError(f"{name} is a color image whose palette does not begin with black: expected a mask")
    if len(colors) > VOID and tuple(colors[VOID].tolist()) == _VOID_COLOR:
        values = np.where(values == VOID, np.uint8(0), values)
    return values


def _with_alpha(pixels: Values, name: str) -> Values:
    """The mask of (height, width, 4): in the transparency where one color is seen, otherwise in the colors."""
    alpha = pixels[..., 3]
    if alpha.min() == alpha.max():
        return _one_channel(pixels[..., :3], name)
    visible = pixels[alpha > 0][:, :3]
    if (visible == visible[:1]).all():
        return np.ascontiguousarray(alpha)
    color = _one_channel(pixels[..., :3], name)
    if np.array_equal(color > 0, alpha > 0):
        return color
    raise DatasetError(f"{name} holds two masks, one in its colors and another in its transparency: keep one of them")


def _one_channel(pixels: Values, name: str) -> Values:
    if not (pixels[..., 1:] == pixels[..., :1]).all():
        raise DatasetError(f"{name} is a color image, expected a grey mask")
    return np.ascontiguousarray(pixels[..., 0])
