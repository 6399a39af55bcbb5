"""The encoder of EfficientNet-Lite0 (Tan and Le, ICML 2019), which can start from photographs: see `imagenet`.

Lite means no squeeze-and-excitation and ReLU6 for swish: all of it stays inside the int8 part of XNNPACK.
"""

from __future__ import annotations

from typing import Any

from keras import layers

from shipedge_train.networks.layers import BN_MOMENTUM, BatchNormalization

# kernel, stride of the first, expansion, channels, blocks
_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


def encode(x: Any) -> list[Any]:
    """(b, h, w, 3) RGB 0..1 -> features at stride 2, 4, 8, 16 and 32 with 16, 24, 40, 112 and 320 channels."""
    x = _convolved(layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, name="stem"), x)
    levels: list[Any] = []
    block = 0
    for kernel, stride, expansion, channels, count in _STAGES:
        if stride == 2:
            levels.append(x)
        for k in range(count):
            x = _block(x, kernel, stride if k == 0 else 1, expansion, channels, f"block{block}")
            block += 1
    return [*levels, x]


def _block(x: Any, kernel: int, stride: int, expansion: int, channels: int, name: str) -> Any:
    """Inverted residual: 1x1 to more channels, each filtered alone, 1x1 to few without activation."""
    y = x
    if expansion > 1:
        y = _convolved(layers.Conv2D(expansion * x.shape[-1], 1, use_bias=False, name=f"{name}_expand"), y)
    y = _convolved(
        layers.DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise"), y
    )
    y = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(y)
    y = BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_project_bn")(y)
    return layers.Add(name=f"{name}_add")([x, y]) if stride == 1 and x.shape[-1] == channels else y


def _convolved(convolution: layers.Layer, x: Any) -> Any:
    x = BatchNormalization(momentum=BN_MOMENTUM, name=f"{convolution.name}_bn")(convolution(x))
    return layers.Activation("relu6", name=f"{convolution.name}_act")(x)
