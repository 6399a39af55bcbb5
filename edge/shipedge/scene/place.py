"""Where the pixels of a scene lie on the earth, and how long they are in meters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shipedge.scene.gdal import gdal

__all__ = ["Place"]

Points = NDArray[np.float64]
_RADIUS, _FLATNESS = 6378137.0, 0.0066943799901413165
"""WGS 84: semi-major axis in meters, and its first eccentricity, squared."""


class Place:
    """Pixels -> longitude, latitude and meters.

    Meters are those on the ellipsoid, whatever the projection of the file does to them: Web Mercator shows a ship at
    60 degrees north twice as long as it is.

    Attributes:
        gsd_m: ground sample distance, meters a pixel: the mean of both axes in the middle of the scene.
    """

    def __init__(self, name: str, transform: Any, crs: Any, shape: tuple[int, int]) -> None:
        """Takes what rasterio says of a file: an affine transform and a coordinate reference system.

        Raises:
            ImageError: its coordinates are none of a place on the earth.
            ValueError: the middle of the scene lies nowhere.
        """
        self._name, self._transform, self._crs = name, tuple(transform)[:6], crs
        y, x = shape[0] / 2, shape[1] / 2
        steps = self.meters([(x, y), (x, y)], [(x + 1, y), (x, y + 1)])
        self.gsd_m = float(np.sqrt(steps.prod()))
        if not (np.isfinite(self.gsd_m) and self.gsd_m > 0):
            raise ValueError("no place on the earth")

    def lonlat(self, points: ArrayLike) -> Points:
        """(n, 2) x and y in pixels, (0, 0) at the corner of the first one -> (n, 2) longitude and latitude in degrees.

        Raises:
            ImageError: the coordinates of the file lead nowhere.
        """
        x, y = np.asarray(points, np.float64).reshape(-1, 2).T
        with gdal(self._name):
            from rasterio.warp import transform

            a, b, c, d, e, f = self._transform
            easting, northing = a * x + b * y + c, d * x + e * y + f
            lon, lat = transform(self._crs, "EPSG:4326", easting.tolist(), northing.tolist())
        return np.stack([lon, lat], axis=1)

    def pixels(self, points: ArrayLike) -> Points:
        """The opposite of `lonlat`."""
        lon, lat = np.asarray(points, np.float64).reshape(-1, 2).T
        with gdal(self._name):
            from rasterio.warp import transform

            easting, northing = transform("EPSG:4326", self._crs, lon.tolist(), lat.tolist())
        a, b, c, d, e, f = self._transform
        x, y = np.asarray(easting) - c, np.asarray(northing) - f
        return np.asarray(np.stack([e * x - b * y, a * y - d * x], axis=1) / (a * e - b * d), np.float64)

    def meters(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.float64]:
        """(n,): lengths in meters of lines of at most some kilometers, given as points of pixels, (n, 2)."""
        a, b = self.lonlat(start), self.lonlat(end)
        middle = np.deg2rad((a[:, 1] + b[:, 1]) / 2)
        bend = 1 - _FLATNESS * np.sin(middle) ** 2
        way = np.deg2rad((b - a + 180) % 360 - 180)
        across = way[:, 0] * np.cos(middle) * _RADIUS / np.sqrt(bend)
        along = way[:, 1] * _RADIUS * (1 - _FLATNESS) / bend**1.5
        return np.asarray(np.hypot(across, along), np.float64)
