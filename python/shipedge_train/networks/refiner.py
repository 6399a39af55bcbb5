"""The refiner: what a ship's rectangle is off by."""

from __future__ import annotations

import keras
from keras import layers

from shipedge.bundle import NUMBERS, PATCH
from shipedge.errors import ConfigError
from shipedge_train.networks.blocks import plain


def refiner(widths: tuple[int, ...] = (16, 32, 48, 64), name: str = "refiner") -> keras.Model:
    """Correction of a rectangle, see `shipedge.cascade.refine.correction`: (b, 64, 128, 3) RGB -> (b, 1, 5, 1).

    Plain convolutions: patches are small, and what has to be seen is where an edge lies between two pixels.

    Args:
        widths: Channels per stage; stage k works at stride ``2 ** (k + 1)``. There must be four.
        name: Name of the Keras model.
    """
    if len(widths) != 4:
        raise ConfigError(f"{name} has {len(widths)} widths, expected 4 (stride 2 to stride 16)")
    inputs = keras.Input((*PATCH, 3), name="rgb")
    x = layers.Rescaling(1 / 255, name="normalize")(inputs)
    for k, width in enumerate(widths):
        x = plain(x, width, f"down{k}", stride=2)
        x = layers.Add(name=f"stage{k}_add")([x, plain(x, width, f"stage{k}")]) if k else x
    x = layers.Conv2D(32, 1, activation="relu", name="squeeze")(x)
    x = layers.Conv2D(96, x.shape[1:3], activation="relu", name="all")(x)  # what counts is where something is
    x = layers.Conv2D(NUMBERS, 1, kernel_initializer="zeros", name="logits")(x)  # begins with changing nothing
    x = layers.Reshape((1, NUMBERS, 1), name="numbers")(x)
    return keras.Model(inputs, layers.Activation("sigmoid", dtype="float32", name="rectangle")(x), name=name)
