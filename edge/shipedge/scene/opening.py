"""Which images are scenes, and whether their files are whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from shipedge.errors import ImageError
from shipedge.images import AS_IT_IS, Reading
from shipedge.images.budget import MOST_PIXELS
from shipedge.images.depth import Levels, find_levels
from shipedge.images.header import ImageHeader, read_header
from shipedge.scene.checks import check_file
from shipedge.scene.gdal import gdal, is_installed
from shipedge.scene.jpeg import JpegRows
from shipedge.scene.place import Place
from shipedge.scene.reader import Scene

__all__ = ["LARGE", "open_scene"]

LARGE = 1 << 25
"""Pixels from which on an image is read window by window, which decodes it twice where it shows ships."""
_DRIVERS = {"TIFF": "GTiff", "JPEG": "JPEG", "PNG": "PNG", "JP2": "JP2OpenJPEG"}
_KINDS = ("uint8", "uint16", "int16", "uint32", "int32", "float32", "float64")
_SAMPLE = 1 << 20
"""Pixels that say what is black and white in images of more than 8 bits."""
_TALLEST = 1024
"""Rows that may have to be in memory."""


def open_scene(name: str, reading: Reading = AS_IT_IS) -> Scene | None:
    """The scene in a file, or None where the image is to be read whole.

    A JPEG is a scene where it is large, another image where rasterio is installed and it is large or says where on the
    earth it lies. Kinds that are rare in scenes (palettes, inks, an orientation, less than 8 bits) are read whole.

    Raises:
        ImageError: not an image, cut off, damaged, of rows too long for memory, or its brightness would be a guess.
    """
    header = read_header(name, most_bytes=None)
    height, width = header.shape
    large = height * width > LARGE
    if not (large or header.placed or header.format == "JP2") or not _is_common(header):
        return None
    if header.format == "JPEG" and (rows := _jpeg_rows(name)) is not None:
        _check(rows, header, name, reading)
        check_file(name, header.format)
        return Scene(rows, name, [1, 2, 3], None)
    if not is_installed():
        return None
    path = Path(os.path.abspath(name))  # noqa: PTH100 - resolve() would follow links
    with gdal(name, strict=False):
        import rasterio

        dataset = rasterio.open(path, driver=_DRIVERS[header.format], sharing=False)
    placed = dataset.crs is not None and not dataset.transform.is_identity
    if not (large or placed) or dataset.photometric not in (None, *_photometrics()):
        return None
    _check(dataset, header, name, reading)
    check_file(name, header.format)
    bands = [1, 2, 3] if header.channels >= 3 else [1]
    levels = _levels(dataset, bands, name, reading, header.nodata)
    place = _place(dataset, name, header.shape) if placed else None
    return Scene(dataset, name, bands, levels, nodata=header.nodata, mask=_has_mask(dataset, header), place=place)


def _is_common(header: ImageHeader) -> bool:
    return (
        header.format in _DRIVERS
        and header.orientation == 1
        and not header.palette
        and header.bits >= 8
        and (header.format != "JPEG" or header.channels in (1, 3))
    )


def _jpeg_rows(name: str) -> JpegRows | None:
    """The rows of a JPEG; None where it comes in passes, which the decoder must hold whole."""
    try:
        return JpegRows(name)
    except ValueError:
        return None


def _photometrics() -> tuple[Any, ...]:
    from rasterio.enums import PhotometricInterp

    return PhotometricInterp.black, PhotometricInterp.rgb, PhotometricInterp.ycbcr


def _check(dataset: Any, header: ImageHeader, name: str, reading: Reading) -> None:
    height, width = dataset.height, dataset.width
    if (height, width) != header.shape or len(dataset.dtypes) < header.channels:
        raise ImageError(name, f"GDAL sees {width}x{height} pixels, its header says {header.shape}", "damaged")
    if dataset.dtypes[0] not in _KINDS:
        raise ImageError(name, f"pixels are {dataset.dtypes[0]}, expected integers or floating point", "depth")
    rows, cols = dataset.block_shapes[0]
    most = reading.max_pixels or MOST_PIXELS
    if (taken := max(min(height, _TALLEST) * width if cols == width else 0, rows * cols)) > most:
        raise ImageError(
            name, f"{taken} pixels would have to be in memory at once, expected at most {most}: write it in tiles"
        )


def _has_mask(dataset: Any, header: ImageHeader) -> bool:
    from rasterio.enums import MaskFlags

    flags = dataset.mask_flag_enums[0]
    return header.alpha or MaskFlags.per_dataset in flags or MaskFlags.alpha in flags


def _levels(dataset: Any, bands: list[int], name: str, reading: Reading, nodata: float | None) -> Levels:
    """What becomes black and white, by a sample: of 8 bits nothing does."""
    if dataset.dtypes[0] == "uint8":
        return None
    height, width = dataset.shape
    step = max((height * width / _SAMPLE) ** 0.5, 1)
    size = len(bands), max(round(height / step), 1), max(round(width / step), 1)
    with gdal(name):
        sample = dataset.read(bands, out_shape=size)
    return find_levels(sample, name, reading.stretch, nodata)


def _place(dataset: Any, name: str, shape: tuple[int, int]) -> Place | None:
    try:
        return Place(name, dataset.transform, dataset.crs, shape)
    except (ImageError, ValueError):  # coordinates of a drawing or of another planet
        return None
