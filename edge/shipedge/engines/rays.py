"""Actors of Ray as workers: on this machine, or on those of a cluster."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from time import monotonic
from typing import Any, Generic, NamedTuple

from shipedge.engines.engine import Died, Job, Outcome, Task
from shipedge.errors import BackendError, ConfigError, ShipedgeError

__all__ = ["Actor", "Rays"]

_FALSE_STARTS = 5
"""Actors in a row that die before they are ready: then they always will."""

_PATIENCE_S = 5.0
"""Until a cluster answers."""


class _AtWork(NamedTuple):
    actor: Any
    task: Any
    """None: it opens its job."""
    since: float


class Rays(Generic[Task, Outcome]):
    """So many actors; each has one task at a time, and another takes the place of one that dies."""

    def __init__(self, job: Job[Task, Outcome], workers: int | None, address: str | None) -> None:
        """Starts them, and Ray where no address is given.

        Args:
            job: what they are told.
            workers: how many; None: as many as Ray has cores.
            address: of a cluster.

        Raises:
            ConfigError: Ray is not installed, or the cluster does not answer.
        """
        self._ray = _connected(address, workers)
        self._job, self._timeout_s = self._ray.put(job), job.timeout_s
        self._kind = self._ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Actor)
        count = workers or max(int(self._ray.cluster_resources().get("CPU", 1)), 1)
        self._idle: list[Any] = []
        self._at_work: dict[Any, _AtWork] = {}
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
        self._at_work[actor.work.remote(task)] = _AtWork(actor, task, monotonic())

    def wait(self, timeout_s: float) -> list[tuple[Task, Outcome | Died]]:
        """What was done until now, or within some seconds. Raises what a worker raises, see `Job`."""
        if not self._at_work:
            return []
        ready, _ = self._ray.wait(list(self._at_work), num_returns=1, timeout=timeout_s)
        return [outcome for reference in ready if (outcome := self._answer(reference)) is not None]

    def close(self) -> None:
        """Ends the actors, and Ray where it was started for them."""
        self._ray.shutdown()

    def _start(self) -> None:
        actor = self._kind.remote(self._job)
        self._at_work[actor.ready.remote()] = _AtWork(actor, None, monotonic())

    def _answer(self, reference: Any) -> tuple[Task, Outcome | Died] | None:
        actor, task, since = self._at_work.pop(reference)
        try:
            answer: Any = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError:
            raise
        except self._ray.exceptions.RayError:  # the actor or its node is gone, or what it said is lost
            self._false_starts += task is None
            if self._false_starts == _FALSE_STARTS:
                raise BackendError(f"{_FALSE_STARTS} actors have died before their first task") from None
            self._start()
            return None if task is None else (task, self._died(since))
        if isinstance(answer, Exception):
            raise answer
        self._idle.append(actor)
        if task is None:
            self._false_starts = 0
            return None
        return task, answer

    def _died(self, since: float) -> Died:
        """How an actor has died. Ray does not say it; of a single image the time tells whether it was too long."""
        if self._timeout_s and monotonic() - since >= self._timeout_s:
            return Died(f"took more than {self._timeout_s:g} s")
        return Died("was an actor of Ray that has died")


class Actor:
    """A worker, in a process that Ray has started."""

    def __init__(self, job: Job[Any, Any]) -> None:
        self._job = job
        self._work: Callable[[Any], Any] | None = None

    def ready(self) -> Exception | None:
        """Opens the job; what is wrong where that fails."""
        try:
            self._work = self._job.open()
        except (ShipedgeError, ImportError, OSError) as error:
            return error
        return None

    def work(self, task: Any) -> Any:
        """What comes of a task, or what is wrong with all."""
        assert self._work is not None
        try:
            return self._work(task)
        except (ShipedgeError, ImportError, OSError) as error:
            return error


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
