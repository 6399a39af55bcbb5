"""How long and wide ships are, how they lie and where: in pixels, and in meters and degrees where those are known."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shipedge.frame import FrameResult, OrientedBox

__all__ = ["Measures", "as_json", "corners", "measure"]


class Measures(NamedTuple):
    """What is known of one ship.

    Attributes:
        rectangle: the smallest one around it, pixels of the frame.
        length_m: its length in meters, None where the ground sample distance is not known.
        width_m: its width, likewise.
        lonlat: longitude and latitude of its middle (WGS 84, degrees), None where the frame has no place on the earth.
    """

    rectangle: OrientedBox
    length_m: float | None = None
    width_m: float | None = None
    lonlat: tuple[float, float] | None = None


def measure(result: FrameResult) -> list[Measures]:
    """The measures of every ship of a frame, in their order.

    Raises:
        ImageError: the coordinates of the frame lead nowhere.
    """
    boxes = [ship.rectangle for ship in result.ships]
    if not boxes:
        return []
    if result.place is None:
        if (gsd := result.gsd_m) is None:
            return [Measures(box) for box in boxes]
        return [Measures(box, box.length * gsd, box.width * gsd) for box in boxes]
    ends = [_middles(box) for box in boxes]
    lengths, widths = (
        result.place.meters([four[side] for four in ends], [four[side + 2] for four in ends]).tolist()
        for side in (0, 1)
    )
    places = result.place.lonlat([box[:2] for box in boxes]).tolist()
    return [
        Measures(box, length, width, (lon, lat))
        for box, length, width, (lon, lat) in zip(boxes, lengths, widths, places, strict=True)
    ]


def as_json(measures: Measures) -> dict[str, Any]:
    """The same as JSON values: pixels to two decimals, meters to two, degrees of the earth to seven (a centimeter)."""
    x, y, length, width, orientation = measures.rectangle
    values: dict[str, Any] = {
        "center": [round(x, 2), round(y, 2)],
        "length": round(length, 2),
        "width": round(width, 2),
        "orientation": round(orientation, 1) % 180,
    }
    if measures.length_m is not None and measures.width_m is not None:
        values |= {"length_m": round(measures.length_m, 2), "width_m": round(measures.width_m, 2)}
    if measures.lonlat is not None:
        values |= {"lon": round(measures.lonlat[0], 7), "lat": round(measures.lonlat[1], 7)}
    return values


def _middles(box: OrientedBox) -> NDArray[np.float64]:
    """(4, 2): the middles of its sides: one end, one flank, the other end, the other flank."""
    angle = np.deg2rad(box.orientation)
    along = np.array([np.cos(angle), np.sin(angle)]) * box.length / 2
    across = np.array([-np.sin(angle), np.cos(angle)]) * box.width / 2
    return np.asarray(np.array(box[:2]) + np.stack([along, across, -along, -across]), np.float64)


def corners(box: OrientedBox) -> NDArray[np.float64]:
    """(4, 2): x and y of the corners of a rectangle, one after the other, pixels."""
    along, across, _, _ = _middles(box) - np.array(box[:2])
    turned = np.stack([along + across, across - along, -along - across, along - across])
    return np.asarray(np.array(box[:2]) + turned, np.float64)
