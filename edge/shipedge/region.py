"""Where ships count: polygons in pixels or on the earth, such as water masks and harbor zones."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from shipedge.area import Area, Polygon, Ring, cells_of
from shipedge.errors import DatasetError, SourceError
from shipedge.files.json_file import load
from shipedge.files.shorten import shorten
from shipedge.frame import Frame

__all__ = ["Region", "read_region"]

_PARTS = {"FeatureCollection": "features", "GeometryCollection": "geometries"}
_WGS84 = ("CRS84", "4326")
_FARTHEST = 1e9
"""Coordinates beyond are neither pixels nor degrees."""


class Region(NamedTuple):
    """Polygons of a file.

    Attributes:
        name: of the file.
        polygons: their coordinates are pixels, or degrees where `geojson` and the frame has a place on the earth.
        geojson: the file is GeoJSON.
    """

    name: str
    polygons: list[Polygon]
    geojson: bool

    def area(self, frame: Frame) -> Area:
        """The part of a frame that lies in it.

        Raises:
            SourceError: it covers nothing of the frame, or is in other coordinates.
        """
        polygons = self.polygons
        if self.geojson and frame.place is None and self._could_be_degrees():
            raise SourceError(
                f"{frame.source}: has no coordinates of the earth that could be read{_extra()}, and those of "
                f"{self.name} could be degrees: expected a JSON list of polygons for pixels"
            )
        if self.geojson and frame.place is not None:
            if not self._could_be_degrees():
                raise SourceError(f"{frame.source}: {self.name} is not in degrees, expected longitude and latitude")
            polygons = [[frame.place.pixels(ring) for ring in polygon] for polygon in polygons]
        cells = cells_of(polygons, frame.shape)
        if not cells.any():
            kind = "degrees" if self.geojson and frame.place is not None else "pixels"
            raise SourceError(f"{frame.source}: {self.name} covers nothing of it (its coordinates are read as {kind})")
        return Area(polygons, cells)

    def _could_be_degrees(self) -> bool:
        """Longitudes up to 360 are in use where a region crosses the antimeridian."""
        rings = [ring for polygon in self.polygons for ring in polygon]
        return all(np.abs(ring[:, 0]).max() <= 360 and np.abs(ring[:, 1]).max() <= 90 for ring in rings)


def _extra() -> str:
    from shipedge.scene.gdal import is_installed

    return "" if is_installed() else " (those of GeoTIFF need rasterio: pip install 'shipedge[geo]')"


def read_region(path: str) -> Region:
    """Polygons of a GeoJSON file, or of a JSON list of polygons in pixels: [[[x, y], [x, y], [x, y], ...], ...].

    Raises:
        DatasetError: unreadable, or no polygons; names the place.
    """
    data = load(Path(path))
    if isinstance(data, list):
        polygons = [[_ring(ring, f"{path}[{number}]")] for number, ring in enumerate(data)]
    elif isinstance(data, dict):
        crs = data.get("crs")
        if crs is not None and not any(name in str(crs) for name in _WGS84):
            raise DatasetError(f"{path}: crs is {shorten(crs)}, expected WGS 84, as RFC 7946 says")
        polygons = _polygons(data, path)
    else:
        raise DatasetError(f"{path} is {shorten(data)}, expected GeoJSON or a list of polygons")
    if not polygons:
        raise DatasetError(f"{path} has no polygon, expected at least one")
    return Region(path, polygons, isinstance(data, dict))


def _polygons(value: Any, where: str) -> list[Polygon]:
    """Those of a GeoJSON object."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind in _PARTS:
        parts = _list(value.get(_PARTS[kind]), f"{where}: {_PARTS[kind]}")
        return [polygon for n, part in enumerate(parts) for polygon in _polygons(part, f"{where}: {_PARTS[kind]}[{n}]")]
    if kind == "Feature":
        return [] if value.get("geometry") is None else _polygons(value["geometry"], f"{where}: geometry")
    if kind not in ("Polygon", "MultiPolygon"):
        raise DatasetError(f"{where}: type is {shorten(kind)}, expected Polygon, MultiPolygon or features of them")
    where = f"{where}: coordinates"
    coordinates = _list(value.get("coordinates"), where)
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not all(_list(polygon, where) for polygon in polygons):
        raise DatasetError(f"{where} has no outer ring")
    return [[_ring(ring, where) for ring in polygon] for polygon in polygons]


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise DatasetError(f"{where} is {shorten(value)}, expected a list")
    return value


def _ring(value: Any, where: str) -> Ring:
    points = _list(value, where)
    for point in points:
        numbers = point[:2] if isinstance(point, list) else []
        if len(numbers) < 2 or not all(type(n) in (int, float) and abs(n) <= _FARTHEST for n in numbers):
            raise DatasetError(f"{where}: a point is {shorten(point)}, expected [x, y]")
    if len(points) < 3:
        raise DatasetError(f"{where} has {len(points)} points, expected at least 3")
    return np.array([point[:2] for point in points], np.float64)
