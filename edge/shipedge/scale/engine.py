"""What runs the work on blocks: processes of this machine, or Ray; whoever plans them need not know."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from shipedge.scale.blocks import Block
from shipedge.scale.part import Died, Part
from shipedge.scale.scenes import Look, Seen

__all__ = ["Died", "Engine", "Outcome", "Task"]


Task: TypeAlias = Block | Look
"""A block, or a piece of a scene."""
Outcome: TypeAlias = Part | Seen | Died


class Engine(Protocol):
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

    def wait(self, timeout_s: float) -> list[tuple[Task, Outcome]]:
        """What was done until now, or within some seconds. Raises BackendError where the models do not run."""
        ...

    def close(self) -> None:
        """Ends the workers at once."""
        ...
