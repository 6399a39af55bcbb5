"""What conversion makes of a network that sees smaller images (`model.reduce`), alone or beside the whole ones."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from shipedge_train.networks.layers import DepthToSpace


def from_afar(network: keras.Model, size: int, reduce: int) -> keras.Model:
    """A detector that looks at smaller images only.

    The caller makes the image smaller, each pixel the mean of a block, which a JPEG decoder does at next to no cost
    (ADR 18). A cell of the smaller image is given back as the `reduce` x `reduce` cells that it covers.

    Args:
        network: a cascade or a detector of open size.
        size: height and width of the whole image, pixels, a multiple of 64 times `reduce`.
        reduce: 2.

    Returns:
        (b, size/reduce, size/reduce, 3) RGB 0..255 -> (b, size/32, size/32, 1).
    """
    inputs = keras.Input((size // reduce, size // reduce, 3), name="rgb")
    x = keras.Model(network.inputs, network.get_layer("cell_logits").output, name="look")(inputs)
    x = DepthToSpace(name="spread")(layers.Concatenate(name="copies")([x] * reduce**2))
    # Last, because only of a sigmoid the converter makes 256ths.
    return keras.Model(inputs, layers.Activation("sigmoid", name="presence")(x), name="detector")


def near_and_far(network: keras.Model, size: int, reduce: int) -> keras.Model:
    """A segmenter that looks twice, at the window and at a smaller one: mean of both logits.

    The smaller one is made inside the graph.

    Args:
        network: a cascade or a segmenter of open size.
        size: height and width of the window, pixels, a multiple of 64 times `reduce`.
        reduce: 2.

    Returns:
        (b, size, size, 3) RGB 0..255 -> (b, size, size, 1).
    """
    inputs = keras.Input((size, size, 3), name="rgb")
    look = keras.Model(network.inputs, network.get_layer("logits").output, name="look")
    near = DepthToSpace(name="near")(look(inputs))
    far = DepthToSpace(name="far")(look(_smaller(inputs, reduce)))
    far = layers.UpSampling2D(reduce, interpolation="bilinear", name="grow")(far)
    x = layers.Average(name="both")([near, far])
    return keras.Model(inputs, layers.Activation("sigmoid", name="probability")(x), name="segmenter")


def _smaller(x: Any, reduce: int) -> Any:
    """Mean of blocks, as a convolution: the int8 part of XNNPACK has no average pooling."""
    mean = keras.initializers.Constant(1 / reduce**2)
    return layers.DepthwiseConv2D(reduce, reduce, use_bias=False, depthwise_initializer=mean, name="reduce")(x)
