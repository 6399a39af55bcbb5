"""Ships on the map: a FeatureCollection of RFC 7946, whose coordinates are WGS 84."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shipedge.atomic import write_output
from shipedge.errors import SourceError
from shipedge.frame import Frame, FrameResult
from shipedge.measure import as_json, corners, measure
from shipedge.outputs import check_place
from shipedge.sinks.base import keeps

__all__ = ["GeoJson"]


class GeoJson:
    """Collects one polygon for each ship, its rectangle, and writes the file at the end, in one step.

    Attributes:
        frames: those that had a place on the earth; without any there is no file.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is touched before `__enter__`."""
        self._path = path
        self._features: list[str] = []
        self.frames = 0

    def __enter__(self) -> GeoJson:
        """Raises OSError when the file could not be written at the end."""
        check_place(self._path)
        return self

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Takes the ships of one frame.

        Raises:
            SourceError: the frame has no place on the earth.
        """
        if result.place is None:
            raise SourceError(
                f"{result.source}: has no coordinates of the earth, expected a GeoTIFF or JP2 with them for GeoJSON"
            )
        self.frames += 1
        for ship, measures in zip(result.ships, measure(result), strict=True):
            assert measures.lonlat is not None
            properties = {"source": result.source, "index": result.index, "score": round(ship.score, 4)}
            ring = _ring(result.place.lonlat(corners(measures.rectangle)), measures.lonlat[0])
            feature = {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": properties | as_json(measures),
            }
            self._features.append(json.dumps(feature, allow_nan=False))

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Writes the file; not when no frame had a place, so that an earlier one stays.

        Raises:
            SourceError: it could not be written.
        """
        if self.frames and keeps(kind):
            text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(self._features) + "\n]}\n"
            try:
                write_output(self._path, text.encode())
            except OSError as error:  # the results of the other sinks are whole
                raise SourceError(f"{self._path}: cannot be written: {error.strerror or error}") from None


def _ring(points: NDArray[np.float64], lon: float) -> list[list[float]]:
    """A closed ring, counterclockwise as RFC 7946 wants it; across the antimeridian longitudes go on beyond 180."""
    points = points.copy()
    points[:, 0] = lon + (points[:, 0] - lon + 180) % 360 - 180
    x, y = (points - points.mean(axis=0)).T
    if (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() < 0:
        points = points[::-1]
    return [[round(x, 7), round(y, 7)] for x, y in [*points.tolist(), points[0].tolist()]]
