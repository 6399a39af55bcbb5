"""Every error that shipedge raises on purpose.

    ShipedgeError
    ├── RleFormatError   text, counts or runs that are not a mask (also a ValueError)
    ├── DatasetError     a CSV, a folder of pictures or a split that cannot be used
    ├── BundleError      a model file or manifest that is missing, damaged or of another kind
    ├── SourceError      a picture, video, camera or stream that cannot be read
    ├── BackendError     no runtime that runs the model, or one that failed
    └── ConfigError      an option or configuration file that makes no sense

Each message is one sentence: what was found where, and what was expected.
"""

from shipedge._core import RleFormatError, ShipedgeError

__all__ = [
    "BackendError",
    "BundleError",
    "ConfigError",
    "DatasetError",
    "RleFormatError",
    "ShipedgeError",
    "SourceError",
]


class DatasetError(ShipedgeError):
    """A CSV, a folder of pictures or a split that cannot be used."""


class BundleError(ShipedgeError):
    """A model file or manifest that is missing, damaged or of another kind."""


class SourceError(ShipedgeError):
    """A picture, video, camera or stream that cannot be read."""


class BackendError(ShipedgeError):
    """No runtime that runs the model, or one that failed."""


class ConfigError(ShipedgeError):
    """An option or configuration file that makes no sense."""
