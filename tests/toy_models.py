"""Tiny real TFLite models: a cell or a pixel is positive where the mean color is over 0.6.

    python tests/toy_models.py FOLDER

writes them, for test runs beside which TensorFlow cannot be installed (SHIPEDGE_TOY_MODELS=FOLDER).
"""

import contextlib
import io
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

FOLDER = "SHIPEDGE_TOY_MODELS"
WINDOW = 384
"""Side of the toy segmenter: smaller than an image, so that windows must be placed and merged."""
SIDES = {"detector": (768, 32), "segmenter": (WINDOW, 1)}


def toy_models():
    """{quantize: (detector bytes, segmenter bytes)}."""
    if FOLDER in os.environ:
        return {
            quantize: tuple(Path(os.environ[FOLDER], f"{kind}.{quantize}.tflite").read_bytes() for kind in SIDES)
            for quantize in ("int8", "float16")
        }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow's own, while it is imported
        tensorflow = pytest.importorskip("tensorflow", reason="the toy models are made with TensorFlow (extra train)")
    networks = {kind: _toy_network(side, pool) for kind, (side, pool) in SIDES.items()}
    return {
        quantize: tuple(_convert(tensorflow, networks[kind], SIDES[kind][0], quantize) for kind in SIDES)
        for quantize in ("int8", "float16")
    }


def _toy_network(side, pool):
    from keras import Model, initializers, layers

    constant = initializers.Constant
    pixels = layers.Input((side, side, 3))
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.Conv2D(1, 1, kernel_initializer=constant(1 / 3))(x)
    x = layers.MaxPooling2D(pool)(x)
    x = layers.Conv2D(1, 1, kernel_initializer=constant(20.0), bias_initializer=constant(-12.0))(x)
    return Model(pixels, layers.Activation("sigmoid")(x))


def _convert(tensorflow, model, side, quantize):
    converter = tensorflow.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tensorflow.float16]
    else:
        ramp = np.linspace(0, 255, side, dtype=np.float32)  # 0 and 255 both appear: the input scale must come out as 1
        sample = np.broadcast_to(ramp[:, None, None], (1, side, side, 3)).copy()
        converter.representative_dataset = lambda: iter([[sample]])
        converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tensorflow.uint8
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return converter.convert()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for quantize, models in toy_models().items():
        for kind, content in zip(SIDES, models, strict=True):
            (folder / f"{kind}.{quantize}.tflite").write_bytes(content)
