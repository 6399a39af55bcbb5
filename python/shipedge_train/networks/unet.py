"""The segmenter and the cascade: one U-Net, without and with a presence head."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from shipedge.errors import ConfigError
from shipedge_train.networks.blocks import plain, presence_head, probability_head, project, separable
from shipedge_train.networks.efficientnet import encode

_CELL_LEVEL = 4  # works at stride 32, one position per cell of the presence grid


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
    return keras.Model(inputs, probability_head(levels[0]), name=name)


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
    x = separable(levels[_CELL_LEVEL], 128, "context", kernel=5)
    return keras.Model(inputs, {"presence": presence_head(x), "probability": probability_head(levels[0])}, name=name)


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
        x = project(x, widths[k], f"shrink{k}")
        x = layers.UpSampling2D(2, interpolation="bilinear", name=f"grow{k}")(x)
        beside = levels[k] if levels[k].shape[-1] == widths[k] else project(levels[k], widths[k], f"beside{k}")
        x = layers.Add(name=f"skip{k}")([x, beside])
        x = levels[k] = separable(x, widths[k], f"refine{k}")
    return inputs, levels


def _slim(x: Any, widths: tuple[int, ...]) -> list[Any]:
    """Our own encoder, from scratch: level k is at stride 2 ** (k + 1) with widths[k] channels."""
    levels = []
    for k, width in enumerate(widths):
        down = separable if k >= 2 else plain
        x = down(x, width, f"down{k}", stride=2)
        x = separable(x, width, f"stage{k}") if k else x  # at stride 2 it would cost a quarter of the whole network
        levels.append(x)
    return levels


def _lite(x: Any, widths: tuple[int, ...]) -> list[Any]:
    """EfficientNet-Lite0 and, below it, stride 64 with the last of the widths; its own five levels keep theirs."""
    levels = encode(x)
    if len(widths) != len(levels) + 1:
        raise ConfigError(f"efficientnet-lite0 has {len(levels) + 1} levels, but model.widths has {len(widths)}")
    x = separable(levels[-1], widths[-1], "down5", stride=2)
    return [*levels, separable(x, widths[-1], "stage5")]


_ENCODERS = {"slim": _slim, "efficientnet-lite0": _lite}
