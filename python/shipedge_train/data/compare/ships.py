"""What the labelled ships of an image look like: size, shape, contrast with the water around, fit of the label."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge_train.data.compare.statistics import Numbers

_NEAR, _FAR = 4, 12  # pixels: the ring that a ship is compared with begins and ends this far from its label
_SMALLEST = 12  # pixels: below, there is nothing to measure


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def describe_ship(pixels: NDArray[np.uint8], mask: NDArray[np.uint8], others: NDArray[np.uint8]) -> Numbers | None:
    """Numbers of one ship; None where it is too small or nothing of the ring around it is in sight.

    Args:
        pixels: (h, w, 3) uint8 RGB.
        mask: (h, w) uint8, 1 on this ship.
        others: (h, w) uint8, 1 on any ship.
    """
    x, y, wide, high = cv2.boundingRect(mask)
    left, top = max(0, x - _FAR - 2), max(0, y - _FAR - 2)
    window = (slice(top, y + high + _FAR + 2), slice(left, x + wide + _FAR + 2))
    inside, crop = mask[window], pixels[window].astype(np.float32)
    area = int(inside.sum())
    ring = (cv2.dilate(inside, _disc(_FAR)) > 0) & (cv2.dilate(inside, _disc(_NEAR)) == 0) & (others[window] == 0)
    if area < _SMALLEST or ring.sum() < 30:
        return None
    spots = np.argwhere(inside)[:, ::-1]
    corners = np.concatenate([spots + np.array([dx, dy]) for dx in (0, 1) for dy in (0, 1)])
    (_, sides, _) = cv2.minAreaRect(corners.astype(np.float32))
    length, width = max(sides), min(sides)
    water = np.median(crop[ring], axis=0)
    calm = np.median(np.abs(crop[ring] - water).mean(axis=1))
    away = np.abs(crop - water).mean(axis=2)
    body = crop[inside > 0]
    whole = cv2.erode(inside, _disc(1)) > 0
    rim = (inside > 0) & ~whole
    luma = body @ np.array([0.299, 0.587, 0.114], np.float32)
    return {
        "ship area (log)": float(np.log(area)),
        "ship length": float(length),
        "ship width": float(width),
        "ship length / width": float(length / max(width, 1)),
        "ship fills its rectangle": float(area / max(length * width, 1)),
        "ship brightness p50": float(np.median(luma)),
        "ship brightness p90": float(np.percentile(luma, 90)),
        "ship texture": float(luma.std()),
        "ship red - blue": float((body[:, 0] - body[:, 2]).mean()),
        "ship contrast": float(away[inside > 0].mean()),
        "ship contrast, signed": float(luma.mean() - water @ np.array([0.299, 0.587, 0.114])),
        "ship rim / core contrast": float((away[rim].mean() + 2) / (away[whole].mean() + 2)) if whole.any() else 1.0,
        "label covered by ship": float((away[inside > 0] > 8 + 3 * calm).mean()),
        "ring unlike its median": float((away[ring] > 8 + 3 * calm).mean()),
    }
