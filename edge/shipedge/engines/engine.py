"""What runs tasks: processes of this machine, or Ray; whoever plans them need not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

__all__ = ["Died", "Engine", "Job", "Start"]

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
TaskIn = TypeVar("TaskIn", contravariant=True)
OutcomeOut = TypeVar("OutcomeOut", covariant=True)


class Job(Protocol[TaskIn, OutcomeOut]):
    """What every worker is told before its first task; it can be pickled, and so can tasks and their outcomes.

    A `ShipedgeError`, ImportError or OSError, while it is opened or over a task, ends the whole run with its sentence.
    """

    @property
    def timeout_s(self) -> float:
        """Seconds that a worker gives one image, see `limit.start`; 0: as many as it takes."""
        ...

    def open(self) -> Callable[[TaskIn], OutcomeOut]:
        """Called once in each worker: what is done with its tasks."""
        ...


class Died(NamedTuple):
    """A worker has died over a task, and another one has taken its place.

    Attributes:
        how: as what follows "the process".
    """

    how: str

    def text(self, count: int) -> str:
        """Why an item is given up, after so many workers."""
        return f"no process survives it: {count} were tried, the last one {self.how}"


class Engine(Protocol[Task, Outcome]):
    """Workers that are there until `close`; each has one task at a time."""

    @property
    def free(self) -> int:
        """Workers that wait for a task."""
        ...

    @property
    def busy(self) -> bool:
        """Whether something is to come: an answer, or a worker that is getting ready."""
        ...

    def submit(self, task: Task) -> None:
        """Gives a task to a worker that waits for one."""
        ...

    def wait(self, timeout_s: float) -> list[tuple[Task, Outcome | Died]]:
        """What was done until now, or within some seconds.

        Raises:
            ShipedgeError: the job cannot be opened, or says that no task can be done.
            ImportError: a library is absent.
            OSError: a worker cannot read or write.
        """
        ...

    def close(self) -> None:
        """Ends the workers at once."""
        ...


Start: TypeAlias = Callable[[Job[Any, Any]], Engine[Any, Any]]
"""Starts workers with a job. Raises BackendError or ConfigError where there can be none."""
