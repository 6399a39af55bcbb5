"""The networks of the cascade as functional Keras 3 models, the same under TensorFlow, JAX and PyTorch.

All take raw RGB values 0..255 and normalize inside the graph, so that no caller can forget or double it. All are
fully convolutional: training feeds crops, conversion fixes the size. Every operation stays inside the int8 part of
XNNPACK (no nearest upsampling, no average pooling, no hard-swish), and every convolution is followed directly by its
BatchNormalization, which the converter folds away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from shipedge.bundle import NUMBERS, PATCH
from shipedge.errors import ConfigError
from shipedge_train.efficientnet import encode
from shipedge_train.layers import BN_MOMENTUM, BatchNormalization, DepthToSpace

_CELL_LEVEL = 4  # works at stride 32, one position per cell of the presence grid


def _normalized(x: Any, name: str) -> Any:
    x = BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_act")(x)


def _plain(x: Any, filters: int, name: str, stride: int = 1) -> Any:
    """Plain 3x3 convolution + BatchNormalization + ReLU: (b, h, w, c) -> (b, h/stride, w/stride, filters)."""
    conv = layers.Conv2D(
        filters, 3, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )
    return _normalized(conv(x), name)


def _project(x: Any, filters: int, name: str) -> Any:
    """Change the number of channels: 1x1 convolution + BatchNormalization, no activation."""
    conv = layers.Conv2D(filters, 1, use_bias=False, kernel_initializer="he_normal", name=name)
    return BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_bn")(conv(x))


def _separable(x: Any, filters: int, name: str, stride: int = 1, kernel: int = 3) -> Any:
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


def segmenter(
    size: int | None = None,
    widths: tuple[int, ...] = (16, 32, 64, 128, 256, 512),
    name: str = "segmenter",
    encoder: str = "slim",
) -> keras.Model:
    """Slim U-Net with output stride 2: (b, h, w, 3) RGB 0..255 -> (b, h, w, 1) ship probability.

    Depthwise convolution at high resolution is bound by memory, so the first two stages reduce with a plain 3x3,
    and stage 0 has its separable convolution on the way up only. Skips are added, not concatenated, after a 1x1 that
    shrinks the channels *before* upsampling. The last 2x moves four channels into a 2x2 block of pixels: the network
    never computes at full resolution, yet its borders are sharp to the pixel.

    Args:
        size: Height and width in pixels, a multiple of ``2 ** len(widths)``; None leaves it open.
        widths: Channels per stage; stage k works at stride ``2 ** (k + 1)``.
        name: Name of the Keras model.
        encoder: "slim" or "efficientnet-lite0"; the latter has channels of its own, and six widths for the way up.
    """
    inputs, levels = _unet(size, widths, name, encoder)
    return keras.Model(inputs, _probability(levels[0]), name=name)


def cascade(
    size: int | None = None,
    widths: tuple[int, ...] = (16, 32, 64, 128, 256, 512),
    name: str = "cascade",
    encoder: str = "slim",
) -> keras.Model:
    """Both in one: (b, h, w, 3) RGB 0..255 -> {"presence": as `detector`, "probability": as `segmenter`}.

    The segmenter with a presence head on the first level of its way up, which is where the cells of the grid are
    (stride 32) and where the widest view has come back down to them. Trained together, converted to two files: the
    detector is the encoder and that one level, the segmenter is all the rest as well.

    Args:
        size: Height and width in pixels, a multiple of ``2 ** len(widths)``; None leaves it open.
        widths: Channels per stage, six at least.
        name: Name of the Keras model.
        encoder: "slim" or "efficientnet-lite0"; the latter has channels of its own, and six widths for the way up.
    """
    inputs, levels = _unet(size, widths, name, encoder)
    if len(widths) <= _CELL_LEVEL + 1:
        raise ConfigError(
            f"{name} has {len(widths)} widths, expected {_CELL_LEVEL + 2} at least (stride 2 to stride 64)"
        )
    x = _separable(levels[_CELL_LEVEL], 128, "context", kernel=5)
    return keras.Model(inputs, {"presence": _presence(x), "probability": _probability(levels[0])}, name=name)


def _unet(size: int | None, widths: tuple[int, ...], name: str, encoder: str) -> tuple[Any, list[Any]]:
    """Input, and what comes back up at each level: level k is (b, h / 2 ** (k + 1), w / 2 ** (k + 1), widths[k])."""
    stride = 2 ** len(widths)
    if size is not None and size % stride:
        raise ConfigError(f"{name} size {size} is not a multiple of {stride}")
    inputs = keras.Input((size, size, 3), name="rgb")
    x = layers.Rescaling(1 / 255, name="normalize")(inputs)
    levels = _ENCODERS[encoder](x, widths)
    x = levels[-1]
    for k in reversed(range(len(levels) - 1)):
        x = _project(x, widths[k], f"shrink{k}")
        x = layers.UpSampling2D(2, interpolation="bilinear", name=f"grow{k}")(x)
        beside = levels[k] if levels[k].shape[-1] == widths[k] else _project(levels[k], widths[k], f"beside{k}")
        x = layers.Add(name=f"skip{k}")([x, beside])
        x = levels[k] = _separable(x, widths[k], f"refine{k}")
    return inputs, levels


def _slim(x: Any, widths: tuple[int, ...]) -> list[Any]:
    """Our own encoder, from scratch: level k is at stride 2 ** (k + 1) with widths[k] channels."""
    levels = []
    for k, width in enumerate(widths):
        down = _separable if k >= 2 else _plain
        x = down(x, width, f"down{k}", stride=2)
        x = _separable(x, width, f"stage{k}") if k else x  # at stride 2 it would cost a quarter of the whole network
        levels.append(x)
    return levels


def _lite(x: Any, widths: tuple[int, ...]) -> list[Any]:
    """EfficientNet-Lite0 and, below it, stride 64 with the last of the widths; its own five levels keep theirs."""
    levels = encode(x)
    if len(widths) != len(levels) + 1:
        raise ConfigError(f"efficientnet-lite0 has {len(levels) + 1} levels, but model.widths has {len(widths)}")
    x = _separable(levels[-1], widths[-1], "down5", stride=2)
    return [*levels, _separable(x, widths[-1], "stage5")]


_ENCODERS = {"slim": _slim, "efficientnet-lite0": _lite}


def _probability(x: Any) -> Any:
    """Ship probability of every pixel from the level at stride 2."""
    prior = keras.initializers.Constant(-4.0)  # ship pixels are rare: start near their share, not at one half
    logits = layers.Conv2D(4, 1, bias_initializer=prior, name="logits")(x)
    blocks = layers.Activation("sigmoid", dtype="float32", name="sigmoid")(logits)  # eight bits are too few for a loss
    return DepthToSpace(dtype="float32", name="probability")(blocks)


def _presence(x: Any) -> Any:
    """Probability of a ship in every cell from features at stride 32."""
    prior = keras.initializers.Constant(-3.0)
    logits = layers.Conv2D(1, 1, bias_initializer=prior, name="cell_logits")(x)
    return layers.Activation("sigmoid", dtype="float32", name="presence")(logits)


def from_afar(network: keras.Model, size: int, reduce: int) -> keras.Model:
    """The detector of a cascade that looks at smaller pictures only.

    The caller makes the image smaller, each pixel the mean of a block, which a JPEG decoder does at next to no cost
    (ADR 18). A cell of the smaller image is given back as the `reduce` x `reduce` cells that it covers.

    Args:
        network: a cascade of open size.
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
    """The segmenter of a cascade that looks twice, at the picture and at a smaller one: mean of both logits.

    The smaller one is made inside the graph.

    Args: as `from_afar`.

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


def detector(
    size: int | None = None, widths: tuple[int, ...] = (16, 32, 64, 96, 128), context: int = 3, name: str = "detector"
) -> keras.Model:
    """Presence grid: (b, h, w, 3) RGB 0..255 -> (b, h/32, w/32, 1), probability of a ship in each 32x32 px cell.

    Args:
        size: Height and width in pixels, a multiple of 32; None leaves it open.
        widths: Channels per stage; stage k works at stride ``2 ** (k + 1)``. There must be five.
        context: Separable 5x5 layers at stride 32; each widens the view by 128 px, so that a cell inside a 300 px
            tanker sees its whole hull and a roof sees its land.
        name: Name of the Keras model.
    """
    if len(widths) != 5:
        raise ConfigError(f"detector has {len(widths)} widths, expected 5 (stride 2 to stride 32)")
    if size is not None and size % 32:
        raise ConfigError(f"detector size {size} is not a multiple of 32")
    inputs = keras.Input((size, size, 3), name="rgb")
    x = layers.Rescaling(1 / 255, name="normalize")(inputs)
    for k, width in enumerate(widths):
        down = _separable if k >= 2 else _plain
        x = down(x, width, f"down{k}", stride=2)
        x = _separable(x, width, f"stage{k}") if k >= 2 else x
    for k in range(context):
        x = _separable(x, widths[-1], f"context{k}", kernel=5)
    return keras.Model(inputs, _presence(x), name=name)


def refiner(size: int | None = None, widths: tuple[int, ...] = (16, 32, 48, 64), name: str = "refiner") -> keras.Model:
    """Correction of a ship's rectangle, see `shipedge.refine.correction`: (b, 64, 128, 3) RGB 0..255 -> (b, 1, 5, 1).

    Plain convolutions: patches are small, and what has to be seen is where an edge lies between two pixels.

    Args:
        size: nothing; patches have one size.
        widths: Channels per stage; stage k works at stride ``2 ** (k + 1)``. There must be four.
        name: Name of the Keras model.
    """
    if len(widths) != 4:
        raise ConfigError(f"{name} has {len(widths)} widths, expected 4 (stride 2 to stride 16)")
    inputs = keras.Input((*PATCH, 3), name="rgb")
    x = layers.Rescaling(1 / 255, name="normalize")(inputs)
    for k, width in enumerate(widths):
        x = _plain(x, width, f"down{k}", stride=2)
        x = layers.Add(name=f"stage{k}_add")([x, _plain(x, width, f"stage{k}")]) if k else x
    x = layers.Conv2D(32, 1, activation="relu", name="squeeze")(x)
    x = layers.Conv2D(96, x.shape[1:3], activation="relu", name="all")(x)  # what counts is where something is
    x = layers.Conv2D(NUMBERS, 1, kernel_initializer="zeros", name="logits")(x)  # begins with changing nothing
    x = layers.Reshape((1, NUMBERS, 1), name="numbers")(x)
    return keras.Model(inputs, layers.Activation("sigmoid", dtype="float32", name="rectangle")(x), name=name)


MODELS: dict[str, Callable[..., Any]] = {
    "detector": detector,
    "segmenter": segmenter,
    "cascade": cascade,
    "refiner": refiner,
}
