"""GDAL at work: bounded memory, nothing but the file itself, and no complaint unheard."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from shipedge.errors import ImageError

__all__ = ["gdal", "is_installed"]

_OPTIONS = {
    "GDAL_CACHEMAX": 48,  # MB of decoded blocks; GDAL's own default is a twentieth of all memory
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # files beside the image may lead anywhere
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_ERROR_ON_LIBJPEG_WARNING": "YES",
    "GDAL_PNG_WHOLE_IMAGE_OPTIM": "NO",
}


def is_installed() -> bool:
    """Whether scenes can be read here. Imports nothing."""
    from importlib.util import find_spec

    return find_spec("rasterio") is not None


@contextmanager
def gdal(name: str, *, strict: bool = True) -> Iterator[None]:
    """A block in which GDAL works on the file `name`.

    Raises:
        ImageError: GDAL failed, or with `strict` only warned: pixels that it made up are no pixels.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    with _complaints() as complaints, rasterio.Env(**_OPTIONS), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            yield
        except (RasterioError, MemoryError, UnicodeError) as error:
            reason = " ".join(str(error.__cause__ or error).split()) or type(error).__name__
            raise ImageError(name, f"cannot be read by GDAL: {reason}", "damaged") from None
    if strict and complaints:
        raise ImageError(name, f"the image is damaged: {complaints[0]}", "damaged")


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Warnings and errors that rasterio logs for GDAL in this thread."""
    heard, logger, own = _Heard(), logging.getLogger("rasterio"), threading.get_ident()
    heard.addFilter(lambda record: record.thread == own)
    before, logger.propagate = logger.propagate, False
    logger.addHandler(heard)
    try:
        yield heard.texts
    finally:
        logger.removeHandler(heard)
        logger.propagate = before


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(" ".join(record.getMessage().split()))
