"""What runs the model files: LiteRT and other runtimes on the CPU, accelerators in a process of their own.

Names load on first use: `shipedge doctor` asks the modules that need no core what is installed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipedge.backends.base import Model as Model
    from shipedge.backends.cpu import default_threads as default_threads
    from shipedge.backends.cpu import open_model as open_model
    from shipedge.backends.device import Device as Device
    from shipedge.backends.device import parse_device as parse_device
    from shipedge.backends.ladder import Ladder as Ladder

_HOMES = {
    "Device": "device",
    "Ladder": "ladder",
    "Model": "base",
    "default_threads": "cpu",
    "open_model": "cpu",
    "parse_device": "device",
}

__all__ = ["Device", "Ladder", "Model", "default_threads", "open_model", "parse_device"]


def __getattr__(name: str) -> Any:
    """Loads a name from its module the first time it is asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
