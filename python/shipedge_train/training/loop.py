"""The training loop: batches in, `train_on_batch`, score after each epoch, save.

The weights that are scored and kept are an exponential moving average of the trained ones.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import keras
import numpy as np

from shipedge.errors import ShipedgeError
from shipedge_train.config import Config, Stage
from shipedge_train.dataset import Image
from shipedge_train.loader import Batch, places_of
from shipedge_train.progress import Console
from shipedge_train.runs.checkpoint import save_checkpoint, save_weights
from shipedge_train.runs.folder import BEST
from shipedge_train.runs.history import write_history
from shipedge_train.tasks import Task
from shipedge_train.tasks.contract import Batches
from shipedge_train.training.hosts import agreed, this_host
from shipedge_train.training.schedule import Phase, learning_rate
from shipedge_train.training.tensorboard import Board
from shipedge_train.training.weight_average import Weights, interpolate, update_ema

_EMA_EVERY = 4  # steps between two updates of the averaged weights: copying them costs a few milliseconds


@dataclass
class Standing:
    """Where a run stands; all of it is in the checkpoint.

    Attributes:
        epoch: epochs done.
        minutes: spent so far.
        best: best score of this phase, and `stale` the epochs since then.
        hard: weight of each image without ships that was looked at, by file name.
        average: averaged weights, and `updates` how often they were.
        start: weights that the run started from, where some of them are kept.
    """

    epoch: int = 0
    minutes: float = 0.0
    best: float = -math.inf
    stale: int = 0
    hard: dict[str, float] = field(default_factory=dict)
    average: Weights | None = None
    updates: int = 0
    start: Weights | None = None


@dataclass(frozen=True)
class Lesson:
    """A phase of a run, the images to learn from, and those to score after each epoch."""

    phase: Phase
    training: Sequence[Image]
    scored: Sequence[Image]


@dataclass
class Loop:
    """A run in progress.

    Attributes:
        task: what is trained.
        config: every choice.
        model: compiled.
        folder: of the run; the first host writes it.
        standing: where the run stands.
        board: gets the scores of each epoch; None on other hosts than the first.
        max_minutes: of training in all.
        console: gets one line after each epoch, and shows how far an epoch is.
    """

    task: Task
    config: Config
    model: keras.Model
    folder: Path
    standing: Standing
    board: Board | None
    max_minutes: float | None
    console: Console

    def run(self, lesson: Lesson) -> None:
        """Train the epochs that are left of a phase."""
        standing, phase = self.standing, lesson.phase
        if standing.epoch == phase.first > 0:  # another dataset: its scores cannot be compared with the last one's
            standing.best, standing.stale, standing.hard = -math.inf, 0, {}
            if standing.average is not None:
                self.model.set_weights(standing.average)
        stage, loader = None, None
        while standing.epoch < phase.end and not self._out_of_time() and not self._stale():
            step = standing.epoch * self.config.train.steps
            if stage != (now := phase.stage(self._done(phase, step))) or loader is None:
                stage, loader = now, self._loader(now, lesson.training)
                # TensorFlow would trace the step again for crops of any size, for which it cannot resize.
                self.model.train_function = None  # the next step makes it anew
            loader.weigh({} if now.ships_only else standing.hard)
            host, hosts = this_host()
            batches = loader.batches(step, places_of(host, hosts, now.batch))
            try:
                self.console.report(self._epoch(lesson, batches, now.learning_rate))
            finally:
                batches.close()  # stops its threads
        if self._stale():
            self.console.report(f"no better score for {standing.stale} epochs: stopped")
            standing.epoch = phase.end

    def _loader(self, stage: Stage, training: Sequence[Image]) -> Batches:
        data = replace(self.config.data, crop=stage.crop, batch=stage.batch)
        images = [image for image in training if image.ships or not stage.ships_only]
        return self.task.loader(images, replace(self.config, data=data))

    def _out_of_time(self) -> bool:
        return self.max_minutes is not None and self.standing.minutes >= self.max_minutes

    def _stale(self) -> bool:
        return 0 < self.config.train.patience <= self.standing.stale

    def _done(self, phase: Phase, step: int) -> float:
        """Finished share of the phase, by steps or by minutes, whichever is further."""
        epochs = step / self.config.train.steps - phase.first
        done = epochs / (phase.end - phase.first)
        return done if self.max_minutes is None else max(done, self.standing.minutes / self.max_minutes)

    def _epoch(self, lesson: Lesson, batches: Generator[Batch, None, None], peak: float) -> str:
        """Train one epoch, score it, save everything; returns a line about it."""
        standing, clock = self.standing, _Clock(self.standing.minutes)
        label = f"epoch {standing.epoch + 1}/{self.config.train.epochs}"
        steps = self.console.progress(batches, self.config.train.steps, label)
        losses, waited = self._train(lesson.phase, steps, peak, clock)
        # Score and keep the averaged weights, then go on from the raw ones.
        with self._averaged_weights():
            scores = agreed(self.task.score(self.model, lesson.scored))
            standing.hard |= agreed(self._hard_images(lesson.training))
            standing.epoch += 1
            standing.minutes = clock.minutes()
            kept = self._keep(scores["score"])
        row = self._row(losses, scores)
        if this_host().first:
            # The checkpoint first: an epoch that is not in it will be trained again, and its row replaced.
            save_checkpoint(self.model, self.folder, vars(standing))
            write_history(self.folder, row)
        if self.board is not None:
            self.board.write(standing.epoch, {name: value for name, value in row.items() if name != "epoch"})
        figures = "  ".join(f"{name} {value}" for name, value in row.items() if name not in ("epoch", "score"))
        return f"{label}  {figures}  waited {waited:.1f} s" + ("  *" if kept else "")

    def _train(self, phase: Phase, batches: Iterator[Batch], peak: float, clock: _Clock) -> tuple[list[float], float]:
        """The steps of one epoch, or those for which there is time: their losses, and seconds waited for batches."""
        losses: list[float] = []
        first, waited, asked = self.standing.epoch * self.config.train.steps, 0.0, time.monotonic()
        for images, truth in batches:
            waited += time.monotonic() - asked
            losses.append(self._step(phase, first + len(losses), peak, (images, truth)))
            asked = time.monotonic()
            self.standing.minutes = clock.minutes()
            if self._out_of_time():
                break
        return losses, waited

    def _step(self, phase: Phase, step: int, peak: float, batch: Batch) -> float:
        """One optimizer step; returns the loss."""
        options, standing, of_phase = self.config.train, self.standing, step - phase.first * self.config.train.steps
        self.model.optimizer.learning_rate = learning_rate(peak, options.warmup, of_phase, self._done(phase, step))
        images, truth = batch
        loss = float(np.asarray(self.model.train_on_batch(images, self.task.truth(truth))).reshape(-1)[0])
        if not math.isfinite(loss):
            raise ShipedgeError(f"the loss became {loss} in epoch {standing.epoch + 1}: lower train.learning_rate")
        if options.ema and (step + 1) % _EMA_EVERY == 0:
            standing.updates += 1
            standing.average = update_ema(
                standing.average, self.model.get_weights(), standing.updates, options.ema**_EMA_EVERY
            )
        return loss

    @contextmanager
    def _averaged_weights(self) -> Iterator[None]:
        """The model has the weights that are scored and kept inside, and those it was trained to afterwards."""
        trained, standing = self.model.get_weights(), self.standing
        self.model.set_weights(interpolate(standing.start, standing.average or trained, self.config.train.init_share))
        yield
        self.model.set_weights(trained)

    def _hard_images(self, training: Sequence[Image]) -> dict[str, float]:
        """Weights of the next few images without ships; all have had their turn after some epochs."""
        empty, count = [p for p in training if not p.ships], self.config.train.hard_empty
        first = self.standing.epoch * count % max(len(empty), 1)
        return self.task.hardness(self.model, [*empty[first:], *empty[:first]][:count]) if count and empty else {}

    def _keep(self, score: float) -> bool:
        """Save the weights where the configuration keeps those of this epoch; says whether they were."""
        standing = self.standing
        missing = agreed({"missing": not (self.folder / BEST).exists()})["missing"]
        better = score > standing.best or bool(missing)
        standing.stale = 0 if better else standing.stale + 1
        if better:
            standing.best = score
        if (kept := better or self.config.train.keep == "last") and this_host().first:
            save_weights(self.model, self.folder)
        return kept

    def _row(self, losses: Sequence[float], scores: Mapping[str, float]) -> dict[str, float]:
        """The line of the history."""
        return {
            "epoch": self.standing.epoch,
            "minutes": round(self.standing.minutes, 2),
            "loss": round(float(np.mean(losses)), 5),
            "learning_rate": float(f"{float(np.asarray(self.model.optimizer.learning_rate)):.4g}"),
            **{name: round(value, 4) for name, value in scores.items()},
        }


class _Clock:
    """Minutes that a run has spent, those before included."""

    def __init__(self, before: float) -> None:
        self._before, self._started = before, time.monotonic()

    def minutes(self) -> float:
        return self._before + (time.monotonic() - self._started) / 60
