"""Images become cards of a gallery: a small JPEG, and the outlines of ships as SVG paths above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.rle import Rle
from shipedge.sinks.draw import outlines
from shipedge_train.page.blocks import GalleryImage

MOST_IMAGES = 2000
"""Images of one gallery: a page of about 30 MB, which opens in a second or two."""

THUMBNAIL = 256
"""Longer side of an image in the page, pixels, where nothing else is asked for."""

_QUALITY = 80


def gallery_image(
    name: str,
    pixels: NDArray[np.uint8],
    ships: Mapping[str, Sequence[Rle]],
    numbers: Mapping[str, float | int | None],
    *,
    side: int = THUMBNAIL,
) -> GalleryImage:
    """A card of a gallery.

    Args:
        name: ImageId, any text.
        pixels: (height, width, 3) uint8 RGB, of any scale: an image decoded at half its size will do.
        ships: label ("truth", "prediction") -> masks, in pixels of the whole image.
        numbers: what the gallery can be sorted and filtered by.
        side: longer side of the image in the page, pixels; more shows more of small ships and makes the page larger.
    """
    masks = [ship for group in ships.values() for ship in group]
    shape = masks[0].shape if masks else (pixels.shape[0], pixels.shape[1])
    scale = side / max(pixels.shape[:2])
    height, width = (max(1, round(length * scale)) for length in pixels.shape[:2])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    _, jpeg = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    paths = {label: " ".join(_path(ship) for ship in group) for label, group in ships.items()}
    return GalleryImage(name, jpeg.tobytes(), shape, paths, dict(numbers))


def _path(ship: Rle) -> str:
    """SVG path data of the outline around a ship; corners that a thumbnail cannot show are left out."""
    rings = (cv2.approxPolyDP(ring, 0.7, closed=True)[:, 0].tolist() for ring in outlines(ship))
    return "".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in rings)
