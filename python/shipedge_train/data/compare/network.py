"""A small convolutional judge: sees what no list of statistics names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from shipedge_train.data.compare.crops import CROP, Crops
from shipedge_train.data.compare.judge import Verdict, cross_validated, verdict

_BATCH = 32


def _turned(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The batch under one of the eight symmetries of the square."""
    pixels = np.rot90(pixels, int(rng.integers(4)), (1, 2))
    return pixels[:, :, ::-1] if rng.random() < 0.5 else pixels


def judge_network(crops: Crops, epochs: int = 8, progress: Callable[[], object] = lambda: None) -> Verdict:
    """Train one network per fold (about 60,000 weights) and score the crops it has not seen."""
    import keras
    from keras import layers

    def build() -> keras.Model:
        keras.utils.set_random_seed(1)
        x = inputs = keras.Input((CROP, CROP, 3))
        # Beside the image, what is left when its neighbours are subtracted, larger: the grain is a cue, too.
        detail = layers.Subtract()([x, layers.AveragePooling2D(3, 1, "same")(x)])
        x = layers.Concatenate()([layers.Rescaling(1 / 64, offset=-1)(x), layers.Rescaling(1 / 4)(detail)])
        for width in (16, 32, 48, 64):
            x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization(momentum=0.9)(x)
            x = layers.ReLU()(x)
        x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
        model = keras.Model(inputs, layers.Dense(1)(x))
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(keras.optimizers.AdamW(2e-3, weight_decay=1e-3), loss)
        return model

    def fit(train: NDArray[np.int64], held: NDArray[np.int64]) -> NDArray[np.float64]:
        model, rng = build(), np.random.default_rng(1)
        steps = len(train) // _BATCH
        model.optimizer.learning_rate = keras.optimizers.schedules.CosineDecay(2e-3, epochs * max(steps, 1))
        for _ in range(epochs):
            order = rng.permutation(train)
            for step in range(steps):
                rows = order[step * _BATCH : (step + 1) * _BATCH]
                model.train_on_batch(_turned(crops.pixels[rows], rng).astype(np.float32), crops.side[rows, None])
            progress()
        parts = (crops.pixels[held[at : at + 128]].astype(np.float32) for at in range(0, len(held), 128))
        logits = [keras.ops.convert_to_numpy(model(part, training=False)) for part in parts]
        return np.asarray(np.concatenate(logits)[:, 0], np.float64)

    return verdict(crops, cross_validated(crops, fit))
