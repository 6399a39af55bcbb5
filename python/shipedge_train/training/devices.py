"""Where and how precisely a network computes: the devices of Keras' backend, and what suits them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import keras

from shipedge.errors import ConfigError
from shipedge_train.training.hosts import this_host

_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


@dataclass(frozen=True)
class Device:
    """What a backend can compute on.

    Attributes:
        name: as Keras names it: "cpu:0", "gpu:1".
        model: what its maker calls it; "" where the backend does not say.
        capability: compute capability of an NVIDIA GPU, as (8, 0); () of everything else.
    """

    name: str
    model: str = ""
    capability: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        """Is "cpu", "gpu" or "tpu"."""
        return self.name.partition(":")[0]

    @property
    def precision(self) -> str:
        """The arithmetic that is fast there and safe for training; that of 16 bits needs matrix units to gain."""
        if self.kind == "tpu" or self.capability >= (8, 0):
            return "bfloat16"
        return "float16" if self.capability >= (7, 0) else "float32"

    @property
    def batch(self) -> int:
        """Crops of 256 px per step: a GPU idles with those that keep a CPU busy."""
        return 8 if self.kind == "cpu" else 32


def accelerators() -> list[Device]:
    """GPUs and TPUs that the backend can use, those first that it takes by itself."""
    found = {"tensorflow": _of_tensorflow, "jax": _of_jax, "torch": _of_torch}[keras.backend.backend()]()
    return [device for device in found if device.kind != "cpu"]


def first_device() -> Device:
    """Where the backend computes unless it is told otherwise."""
    return next(iter(accelerators()), Device("cpu:0"))


def used_devices() -> int:
    """Devices that share every batch: those of the kind that JAX takes first, of all hosts; one elsewhere."""
    return len(keras.distribution.list_devices()) if keras.backend.backend() == "jax" else 1


def suited_batch() -> int:
    """Crops per step for all devices that share it."""
    return first_device().batch * used_devices()


def _of_tensorflow() -> list[Device]:
    import tensorflow as tf

    found = []
    for i, gpu in enumerate(tf.config.list_physical_devices("GPU")):
        details = tf.config.experimental.get_device_details(gpu)
        found.append(Device(f"gpu:{i}", details.get("device_name", ""), details.get("compute_capability") or ()))
    return found


def _of_jax() -> list[Device]:
    import jax

    found = []
    for i, device in enumerate(jax.devices()):
        kind = "gpu" if device.platform in ("gpu", "cuda", "rocm") else device.platform
        capability = getattr(device, "compute_capability", None) if device.platform != "rocm" else None
        numbers = tuple(int(part) for part in str(capability or "").split(".") if part.isdecimal())
        found.append(Device(f"{kind}:{i}", device.device_kind, numbers))
    return found


def _of_torch() -> list[Device]:
    import torch

    nvidia = torch.version.hip is None
    return [
        Device(f"gpu:{i}", torch.cuda.get_device_name(i), torch.cuda.get_device_capability(i) if nvidia else ())
        for i in range(torch.cuda.device_count())
    ]


def use_all_devices(batch_sizes: Iterable[int], report: Callable[[str], None]) -> None:
    """Divide every batch among all devices of all hosts (JAX; Keras' data-parallel distribution).

    Gradients and batch statistics are those of the whole batch. With one device nothing changes.

    Raises:
        ConfigError: a batch cannot be divided evenly, or hosts have different numbers of devices.
    """
    if keras.backend.backend() != "jax":
        if (count := len(accelerators())) > 1:
            report(f"{count} GPUs are here and one is used: KERAS_BACKEND=jax uses all")
        return
    import jax

    devices, hosts = jax.devices(), this_host().hosts
    if len(devices) < 2:
        return
    # A host's part of a batch goes to its own devices: `loader.places_of` counts on their order.
    owners = [device.process_index for device in devices]
    if owners != [host for host in range(hosts) for _ in range(len(devices) // hosts)]:
        counts = ", ".join(f"{owners.count(host)} on host {host}" for host in range(hosts))
        raise ConfigError(f"hosts need the same number of devices each, here are {counts}")
    if uneven := [size for size in batch_sizes if size % len(devices)]:
        raise ConfigError(
            f"a batch of {uneven[0]} crops cannot be divided by {len(devices)} devices: set data.batch, or that of "
            f"the stage, to a multiple of {len(devices)}"
        )
    names = keras.distribution.list_devices()
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=names, auto_shard_dataset=False))
    report(f"every batch is shared by {len(devices)} devices" + (f" of {hosts} hosts" if hosts > 1 else ""))


def resolved(precision: str) -> str:
    """The arithmetic that the configuration's `train.precision` stands for here."""
    return first_device().precision if precision == "auto" else precision


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Layers made inside compute in "float32", "bfloat16" or "float16"; their weights are float32 in any case."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(_POLICIES[resolved(name)])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
