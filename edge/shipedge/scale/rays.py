"""Actors of Ray as workers: on this machine, or on those of a cluster."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from shipedge.errors import BackendError, ConfigError, ShipedgeError
from shipedge.scale.engine import Died, Outcome, Task
from shipedge.scale.part import Part
from shipedge.scale.scenes import Seen
from shipedge.scale.work import Job, Worker

__all__ = ["Actor", "Rays"]

_FALSE_STARTS = 5
"""Actors in a row that die before they are ready: then they always will."""

_PATIENCE_S = 5.0
"""Until a cluster answers."""


class Rays:
    """So many actors; each has one task at a time, and another takes the place of one that dies."""

    def __init__(self, job: Job, workers: int | None, address: str | None) -> None:
        """Starts them, and Ray where no address is given.

        Args:
            job: what they are told.
            workers: how many; None: as many as Ray has cores.
            address: of a cluster.

        Raises:
            ConfigError: Ray is not installed, or the cluster does not answer.
        """
        self._ray = _connected(address, workers)
        self._job = self._ray.put(job)
        self._kind = self._ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Actor)
        count = workers or max(int(self._ray.cluster_resources().get("CPU", 1)), 1)
        self._idle: list[Any] = []
        self._at_work: dict[Any, tuple[Any, Task | None]] = {}
        self._false_starts = 0
        for _ in range(count):
            self._start()

    @property
    def free(self) -> int:
        """Actors that wait for a task."""
        return len(self._idle)

    @property
    def busy(self) -> bool:
        """Whether an answer is to come."""
        return bool(self._at_work)

    def submit(self, task: Task) -> None:
        """Gives a task to an actor that waits for one."""
        actor = self._idle.pop()
        self._at_work[actor.work.remote(task)] = actor, task

    def wait(self, timeout_s: float) -> list[tuple[Task, Outcome]]:
        """What was done until now, or within some seconds. Raises BackendError where the models do not run."""
        if not self._at_work:
            return []
        ready, _ = self._ray.wait(list(self._at_work), num_returns=1, timeout=timeout_s)
        return [outcome for reference in ready if (outcome := self._answer(reference)) is not None]

    def close(self) -> None:
        """Ends the actors, and Ray where it was started for them."""
        self._ray.shutdown()

    def _start(self) -> None:
        actor = self._kind.remote(self._job)
        self._at_work[actor.ready.remote()] = actor, None

    def _answer(self, reference: Any) -> tuple[Task, Outcome] | None:
        actor, task = self._at_work.pop(reference)
        try:
            answer: Part | Seen | str | None = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError:
            raise
        except self._ray.exceptions.RayError:  # the actor or its node is gone, or what it said is lost
            self._false_starts += task is None
            if self._false_starts == _FALSE_STARTS:
                raise BackendError(f"{_FALSE_STARTS} actors have died while they opened the models") from None
            self._start()
            return None if task is None else (task, Died("was an actor of Ray that has died"))
        if isinstance(answer, str):
            raise BackendError(answer)
        self._idle.append(actor)
        if task is None or answer is None:
            self._false_starts = 0
            return None
        return task, answer


class Actor:
    """A worker, in a process that Ray has started."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._worker: Worker | None = None

    def ready(self) -> str | None:
        """Opens the models; a sentence where that fails, as everywhere."""
        try:
            self._worker = Worker(self._job)
        except (ShipedgeError, ImportError) as error:
            return str(error)
        return None

    def work(self, task: Task) -> Part | Seen | str:
        """What comes of a task, or why the models do not run."""
        assert self._worker is not None
        try:
            return self._worker(task)
        except (ShipedgeError, ImportError) as error:
            return str(error)


def _connected(address: str | None, workers: int | None) -> Any:
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise ConfigError("--engine ray needs Ray: pip install 'shipedge[ray]'") from None
    if address not in (None, "auto", "local"):
        _refuse_silent(address)
    own: dict[str, Any] = {} if address is not None else {"num_cpus": workers, "include_dashboard": False}
    try:
        ray.init(
            address=address or "local", log_to_driver=False, configure_logging=True, logging_level=logging.ERROR, **own
        )
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise ConfigError(f"Ray at {address}: {' '.join(str(error).split())}") from None
    return ray


def _refuse_silent(address: str) -> None:
    """Raises ConfigError where nobody listens at HOST:PORT: Ray would try again for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit():
        raise ConfigError(f"Ray at {address}: expected HOST:PORT, ray://HOST:PORT or auto")
    try:
        socket.create_connection((host, int(port)), _PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        raise ConfigError(f"Ray at {address}: {getattr(error, 'strerror', None) or error}") from None
