"""What the networks are made of.

Every operation stays inside the int8 part of XNNPACK (no nearest upsampling, no average pooling, no hard-swish), and
every convolution is followed directly by its BatchNormalization, which the converter folds away.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from shipedge_train.networks.layers import BN_MOMENTUM, BatchNormalization, DepthToSpace


def _normalized(x: Any, name: str) -> Any:
    x = BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_act")(x)


def plain(x: Any, filters: int, name: str, stride: int = 1) -> Any:
    """Plain 3x3 convolution + BatchNormalization + ReLU: (b, h, w, c) -> (b, h/stride, w/stride, filters)."""
    conv = layers.Conv2D(
        filters, 3, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )
    return _normalized(conv(x), name)


def project(x: Any, filters: int, name: str) -> Any:
    """Change the number of channels: 1x1 convolution + BatchNormalization, no activation."""
    conv = layers.Conv2D(filters, 1, use_bias=False, kernel_initializer="he_normal", name=name)
    return BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_bn")(conv(x))


def separable(x: Any, filters: int, name: str, stride: int = 1, kernel: int = 3) -> Any:
    """SeparableConv2D + BatchNormalization + ReLU, with a residual addition where shapes agree."""
    conv = layers.SeparableConv2D(
        filters,
        kernel,
        strides=stride,
        padding="same",
        use_bias=False,
        depthwise_initializer="he_normal",
        pointwise_initializer="he_normal",
        name=name,
    )
    y = _normalized(conv(x), name)
    return layers.Add(name=f"{name}_add")([x, y]) if stride == 1 and x.shape[-1] == filters else y


def probability_head(x: Any) -> Any:
    """Ship probability of every pixel from the level at stride 2."""
    prior = keras.initializers.Constant(-4.0)  # ship pixels are rare: start near their share, not at one half
    logits = layers.Conv2D(4, 1, bias_initializer=prior, name="logits")(x)
    blocks = layers.Activation("sigmoid", dtype="float32", name="sigmoid")(logits)  # eight bits are too few for a loss
    return DepthToSpace(dtype="float32", name="probability")(blocks)


def presence_head(x: Any) -> Any:
    """Probability of a ship in every cell from features at stride 32."""
    prior = keras.initializers.Constant(-3.0)
    logits = layers.Conv2D(1, 1, bias_initializer=prior, name="cell_logits")(x)
    return layers.Activation("sigmoid", dtype="float32", name="presence")(logits)
