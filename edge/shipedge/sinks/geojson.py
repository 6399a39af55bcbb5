"""Ships on the map: a FeatureCollection of RFC 7946, whose coordinates are WGS 84."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from msgspec import UNSET, UnsetType, to_builtins
from numpy.typing import NDArray

from shipedge.errors import SourceError
from shipedge.events import Result
from shipedge.files.atomic import write_output

__all__ = ["write_geojson"]


def write_geojson(path: Path, results: Iterable[Result]) -> str | None:
    """One polygon for each ship, its rectangle.

    Returns:
        One sentence where some sources have no place on the earth, and are not in the file.

    Raises:
        SourceError: none has one; there is no file then.
        OSError: it cannot be written.
    """
    features: list[str] = []
    placed, elsewhere = 0, dict[str, None]()
    for result in results:
        if result.placed is not True or any(ship.lon is UNSET or not _is_ring(ship.outline) for ship in result.ships):
            elsewhere[result.source] = None
            continue
        placed += 1
        for ship in result.ships:
            properties = {"source": result.source, "index": result.index, **to_builtins(ship)}
            outline = np.array(properties.pop("outline"), np.float64)
            for key in ("rle", "bbox"):
                del properties[key]
            geometry = {"type": "Polygon", "coordinates": [_ring(outline, properties["lon"])]}
            features.append(
                json.dumps({"type": "Feature", "geometry": geometry, "properties": properties}, allow_nan=False)
            )
    if placed:
        text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"
        write_output(path, text.encode())
    if not elsewhere:
        return None
    rest = f" (and {len(elsewhere) - 1} more)" if len(elsewhere) > 1 else ""
    first = next(iter(elsewhere))
    sentence = f"{first}{rest}: has no coordinates of the earth, expected a GeoTIFF or JP2 with them for GeoJSON"
    if not placed:
        raise SourceError(sentence)
    return sentence


def _is_ring(outline: list[list[float]] | UnsetType) -> bool:
    return outline is not UNSET and len(outline) == 4 and bool(np.isfinite(outline).all())


def _ring(points: NDArray[np.float64], lon: float) -> list[list[float]]:
    """A closed ring, counterclockwise as RFC 7946 wants it; across the antimeridian longitudes go on beyond 180."""
    points = points.copy()
    points[:, 0] = lon + (points[:, 0] - lon + 180) % 360 - 180
    x, y = (points - points.mean(axis=0)).T
    if (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() < 0:
        points = points[::-1]
    return [[round(x, 7), round(y, 7)] for x, y in [*points.tolist(), points[0].tolist()]]
