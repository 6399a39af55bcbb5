"""One mask file: is it a mask at all, and the one that the rows tell? Images loaded as masks train silently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ImageError
from shipedge.images import decode_stored, read_file
from shipedge.rle import Rle, union
from shipedge_train.data.verify.findings import Finding

SUFFIXES = {".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg", ".npy"}
"""Of files that people store masks in."""

_LARGEST = 1 << 24  # values of numbered ships, and of any 16-bit image, lie below

_LIKE = 0.5  # correlation with the image; a ship's own mask may have it too, so only wrong masks are asked for it
_SAME = 8.0  # mean difference in grey values between an image and its copy after another JPEG


class BadMaskError(Exception):
    """A mask file that cannot be read, as a sentence."""


@dataclass(slots=True)
class MaskLook:
    """What one mask file says: findings, and its largest value where it is binary (1 or 255; else None)."""

    findings: list[Finding] = field(default_factory=list)
    scale: int | None = None


def check_mask(path: Path, image: str, pixels: NDArray[np.uint8], ships: Sequence[Rle] | None) -> MaskLook:
    """Compare a mask file with its image, (height, width, 3) RGB, and with the ships that the rows tell (or None)."""
    look = MaskLook()
    look.findings += (Finding(code, f"{path.name}: {text}", image) for code, text in _faults(path, pixels, ships, look))
    return look


def follows(mask: NDArray[np.uint8], pixels: NDArray[np.uint8]) -> float | None:
    """Correlation of a mask with its image's brightness where it is so high, or low, that one made the other."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[::2, ::2].ravel().astype(np.float32)
    values = mask[::2, ::2].ravel().astype(np.float32)
    spread = float(grey.std() * values.std())
    if spread == 0:
        return None
    likeness = float(((grey - grey.mean()) * (values - values.mean())).mean()) / spread
    return likeness if abs(likeness) > _LIKE else None


def _faults(
    path: Path, pixels: NDArray[np.uint8], ships: Sequence[Rle] | None, look: MaskLook
) -> Iterator[tuple[str, str]]:
    try:
        stored = _load(path)
    except BadMaskError as error:
        yield "mask-unreadable", str(error)
        return
    if stored.ndim not in (2, 3) or not stored.size or stored.shape[:2] != pixels.shape[:2]:
        yield "mask-size", f"shape {stored.shape}, expected {pixels.shape[:2]}"
        return
    grey = _one_channel(stored)
    if not (np.isfinite(grey).all() and np.abs(grey).max() <= _LARGEST):
        yield "mask-values", "not finite or too large, expected 0 and 255, 0 and 1, or ship numbers"
        return
    if stored.ndim == 3 or stored.dtype not in (np.uint8, np.uint16, np.bool_):
        channels = "" if stored.ndim == 2 else f"{stored.shape[2]} channels of "
        span = f"{grey.min():g} to {grey.max():g}"
        yield "mask-type", f"{channels}{stored.dtype}, values {span}; expected one channel of uint8"
    values = np.unique(grey).tolist()
    labels = list(range(len(ships or ()) + 1))
    if values not in ([0], [1], [255], [0, 1], [0, 255], labels):
        yield _not_binary(grey, values, pixels)
        return
    if values[-1] in (1, 255):
        look.scale = int(values[-1])
    if ships is not None:
        yield from _against_rows((grey > 0).astype(np.uint8), pixels, union(list(ships), pixels.shape[:2]).to_mask())


def _load(path: Path) -> NDArray[Any]:
    if path.suffix.lower() == ".npy":
        try:
            stored = np.load(path, mmap_mode="r", allow_pickle=False)  # mapped: the file is as large as it says
        except (ValueError, OSError, EOFError) as error:
            raise BadMaskError(f"no plain NumPy array: {error}") from None
        if not isinstance(stored, np.ndarray) or stored.dtype.kind not in "buif":  # an archive, or objects, texts, ...
            raise BadMaskError("no plain NumPy array of numbers")
        return np.asarray(stored)
    try:
        return decode_stored(read_file(path), path.name).pixels
    except ImageError as error:
        raise BadMaskError(error.text) from None


def _one_channel(stored: NDArray[Any]) -> NDArray[Any]:
    if stored.ndim == 2:
        return stored
    channels = stored[..., :3]  # RGB, or grey and alpha
    if (channels == channels[..., :1]).all() or channels.shape[2] < 3:
        return channels[..., 0]
    return np.asarray(channels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32))


def _not_binary(grey: NDArray[Any], values: list[float], pixels: NDArray[np.uint8]) -> tuple[str, str]:
    image = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    if float(np.abs(image - grey).mean()) < _SAME:
        return "mask-is-image", "the same grey values as the image"
    likeness = follows(grey, pixels)
    if likeness is not None:
        return "mask-follows-image", f"{len(values)} values that correlate with the image ({likeness:.2f})"
    listed = ", ".join(f"{value:g}" for value in values[:4]) + (", ..." if len(values) > 4 else "")
    return "mask-values", f"{len(values)} values ({listed}), expected 0 and 255, 0 and 1, or ship numbers"


def _against_rows(
    mask: NDArray[np.uint8], pixels: NDArray[np.uint8], truth: NDArray[np.uint8]
) -> Iterator[tuple[str, str]]:
    if np.array_equal(mask, truth):
        return
    iou = float((mask & truth).sum() / (mask | truth).sum())
    comparison = f"{int(mask.sum())} ship pixels, the rows say {int(truth.sum())}; IoU {iou:.2f}"
    likeness = follows(mask, pixels) if iou < 0.2 else None
    if mask.shape[0] == mask.shape[1] and np.array_equal(mask.T, truth):
        yield "mask-transposed", f"{comparison}, and 1 once it is transposed"
    elif np.array_equal(1 - mask, truth):
        yield "mask-inverted", comparison
    elif likeness is not None:
        yield "mask-follows-image", f"{comparison}; it correlates with the image ({likeness:.2f})"
    else:
        yield "mask-differs", comparison
