"""Graphs that some runtime refuses or runs slowly: the layer is named."""

import contextlib
import io

import keras
import numpy as np
import pytest
from keras import layers

from shipedge.bundle import default_bundle
from shipedge.errors import BundleError
from shipedge_train.export.graph import check_graph
from shipedge_train.export.tflite import to_tflite

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def network(layer):
    image = keras.Input((32, 32, 3), name="rgb")
    x = layer(layers.Conv2D(4, 3, padding="same", name="first")(image))
    x = layers.Conv2D(1, 1, name="last")(x)
    return keras.Model(image, layers.Activation("sigmoid")(x), name="toy")


def converted(layer, quantize):
    tiles = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    return to_tflite(network(layer), quantize, tiles)


@pytest.mark.parametrize(
    ("layer", "quantize", "message"),
    [
        (layers.Activation("hard_swish", name="act"), "int8", "XNNPACK leaves out HARD_SWISH in .*/act"),
        (layers.AveragePooling2D(1, name="pool"), "int8", "XNNPACK leaves out AVERAGE_POOL_2D in .*/pool"),
        (layers.Activation("gelu", name="act"), "float16", "GPU delegates leave out GELU in .*/act"),
        (layers.Reshape((8, 4, 8, 4, 4), name="cut"), "float16", "GPU delegates leave out RESHAPE in .*/cut"),
    ],
)
def test_forbidden_operations_are_named(layer, quantize, message):
    if layer.name == "cut":
        cut, back = layer, layers.Reshape((32, 32, 4), name="back")

        def layer(x):
            return back(layers.Permute((3, 2, 1, 4, 5), name="turn")(cut(x)))

    with pytest.raises(BundleError, match=rf"^toy\.tflite is no graph for devices: {message}"):
        check_graph("toy.tflite", quantize, converted(layer, quantize))


@pytest.mark.parametrize("quantize", ["int8", "float16", "none"])
def test_what_all_take_passes(quantize):
    check_graph("toy.tflite", quantize, converted(layers.Activation("relu"), quantize))


def test_hard_swish_is_for_floats():
    check_graph("toy.tflite", "float16", converted(layers.Activation("hard_swish"), "float16"))


def test_an_open_batch_is_named():
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(network(layers.Activation("relu")))
    with contextlib.redirect_stdout(io.StringIO()):
        content = converter.convert()
    with pytest.raises(BundleError, match=r"rgb:0 has no fixed size \(\[-1, 32, 32, 3\]\) \(and \d+ more\)"):
        check_graph("toy.tflite", "none", content)


def test_every_file_of_the_default_bundle_is_for_devices():
    import tensorflow as tf

    bundle = default_bundle()
    for quantize in ("int8", "float16"):
        for file in bundle.variant(quantize):
            check_graph(file.name, quantize, file.content)
    for file in bundle.variant("float16"):
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            tf.lite.experimental.Analyzer.analyze(model_content=file.content, gpu_compatibility=True)
        assert "looks compatible with GPU delegate" in text.getvalue()
