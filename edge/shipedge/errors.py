"""Every error that shipedge raises on purpose.

    ShipedgeError
    ├── RleFormatError   text, counts or runs that are not a mask (also a ValueError)
    ├── DatasetError     a CSV, a folder of images or a split that cannot be used
    ├── BundleError      a model file or manifest that is missing, damaged or of another kind
    ├── SourceError      an image, video, camera or stream that cannot be read
    │   └── ImageError   an image file that cannot be read, or not without guessing
    ├── BackendError     no runtime that runs the model, or one that failed
    └── ConfigError      an option or configuration file that makes no sense

Each message is one sentence: what was found where, and what was expected.
"""

from typing import Literal

from shipedge._core import RleFormatError, ShipedgeError

__all__ = [
    "BackendError",
    "BundleError",
    "ConfigError",
    "DatasetError",
    "ImageError",
    "RleFormatError",
    "ShipedgeError",
    "SourceError",
]


ImageProblem = Literal["unreadable", "truncated", "damaged", "size", "depth"]


class DatasetError(ShipedgeError):
    """A CSV, a folder of images or a split that cannot be used."""


class BundleError(ShipedgeError):
    """A model file or manifest that is missing, damaged or of another kind."""


class SourceError(ShipedgeError):
    """An image, video, camera or stream that cannot be read."""


class ImageError(SourceError):
    """An image file that cannot be read, or not without guessing.

    Attributes:
        name: of the image.
        text: what is wrong, without the file's name.
        problem: "unreadable", "truncated", "damaged", "size" (another than expected) or "depth" (what is black and
            white would be a guess).
    """

    def __init__(self, name: str, text: str, problem: ImageProblem = "unreadable") -> None:
        super().__init__(f"{name}: {text}")
        self.name, self.text, self.problem = name, text, problem

    def __reduce__(self) -> tuple[type["ImageError"], tuple[str, str, ImageProblem]]:  # from one process to another
        return type(self), (self.name, self.text, self.problem)


class BackendError(ShipedgeError):
    """No runtime that runs the model, or one that failed."""


class ConfigError(ShipedgeError):
    """An option or configuration file that makes no sense."""
