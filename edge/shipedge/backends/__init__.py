"""Runtimes that execute the model files: LiteRT first, then tflite-runtime."""

from shipedge.backends.base import Model
from shipedge.backends.ladder import default_threads, open_model

__all__ = ["Model", "default_threads", "open_model"]
