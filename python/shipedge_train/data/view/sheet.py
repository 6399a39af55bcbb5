"""Contact sheets: small images in rows, ships outlined, names below."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.rle import Rle
from shipedge.sinks.draw import draw_outline

COLUMNS, ROWS = 8, 6
PER_SHEET = COLUMNS * ROWS

_SIDE, _GAP, _CAPTION = 192, 8, 18  # pixels
_GROUND, _INK = 24, (215, 222, 228)


def thumbnail(pixels: NDArray[np.uint8], ships: Sequence[Rle]) -> NDArray[np.uint8]:
    """A square (192, 192, 3) RGB image with outlined ships; images that are not square get a dark margin."""
    image = np.ascontiguousarray(pixels).copy()
    scale = _SIDE / max(image.shape[:2])
    for ship in ships:
        draw_outline(image, ship, max(1, round(1.2 / scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    square = np.full((_SIDE, _SIDE, 3), _GROUND, np.uint8)
    top, left = (_SIDE - height) // 2, (_SIDE - width) // 2
    square[top : top + height, left : left + width] = cv2.resize(image, (width, height), interpolation=interpolation)
    return square


def contact_sheet(thumbnails: Sequence[NDArray[np.uint8]], captions: Sequence[str]) -> bytes:
    """At most `PER_SHEET` thumbnails as one PNG file."""
    rows = -(-len(thumbnails) // COLUMNS)
    sheet = np.full((_GAP + rows * (_SIDE + _CAPTION + _GAP), _GAP + COLUMNS * (_SIDE + _GAP), 3), _GROUND, np.uint8)
    for number, (image, caption) in enumerate(zip(thumbnails, captions, strict=True)):
        top = _GAP + number // COLUMNS * (_SIDE + _CAPTION + _GAP)
        left = _GAP + number % COLUMNS * (_SIDE + _GAP)
        sheet[top : top + _SIDE, left : left + _SIDE] = image
        place = (left + 1, top + _SIDE + 13)
        cv2.putText(sheet, caption, place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, _INK, 1, cv2.LINE_AA)
    _, png = cv2.imencode(".png", sheet[..., ::-1])
    return png.tobytes()
