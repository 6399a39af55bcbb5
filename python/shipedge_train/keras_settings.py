"""Keras, loaded with the settings that our networks are made for, whatever earlier projects left on this machine."""

from __future__ import annotations

import os

from shipedge.errors import ConfigError

BACKENDS = ("tensorflow", "jax", "torch")


def load_keras() -> None:
    """Import Keras on the backend that the environment variable KERAS_BACKEND names, TensorFlow where it is not set.

    Keras takes its settings from `~/.keras/keras.json` when it is imported: `channels_first` there would turn every
    layer around, `floatx: float16` would round every weight. It is told to look where no file can be, so that its own
    defaults hold.

    Raises:
        ConfigError: KERAS_BACKEND names no backend, or one that cannot be imported.
    """
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if backend not in BACKENDS:
        raise ConfigError(f"KERAS_BACKEND is {backend!r}, expected {', '.join(BACKENDS[:-1])} or {BACKENDS[-1]}")
    os.environ["KERAS_BACKEND"], os.environ["KERAS_HOME"] = backend, os.devnull
    try:
        import keras  # noqa: F401
    except ImportError as error:
        if backend == "tensorflow" or error.name == "keras":  # what our own extra brings
            raise
        raise ConfigError(
            f"KERAS_BACKEND is {backend}, which cannot be imported ({error}): pip install {backend}, "
            "or unset KERAS_BACKEND to use TensorFlow"
        ) from error
