"""A result drawn onto its frame."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.events import Found, Result
from shipedge.rle import Rle, parse

__all__ = ["draw_outline", "draw_result", "draw_text", "outlines", "ship_mask"]

COLOR = (255, 225, 0)
"""RGB. Yellow on a black rim is read on black sea, on white foam and on cloud."""

GAP = 4
"""Pixels between a ship and its outline: a small ship must not vanish under its own mark."""


def draw_result(pixels: NDArray[np.uint8], result: Result) -> NDArray[np.uint8]:
    """A copy of the (height, width, 3) RGB frame with ships outlined, their scores, and a summary in the corner.

    The score of the frame is the detector's, so that it may be high where no ship was large or clear enough.
    """
    image = pixels.copy()
    scale = min(max(min(result.shape) / 768, 0.9), 3.0)
    for ship in result.ships:
        draw_outline(image, parse(ship.rle, (result.shape[0], result.shape[1])), max(round(scale), 1))
    for ship in result.ships:  # after all outlines, so that none runs through a number
        _label(image, ship, 0.42 * scale)
    count = len(result.ships)
    text = f"{count or 'no'} ship{'' if count == 1 else 's'}, frame score {result.score:.2f}"
    draw_text(image, text, (round(8 * scale), round(20 * scale)), 0.5 * scale)
    return image


def ship_mask(rle: Rle) -> NDArray[np.uint8]:
    """The mask of one ship cut to its bbox: (bottom - top, right - left) uint8, 0 or 1.

    Only the columns of the ship are decoded, so a ship costs the same in a frame of any width.
    """
    left, top, right, bottom = rle.bbox
    height = rle.shape[0]
    strip = Rle(rle.runs.astype(np.int64) - np.array([left * height, 0]), (height, right - left))
    return strip.to_mask()[top:bottom]


def outlines(rle: Rle) -> list[NDArray[np.int32]]:
    """Closed lines around a mask, `GAP` pixels off it: each (n, 1, 2) of x, y, possibly beyond the frame's border."""
    if not rle:
        return []
    left, top, _, _ = rle.bbox
    rim = GAP + 1
    mask = np.pad(ship_mask(rle), rim)
    grown = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * GAP + 1, 2 * GAP + 1)))
    contours, _ = cv2.findContours(grown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(left - rim, top - rim))
    return [contour.astype(np.int32, copy=False) for contour in contours]


def draw_outline(image: NDArray[np.uint8], rle: Rle, width: int = 1) -> None:
    """Draw the outline of a mask into the (height, width, 3) RGB frame, `width` pixels wide on a black rim."""
    contours = outlines(rle)
    cv2.drawContours(image, contours, -1, (0, 0, 0), width + 2, cv2.LINE_AA)
    cv2.drawContours(image, contours, -1, COLOR, width, cv2.LINE_AA)


def _label(image: NDArray[np.uint8], ship: Found, size: float) -> None:
    left, top, right, bottom = ship.bbox
    text = f"{ship.score:.2f}"
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    y = top - GAP - 4 if top - height - GAP - 4 > 0 else min(bottom + GAP + 4 + height, image.shape[0] - 2)
    x = max(min((left + right - width) // 2, image.shape[1] - width - 2), 2)
    draw_text(image, text, (x, y), size)


def draw_text(image: NDArray[np.uint8], text: str, origin: tuple[int, int], size: float) -> None:
    """Draw a text, its lower left corner at `origin` (x, y), on a black rim; `size` is OpenCV's."""
    thin = max(round(size * 2), 1)
    # A rim of shifted copies: a thicker stroke below would not do, OpenCV 5 sets thick letters wider apart.
    for dx, dy in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
        shifted = (origin[0] + dx * thin, origin[1] + dy * thin)
        cv2.putText(image, text, shifted, cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), thin, cv2.LINE_AA)
    cv2.putText(image, text, origin, cv2.FONT_HERSHEY_SIMPLEX, size, COLOR, thin, cv2.LINE_AA)
