"""A network with all that training needs."""

from __future__ import annotations

import keras

from shipedge_train.config import Config
from shipedge_train.tasks import Task, build
from shipedge_train.training.devices import precision


def build_trainable(task: Task, config: Config) -> keras.Model:
    """The network of a task with its losses and its optimizer, in the configuration's precision.

    Raises:
        ConfigError: unknown loss, or too many parameters.
    """
    losses = task.losses(config.train)
    with precision(config.train.precision):
        model = build(task, config)
    model.compile(
        keras.optimizers.AdamW(
            config.train.learning_rate, weight_decay=config.train.weight_decay, clipnorm=config.train.clip_norm
        ),
        **losses,
        # XLA is 15 times slower on depthwise convolutions of the CPU; JAX cannot do without it.
        jit_compile=keras.backend.backend() == "jax",
    )
    model.optimizer.build(model.trainable_variables)
    return model
