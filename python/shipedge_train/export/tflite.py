"""One Keras network of fixed size -> one TFLite file."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.bundle import ModelFile
from shipedge.errors import ConfigError
from shipedge_train.tasks.contract import Fixed

Tiles = Sequence[NDArray[np.uint8]]


def needs_tensorflow() -> None:
    """Raises ConfigError on any other backend."""
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(f"conversion needs KERAS_BACKEND=tensorflow, found {keras.backend.backend()}")


def to_tflite(model: keras.Model, quantize: str, tiles: Tiles) -> bytes:
    """A TFLite file of a Keras model, every tensor of a fixed size.

    Args:
        model: float32, input (b, height, width, 3) 0..255.
        quantize: "int8", "float16" or "none".
        tiles: (height, width, 3) uint8, what int8 learns its ranges from.
    """
    import tensorflow as tf

    # With an open batch nothing in the graph has a fixed size, and GPU delegates refuse it.
    image = keras.Input(batch_shape=(1, *model.input_shape[1:]), name="rgb")
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(image, model(image), name=model.name))
    if quantize == "int8":

        def representative() -> Iterator[list[NDArray[np.float32]]]:
            for tile in tiles:
                pixels = tile.copy()
                # The input scale comes from what is seen here: images without black and white would clip later ones.
                pixels[0, 0], pixels[0, 1] = 0, 255
                yield [pixels[None].astype(np.float32)]

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
    elif quantize == "float16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    elif quantize != "none":
        raise ConfigError(f"variant is {quantize!r}, expected int8, float16 or none")
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):  # it prints every tensor
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs")
        content: bytes = converter.convert()
    return content


def model_file(fixed: Fixed, name: str, quantize: str, tiles: Tiles) -> ModelFile:
    """The model of a bundle as a file, see `to_tflite`."""
    content = to_tflite(fixed.model, quantize, tiles)
    shapes = ((1, *map(int, shape[1:])) for shape in (fixed.model.input_shape, fixed.model.output_shape))
    before, after = shapes
    return ModelFile(name, content, before, after, quantize, reduce=fixed.reduce)  # type: ignore[arg-type]
