"""Find ships from above: run-length masks, the two-model cascade, and the metric that judges both.

Everything named in ``__all__`` is public. Names load on first use, so ``import shipedge`` alone costs next to nothing
and a device that only needs masks never imports OpenCV or a TFLite runtime.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipedge import rle as rle
    from shipedge.airbus import read_airbus as read_airbus
    from shipedge.airbus import write_airbus as write_airbus
    from shipedge.bundle import Bundle as Bundle
    from shipedge.bundle import default_bundle as default_bundle
    from shipedge.bundle import load_bundle as load_bundle
    from shipedge.cascade import Cascade as Cascade
    from shipedge.errors import BackendError as BackendError
    from shipedge.errors import BundleError as BundleError
    from shipedge.errors import ConfigError as ConfigError
    from shipedge.errors import DatasetError as DatasetError
    from shipedge.errors import RleFormatError as RleFormatError
    from shipedge.errors import ShipedgeError as ShipedgeError
    from shipedge.errors import SourceError as SourceError
    from shipedge.formats.mask_image import read_png as read_png
    from shipedge.frame import Frame as Frame
    from shipedge.frame import FrameResult as FrameResult
    from shipedge.frame import Ship as Ship
    from shipedge.metrics import dice as dice
    from shipedge.metrics import f2_image as f2_image
    from shipedge.metrics import f2_score as f2_score
    from shipedge.metrics import roc_auc as roc_auc
    from shipedge.rle import Rle as Rle
    from shipedge.rle import components as components
    from shipedge.rle import decode as decode
    from shipedge.rle import decode_batch as decode_batch
    from shipedge.rle import decode_union as decode_union
    from shipedge.rle import encode as encode

    __version__: str

_HOMES = {  # "": a module itself
    "BackendError": "errors",
    "Bundle": "bundle",
    "BundleError": "errors",
    "Cascade": "cascade",
    "ConfigError": "errors",
    "DatasetError": "errors",
    "Frame": "frame",
    "FrameResult": "frame",
    "Rle": "rle",
    "RleFormatError": "errors",
    "Ship": "frame",
    "ShipedgeError": "errors",
    "SourceError": "errors",
    "components": "rle",
    "decode": "rle",
    "decode_batch": "rle",
    "decode_union": "rle",
    "default_bundle": "bundle",
    "dice": "metrics",
    "encode": "rle",
    "f2_image": "metrics",
    "f2_score": "metrics",
    "load_bundle": "bundle",
    "read_airbus": "airbus",
    "read_png": "formats.mask_image",
    "rle": "",
    "roc_auc": "metrics",
    "write_airbus": "airbus",
}

__all__ = [
    "BackendError",
    "Bundle",
    "BundleError",
    "Cascade",
    "ConfigError",
    "DatasetError",
    "Frame",
    "FrameResult",
    "Rle",
    "RleFormatError",
    "Ship",
    "ShipedgeError",
    "SourceError",
    "__version__",
    "components",
    "decode",
    "decode_batch",
    "decode_union",
    "default_bundle",
    "dice",
    "encode",
    "f2_image",
    "f2_score",
    "load_bundle",
    "read_airbus",
    "read_png",
    "rle",
    "roc_auc",
    "write_airbus",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module the first time it is asked for (PEP 562)."""
    if name == "__version__":
        value: Any = _installed_version()
    elif name in _HOMES and not _HOMES[name]:
        value = import_module(f"{__name__}.{name}")
    elif name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _installed_version() -> str:
    """Version of the installed distribution; a source tree that was never installed has none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("shipedge")
    except PackageNotFoundError:
        return "0+source"
