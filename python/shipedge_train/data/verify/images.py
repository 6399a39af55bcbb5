"""One image and its ships: does it decode, is it what the rows count in, do the ships lie on something?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ImageError
from shipedge.formats.order import OrderReport, detect_order
from shipedge.images import Stored, decode_stored, read_file
from shipedge.rle import Rle, union
from shipedge_train.data.verify.findings import Finding, printable
from shipedge_train.data.verify.maskfile import MaskLook, check_mask, follows

BLOCK = 256
"""Side of the blocks that may be of one color, pixels: real images were cut from scenes at this stride."""

_CODES = {
    "unreadable": "unreadable",
    "truncated": "truncated",
    "damaged": "damaged",
    "size": "wrong-size",
    "depth": "wrong-channels",
}
_BORDER = 2  # pixels
_FLAT = 2  # grey values between the darkest and the brightest pixel that JPEG makes of one color
_MUCH = 0.1  # share of an image; all ships of a real one cover less


@dataclass(slots=True)
class Look:
    """What one image says.

    Attributes:
        findings: what is wrong.
        digest: of the file; None where it cannot be used.
        order: whether its ships were counted down the columns; None without ships.
        mask: what its mask file says; None without one.
    """

    findings: list[Finding] = field(default_factory=list)
    digest: bytes | None = None
    order: OrderReport | None = None
    mask: MaskLook | None = None


def check_image(path: Path, ships: Sequence[Rle] | None, shape: tuple[int, int], mask: Path | None = None) -> Look:
    """Look at one image; may run in a thread.

    Args:
        path: its file; the name is the ImageId.
        ships: its masks; None where the rows do not say.
        shape: (height, width) it must have.
        mask: its mask file.
    """
    look, name = Look(), path.name
    try:
        content = read_file(path)
        stored = decode_stored(content, name, shape=shape)
        pixels = _as_rgb(stored, name)
    except ImageError as error:
        look.findings.append(Finding(_CODES[error.problem], printable(error.text), name))
        return look
    look.digest = hashlib.sha256(content).digest()
    if stored.header.orientation > 1:
        text = f"EXIF orientation {stored.header.orientation}: rows must count in the image as viewers show it"
        look.findings.append(Finding("turned", text, name))
    look.findings += _solid(pixels, name)
    if ships:
        look.order = detect_order([(ships, pixels)])
        covered = union(list(ships), shape)
        if covered.area > _MUCH * shape[0] * shape[1]:
            likeness = follows(covered.to_mask(), pixels)
            if likeness is not None:
                text = f"a mask of {covered.area} pixels that correlates with the image ({likeness:.2f})"
                look.findings.append(Finding("follows-image", text, name))
    if mask is not None:
        look.mask = check_mask(mask, name, pixels, ships)
        look.findings += look.mask.findings
    return look


def _as_rgb(stored: Stored, name: str) -> NDArray[np.uint8]:
    header, pixels = stored
    is_grey = header.channels == 1 and not header.palette
    if pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3 and not is_grey:
        return pixels
    what = "1 channel (grey)" if is_grey else f"{header.channels} channels" + " (alpha)" * header.alpha
    raise ImageError(name, f"{what} of {pixels.dtype.itemsize * 8} bits, expected 3 (RGB) of 8", "depth")


def _solid(pixels: NDArray[np.uint8], name: str) -> Iterator[Finding]:
    if _is_flat(pixels):
        yield Finding("solid-image", f"RGB {tuple(pixels[0, 0].tolist())} everywhere", name)
        return
    height, width = pixels.shape[:2]
    corners = [(y, x) for y in range(0, height - BLOCK + 1, BLOCK) for x in range(0, width - BLOCK + 1, BLOCK)]
    solid = [(y, x) for y, x in corners if _is_flat(_inside(pixels, y, x))]
    if solid:
        y, x = solid[0]
        color = tuple(pixels[y + BLOCK // 2, x + BLOCK // 2].tolist())
        yield Finding(
            "solid-blocks", f"{len(solid)} of {len(corners)}, first at row {y}, column {x}: RGB {color}", name
        )


def _inside(pixels: NDArray[np.uint8], y: int, x: int) -> NDArray[np.uint8]:
    """A block without its border, into which JPEG lets the colors of its neighbours run."""
    return pixels[y + _BORDER : y + BLOCK - _BORDER, x + _BORDER : x + BLOCK - _BORDER]


def _is_flat(block: NDArray[np.uint8]) -> bool:
    some = block[::16, ::16]  # nearly every block is done with after this look
    return all(int(np.ptp(look.reshape(-1, 3), axis=0).max()) <= _FLAT for look in (some, block))
