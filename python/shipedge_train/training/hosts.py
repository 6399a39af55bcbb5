"""Several hosts that train one network (JAX): who they are, what each loads, and how they stay alike.

Every host is a process that runs the same command. The first one writes the run folder; all of them read it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ConfigError

_COUNT = "KERAS_DISTRIBUTION_NUM_PROCESSES"
_NAMES = ("KERAS_DISTRIBUTION_JOB_ADDRESSES", _COUNT, "KERAS_DISTRIBUTION_PROCESS_ID")


def join_hosts() -> None:
    """Meet the other hosts that Keras' environment variables name; without them there is one host.

    Whoever has called `jax.distributed.initialize` already, as Ray's JaxTrainer does, has met them.

    Raises:
        ConfigError: variables are missing or not numbers, the backend is not JAX, or the hosts do not meet.
    """
    if not os.environ.get(_COUNT):
        return
    if keras.backend.backend() != "jax":
        raise ConfigError(f"{_COUNT} asks for several hosts, which train on JAX alone: set KERAS_BACKEND=jax")
    import jax

    if jax.distributed.is_initialized():
        return
    values = [os.environ.get(name, "") for name in _NAMES]
    if not values[0] or not all(value.isdecimal() for value in values[1:]) or not int(values[2]) < int(values[1]):
        given = ", ".join(f"{name}={value!r}" for name, value in zip(_NAMES, values, strict=True))
        raise ConfigError(f"expected HOST:PORT, a number of hosts and a number below it, got {given}")
    keras.utils.set_random_seed(0)  # otherwise Keras makes the hosts agree on one by way of their CPUs
    try:
        keras.distribution.initialize()
    except (RuntimeError, ValueError) as error:
        raise ConfigError(f"the hosts do not meet at {values[0]}: {' '.join(str(error).split())}") from None


def check_one_host(command: str) -> None:
    """For what several hosts cannot share.

    Raises:
        ConfigError: they are asked for.
    """
    if os.environ.get(_COUNT):
        raise ConfigError(f"{command} runs on one host: unset {_COUNT}")


class Host(NamedTuple):
    """A host among those that train together.

    Attributes:
        number: from 0; the first writes the run folder and reports.
        hosts: how many train together.
    """

    number: int
    hosts: int

    @property
    def first(self) -> bool:
        """Whether it writes the run folder and reports."""
        return self.number == 0


def this_host() -> Host:
    """Which host this process is."""
    if keras.backend.backend() != "jax":
        return Host(0, 1)
    import jax

    return Host(jax.process_index(), jax.process_count())


def agreed(values: dict[str, float]) -> dict[str, float]:
    """The first host's values, on all hosts: what is decided by a score must be decided alike, or they wait for ever.

    Args:
        values: the same names on every host.
    """
    if this_host().hosts == 1 or not values:
        return values
    numbers = np.array(list(values.values()), np.float64)  # which JAX would round to float32
    first = _gathered(numbers.view(np.uint32))[0].view(np.float64)
    return dict(zip(values, first.tolist(), strict=True))


def check_alike(content: Iterable[object]) -> None:
    """All hosts train the same.

    Args:
        content: what a run follows from, of types whose `repr` says all.

    Raises:
        ConfigError: another host has other content; on all hosts.
    """
    if this_host().hosts == 1:
        return
    whole = hashlib.sha256()
    for part in content:
        whole.update(repr(part).encode())
    digests = _gathered(np.frombuffer(whole.digest(), np.uint32))
    if others := [number for number, digest in enumerate(digests) if not np.array_equal(digest, digests[0])]:
        raise ConfigError(
            f"host {others[0]} has another configuration, dataset or split than host 0: start all with the same "
            "command on the same files"
        )


def _gathered(numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """(n,) of each host -> (hosts, n)."""
    from jax.experimental import multihost_utils

    found: Any = multihost_utils.process_allgather(numbers)
    return np.asarray(found, np.uint32)
