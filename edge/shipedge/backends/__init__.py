"""What runs the model files: LiteRT and other runtimes on the CPU, accelerators in a process of their own."""

from shipedge.backends.base import Model
from shipedge.backends.cpu import default_threads, open_model
from shipedge.backends.device import Device, parse_device
from shipedge.backends.ladder import Ladder

__all__ = ["Device", "Ladder", "Model", "default_threads", "open_model", "parse_device"]
