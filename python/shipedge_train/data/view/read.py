"""Reading a dataset for looking at it: what is wrong with it is left out here, and named by `shipedge data verify`."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from shipedge.errors import DatasetError, ImageError
from shipedge.files.json_text import loads
from shipedge.images import decode_image, decode_reduced, image_size, read_file
from shipedge_train.threads import in_order

_MOST_PIXELS = 1 << 26

Item = TypeVar("Item")
Found = TypeVar("Found")


def in_threads(
    ask: Callable[[Item], Found], items: Sequence[Item], progress: Callable[[int], object]
) -> Generator[Found, None, None]:
    """`ask` of each item, in order, on all cores."""
    with closing(in_order(ask, items, os.cpu_count() or 1)) as answers:
        for answer in answers:
            yield answer
            progress(1)


def read_pixels(path: Path, reduced: Literal[1, 2, 4] = 1) -> NDArray[np.uint8] | None:
    """(height, width, 3) uint8 RGB, decoded at 1 / `reduced` of its size; None where it cannot be."""
    try:
        height, width = image_size(path)
        if height * width > _MOST_PIXELS:
            return None
        content = read_file(path)
        return decode_image(content, str(path), "auto") if reduced == 1 else decode_reduced(content, str(path), reduced)
    except ImageError:
        return None


def count_images(folder: Path, names: Sequence[str], progress: Callable[[int], object]) -> dict[str, Any]:
    """The part of `Numbers` that images tell."""

    def ask(name: str) -> tuple[tuple[int, int], NDArray[np.float64]] | None:
        pixels = read_pixels(folder / name, 4)
        return None if pixels is None else (image_size(folder / name), pixels.mean(axis=(0, 1)))

    found = [one for one in in_threads(ask, names, progress) if one is not None]
    color = np.array([mean for _, mean in found]).reshape(-1, 3)
    return {
        "color": color,
        "brightness": color @ [0.299, 0.587, 0.114],
        "sizes": dict(Counter(size for size, _ in found).most_common()),
        "unreadable": len(names) - len(found),
    }


def check_sizes(folder: Path, names: Sequence[str], shape: tuple[int, int]) -> str:
    """What to say of images with ships that have another size than the rows count in; empty where there are none.

    Raises:
        DatasetError: none has this size.
    """
    sizes = Counter(size for name in names if (size := _size(folder / name)) is not None)
    others = sum(sizes.values()) - sizes[shape]
    if not others:
        return ""
    (height, width), _ = (sizes - Counter({shape: sizes[shape]})).most_common(1)[0]
    if not sizes[shape]:
        expected = f"expected {shape[1]}x{shape[0]}: say --shape {height} {width}"
        raise DatasetError(f"{folder}: images are {width}x{height} pixels, {expected}")
    what = f"{others:,} images with ships are not {shape[1]}x{shape[0]} pixels"
    return f"{what}, many of them {width}x{height}: their ships are not shown"


def _size(path: Path) -> tuple[int, int] | None:
    try:
        return image_size(path)
    except ImageError:
        return None


def read_errors(path: Path) -> Mapping[str, Mapping[str, float]]:
    """Image -> {"error": 1 - F2, "dice": ...} from what ``shipedge evaluate --save`` wrote.

    Raises:
        DatasetError: not such a file.
    """
    try:
        images = loads(path.read_bytes())["per_image"]
        return {str(one["image"]): {"error": 1 - _finite(one["f2"]), "dice": _finite(one["dice"])} for one in images}
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise DatasetError(f"{path} is not what `shipedge evaluate --save` writes") from error


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(number)
    return number
