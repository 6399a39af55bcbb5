"""tflite-runtime: for boards without a LiteRT wheel (armv7l, old Python). Needs NumPy 1."""

from __future__ import annotations

from shipedge.backends.base import Interpreter

__all__ = ["open_interpreter"]


def open_interpreter(content: bytes, threads: int) -> Interpreter:
    """An interpreter over verified model bytes. Its int8 is slow on x86; float16 files run well there."""
    from tflite_runtime.interpreter import Interpreter as TfLite

    interpreter: Interpreter = TfLite(model_content=content, num_threads=threads)
    return interpreter
