"""Blocks to workers, their parts to files: what is planned, tried again and written, whoever does the work."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from shipedge.scale.blocks import Block, halves
from shipedge.scale.engine import Died, Engine, Outcome, Task
from shipedge.scale.part import Part, failed_part, joined
from shipedge.scale.parts import Parts, Totals
from shipedge.scale.scenes import Look, SceneWork

__all__ = ["Progress", "run"]

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
    engine: Engine,
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
        while engine.free and (task := work.next()) is not None:
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
        open: {number of a block: the block, and what there is of its pieces by their beginning}.
        scenes: {number of a block: how far its scene is}.
        is_through: no further block is planned.
    """

    def __init__(self, planned: Iterator[Block]) -> None:
        self._planned, self._again = planned, deque[Task]()
        self._ready: Block | None = None
        self.open: dict[int, tuple[Block, dict[int, tuple[int, Part]]]] = {}
        self.scenes: dict[int, SceneWork] = {}
        self.is_through = False

    @property
    def is_done(self) -> bool:
        """Whether every block is written."""
        return self.is_through and self._ready is None and not self.open

    def prepare(self) -> None:
        """Has the next block read while the workers are busy."""
        if self._ready is None and not self.is_through:
            self._ready = next(self._planned, None)
            self.is_through = self._ready is None

    def next(self) -> Task | None:
        """What is to be begun: first what is tried again, and what scenes that have begun go on with."""
        if not self._again:
            self.prepare()
            block, self._ready = self._ready, None
            if block is None:
                return None
            self.open[block.number] = block, {}
            if block.items[0].kind != "scene":
                return block
            self.scenes[block.number] = SceneWork(block)
            self._again += self.scenes[block.number].begin()
        return self._again.popleft()

    def take(self, task: Task, outcome: Outcome) -> tuple[Block, Part] | None:
        """The whole block with its part, where this was the last of its pieces."""
        return self._take_look(task, outcome) if isinstance(task, Look) else self._take_piece(task, outcome)

    def _take_look(self, look: Look, outcome: Outcome) -> tuple[Block, Part] | None:
        if look.block.number not in self.scenes:  # it turned out to be read whole, and is done
            return None
        done = self.scenes[look.block.number].take(look, outcome)
        if isinstance(done, Part):
            del self.open[look.block.number], self.scenes[look.block.number]
            return look.block, done
        self._again += done
        return None

    def _take_piece(self, piece: Block, outcome: Outcome) -> tuple[Block, Part] | None:
        if isinstance(outcome, Died):
            if again := halves(piece):
                self._again += again
                return None
            item = piece.items[0]
            outcome = failed_part(item, outcome.sentence(item.name, piece.deaths + 1))
        assert isinstance(outcome, Part)
        block, done = self.open[piece.number]
        done[piece.first] = len(piece.items), outcome
        if sum(count for count, _ in done.values()) < len(block.items):
            return None
        del self.open[piece.number]
        return block, joined([done[first][1] for first in sorted(done)])
