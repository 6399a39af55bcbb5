"""The detector on its own."""

from __future__ import annotations

import keras
from keras import layers

from shipedge.errors import ConfigError
from shipedge_train.networks.blocks import plain, presence_head, separable


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
        down = separable if k >= 2 else plain
        x = down(x, width, f"down{k}", stride=2)
        x = separable(x, width, f"stage{k}") if k >= 2 else x
    for k in range(context):
        x = separable(x, widths[-1], f"context{k}", kernel=5)
    return keras.Model(inputs, presence_head(x), name=name)
