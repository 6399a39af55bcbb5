"""When a run sees which crops, which dataset and which learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from shipedge.errors import ConfigError
from shipedge_train.config import Config, Stage


@dataclass(frozen=True)
class Phase:
    """The epochs [first, end) of a run on one dataset, with one warm-up and one cosine; its stages are complete."""

    data: Path
    first: int
    end: int
    stages: tuple[Stage, ...]

    def stage(self, done: float) -> Stage:
        """The stage at the finished share of the phase, 0..1."""
        epochs = sum(stage.epochs for stage in self.stages)
        passed = 0
        for stage in self.stages:
            passed += stage.epochs
            if done * epochs < passed - 1e-9:
                return stage
        return self.stages[-1]


def phases(config: Config, data: Path, max_minutes: float | None = None) -> list[Phase]:
    """The phases of a run, in order; `data` is where stages find their images that name no dataset.

    Raises:
        ConfigError: a time budget, which belongs to one dataset, for several.
    """
    stages = [_filled(stage, config, data) for stage in config.train.stages or (Stage(config.train.epochs),)]
    found: list[Phase] = []
    for folder, some in groupby(stages, key=lambda stage: stage.data):
        members = tuple(some)
        first = found[-1].end if found else 0
        found.append(Phase(Path(folder), first, first + sum(stage.epochs for stage in members), members))
    if len(found) > 1 and max_minutes is not None:
        raise ConfigError(f"train.stages use {len(found)} datasets one after the other: that needs epochs, no minutes")
    return found


def _filled(stage: Stage, config: Config, data: Path) -> Stage:
    return replace(
        stage,
        crop=stage.crop or config.data.crop,
        batch=stage.batch or config.data.batch,
        data=stage.data or str(data),
        learning_rate=stage.learning_rate or config.train.learning_rate,
    )


def learning_rate(peak: float, warmup: int, step: int, done: float) -> float:
    """Linear warm-up over `warmup` steps, then a cosine from the peak to 1 % of it.

    Args:
        peak: highest value.
        warmup: steps of warm-up.
        step: step of the phase, from 0.
        done: finished share of the phase, 0..1.
    """
    warm = min(1.0, (step + 1) / max(warmup, 1))
    return peak * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))
