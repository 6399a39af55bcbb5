"""Blocks to workers, their parts to files: what is planned, tried again and written, whoever does the work."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from shipedge.engines.engine import Died, Engine
from shipedge.engines.tries import Tries
from shipedge.scale.blocks import Block
from shipedge.scale.part import Part, failed_part, joined
from shipedge.scale.parts import Parts, Totals
from shipedge.scale.scenes import Look, SceneWork, Seen

__all__ = ["Progress", "Task", "run"]

Task: TypeAlias = Block | Look
"""A block, or a piece of a scene."""

_PATIENCE_S = 0.2
"""Between two looks at whether the run is to stop."""


class Progress(NamedTuple):
    """How far a run is.

    Attributes:
        parts: that are written.
        reused: that an earlier run has written.
        images: that were done by this run.
        failed: sentences that came since the last time.
    """

    parts: int
    reused: int
    images: int
    failed: tuple[str, ...] = ()


def run(
    planned: Iterable[Block],
    engine: Engine[Task, Part | Seen],
    parts: Parts,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Totals | None:
    """Has every block worked on that is not done yet.

    As many blocks as there are workers are in memory, one that waits, and the pieces of blocks over which a worker has
    died: such a block is tried again, then in halves, until the item is alone that no worker survives.

    Args:
        planned: the blocks, by their numbers; the next is asked for when there is somebody for it.
        engine: who does the work.
        parts: where it is written, entered.
        on_progress: is told how far it is.
        should_stop: is asked between blocks; what is being worked on is then left to the next run.

    Returns:
        What all parts hold; None where the run was stopped.

    Raises:
        BackendError: the models do not run.
        OSError: a part cannot be written.
    """
    left = (block for block in planned if not parts.has(block))
    work = _Pieces(left)
    written = images = 0
    while not should_stop():
        while engine.free and not should_stop() and (task := work.next()) is not None:
            engine.submit(task)
        work.prepare()
        if work.is_done:
            totals = parts.finish()
            on_progress(Progress(written, parts.reused, images))
            return totals
        for task, outcome in engine.wait(_PATIENCE_S):
            whole = work.take(task, outcome)
            if whole is not None:
                parts.write(*whole)
                written, images = written + 1, images + len(whole[0].items)
                on_progress(Progress(written, parts.reused, images, whole[1].failed))
    return None


class _Pieces:
    """Blocks that are being worked on, whole or in pieces.

    Attributes:
        scenes: {number of a block: how far its scene is}.
        is_through: no further block is planned.
    """

    def __init__(self, planned: Iterator[Block]) -> None:
        self._planned, self._looks = planned, deque[Look]()
        self._ready: Block | None = None
        self._blocks = Tries[Block, Part](_failed)
        self.scenes: dict[int, SceneWork] = {}
        self.is_through = False

    @property
    def is_done(self) -> bool:
        """Whether every block is written."""
        return self.is_through and self._ready is None and not self._blocks and not self.scenes

    def prepare(self) -> None:
        """Has the next block read while the workers are busy."""
        if self._ready is None and not self.is_through:
            self._ready = next(self._planned, None)
            self.is_through = self._ready is None

    def next(self) -> Task | None:
        """What is to be begun: first what is tried again, and what scenes that have begun go on with."""
        if self._blocks.again:
            return self._blocks.again.popleft()
        if not self._looks:
            self.prepare()
            block, self._ready = self._ready, None
            if block is None:
                return None
            if block.items[0].kind != "scene":
                self._blocks.begin(block)
                return block
            self.scenes[block.number] = SceneWork(block)
            self._looks += self.scenes[block.number].begin()
        return self._looks.popleft()

    def take(self, task: Task, outcome: Part | Seen | Died) -> tuple[Block, Part] | None:
        """The whole block with its part, where this was the last of its pieces."""
        if isinstance(task, Look):
            return self._take_look(task, outcome)
        assert not isinstance(outcome, Seen)
        whole = self._blocks.take(task, outcome)
        return None if whole is None else (whole[0], joined(whole[1]))

    def _take_look(self, look: Look, outcome: Part | Seen | Died) -> tuple[Block, Part] | None:
        if look.block.number not in self.scenes:  # it turned out to be read whole, and is done
            return None
        done = self.scenes[look.block.number].take(look, outcome)
        if isinstance(done, Part):
            del self.scenes[look.block.number]
            return look.block, done
        self._looks += done
        return None


def _failed(piece: Block, died: Died) -> Part:
    (item,) = piece.items
    return failed_part(item, f"{item.name}: {died.text(piece.deaths + 1)}")
