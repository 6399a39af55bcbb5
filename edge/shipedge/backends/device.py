"""What `--device` may say."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shipedge.errors import ConfigError

__all__ = ["Device", "parse_device"]

_KINDS = ("auto", "cpu", "gpu", "npu")
_LIBRARY = re.compile(r".+\.(?:so(?:\.\d+)*|dylib|dll)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Device:
    """What should run the models.

    Attributes:
        kind: "auto", "cpu", "gpu", "npu" or "library".
        library: file or name of a delegate library.
        options: what the library is told.
    """

    kind: str
    library: str = ""
    options: tuple[tuple[str, str], ...] = ()


def parse_device(text: str) -> Device:
    """Reads "auto", "cpu", "gpu", "npu" or "LIBRARY[,key=value...]".

    Raises:
        ConfigError: it is none of them.
    """
    if text in _KINDS:
        return Device(text)
    library, *given = text.split(",")
    if not _LIBRARY.fullmatch(library):
        raise ConfigError(
            f"device {text!r}, expected {', '.join(_KINDS)} or a delegate library (its name has .so, .dylib or .dll)"
        )
    options = []
    for option in given:
        key, equals, value = option.partition("=")
        if not key or not equals:
            raise ConfigError(f"device {text!r}: option {option!r}, expected key=value")
        options.append((key, value))
    return Device("library", library, tuple(options))
