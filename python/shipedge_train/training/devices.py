"""Where and how precisely a network computes: several GPUs, and bfloat16 where the configuration asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras

from shipedge.errors import ConfigError


def use_all_devices(batch_sizes: list[int], report: Callable[[str], None]) -> None:
    """Share every batch among all GPUs (JAX; Keras' data-parallel distribution); with one device nothing changes.

    Raises:
        ConfigError: a batch cannot be shared evenly.
    """
    devices = keras.distribution.list_devices() if keras.backend.backend() == "jax" else _other_gpus()
    if len(devices) < 2:
        return
    if keras.backend.backend() != "jax":
        report(f"{len(devices)} GPUs are here and one is used: KERAS_BACKEND=jax uses all")
        return
    uneven = [size for size in batch_sizes if size % len(devices)]
    if uneven:
        raise ConfigError(f"batches of {uneven[0]} cannot be shared by {len(devices)} devices: use a multiple")
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False))
    report(f"every batch is shared by {len(devices)} devices")


def _other_gpus() -> list[str]:
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return [device.name for device in tf.config.list_physical_devices("GPU")]
    import torch

    return [f"cuda:{i}" for i in range(torch.cuda.device_count())]


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Layers made inside compute in "float32" or "bfloat16"; their weights are float32 either way."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if name == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
