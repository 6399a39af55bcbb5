"""TensorBoard logs of a run: `tensorboard --logdir runs`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FOLDER = "tensorboard"


class Board:
    """Writes scalars by step; steps at and after the one where a resumed run begins replace what was there."""

    def __init__(self, run: Path, first_step: int) -> None:
        from tensorboardX import SummaryWriter

        self._writer = SummaryWriter(str(run / FOLDER), purge_step=first_step)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """One point per value."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Everything is on disk afterwards."""
        self._writer.close()
