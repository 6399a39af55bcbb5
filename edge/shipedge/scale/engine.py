"""What runs the work on blocks: processes of this machine, or Ray; whoever plans them need not know."""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeAlias

from shipedge.scale.blocks import Block
from shipedge.scale.work import Part

__all__ = ["Died", "Engine", "Outcome"]


class Died(NamedTuple):
    """A worker has died over a block, and another one has taken its place.

    Attributes:
        how: as what follows "the process".
    """

    how: str


Outcome: TypeAlias = tuple[Block, Part | Died]


class Engine(Protocol):
    """Workers that are there until `close`; each has one block at a time."""

    @property
    def free(self) -> int:
        """Workers that wait for a block."""
        ...

    @property
    def busy(self) -> bool:
        """Whether something is to come: an answer, or a worker that is getting ready."""
        ...

    def submit(self, block: Block) -> None:
        """Gives a block to a worker that waits for one."""
        ...

    def wait(self, timeout_s: float) -> list[Outcome]:
        """What was done until now, or within some seconds. Raises BackendError where the models do not run."""
        ...

    def close(self) -> None:
        """Ends the workers at once."""
        ...
