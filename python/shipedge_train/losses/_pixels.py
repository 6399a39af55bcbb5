"""What every loss does first: numbers of float32, and probabilities whose logarithm exists."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

PIXELS = (1, 2, 3)
"""Axes of one image in (batch, height, width, 1)."""


def as_float32(*values: Any) -> tuple[Any, ...]:
    """The same values as float32 tensors: half precision cannot hold a sum over 65,536 pixels."""
    return tuple(ops.cast(ops.convert_to_tensor(value), "float32") for value in values)


def inside_0_1(y_pred: Any) -> Any:
    """Probabilities squeezed into e .. 1 - e, as float32: p -> e + (1 - 2 e) p.

    Squeezed and not clipped, because a clip has no slope where it cuts: a pixel that is certain and wrong would stay
    so. The slope of log() reaches 1 / e. With e = 1e-6 that is too much for float16, and half precision cannot tell
    0.9998 from 1 either, so there e = 1e-3.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    epsilon = 1e-3 if keras.backend.standardize_dtype(y_pred.dtype) in ("float16", "bfloat16") else 1e-6
    return epsilon + (1 - 2 * epsilon) * ops.cast(y_pred, "float32")
