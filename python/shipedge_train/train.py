"""One training run: a folder that holds its configuration, history, checkpoint and best weights.

The loop is plain: batches in, `train_on_batch`, score after each epoch, save. It runs on whatever KERAS_BACKEND says.
The weights that are scored and kept are a running average of the trained ones. A run killed at any moment goes on
with `resume` from its last epoch, and sees the very batches it would have seen.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ConfigError, ShipedgeError
from shipedge_train import runs
from shipedge_train.averages import Weights, between, follow
from shipedge_train.board import Board
from shipedge_train.config import Config
from shipedge_train.dataset import Picture, pick_evenly, read_dataset
from shipedge_train.devices import precision, use_all_devices
from shipedge_train.loader import Batch, loader_of
from shipedge_train.models import MODELS
from shipedge_train.objective import losses_of, truth_of
from shipedge_train.schedule import Phase, learning_rate, phases
from shipedge_train.scoring import evaluate, hardness
from shipedge_train.splits import Split, split_pictures
from shipedge_train.weights import load_mean

_AVERAGE_EVERY = 4  # steps between two updates of the averaged weights: copying them costs a few milliseconds

Report = Callable[[str], None]
Batches = Generator[Batch, None, None]
Steps = Callable[[Batches, int, str], Iterator[Batch]]


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        epoch: epochs done.
        minutes: spent so far.
        best: best score of this phase, and `stale` the epochs since then.
        hard: weight of each picture without ships that was looked at, by file name.
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


def build(kind: str, config: Config, size: int | None = None) -> keras.Model:
    """The network of a configuration, within its parameter budget.

    Raises:
        ConfigError: it has more parameters than the budget allows, or there is no such network.
    """
    options: dict[str, Any] = {"widths": config.model.widths} if config.model.widths else {}
    if kind in ("segmenter", "cascade"):
        options["encoder"] = config.model.encoder
    elif config.model.encoder != "slim":
        raise ConfigError(f"a {kind} of its own has no {config.model.encoder}: train a cascade")
    model = MODELS[kind](size, **options)
    count, budget = model.count_params(), config.model.max_parameters
    if count > budget:
        raise ConfigError(
            f"this {kind} has {count:,} parameters, over the budget of {budget:,}: "
            "make model.widths smaller or raise model.max_parameters"
        )
    return model


def build_trainable(kind: str, config: Config) -> keras.Model:
    """The same with its loss and its optimizer, in the configuration's precision.

    Raises:
        ConfigError: unknown loss, or too many parameters.
    """
    losses = losses_of(kind, config.train)
    with precision(config.train.precision):
        model = build(kind, config)
    model.compile(
        keras.optimizers.AdamW(
            config.train.learning_rate, weight_decay=config.train.weight_decay, clipnorm=config.train.clip_norm
        ),
        **losses,
        # XLA is 15 times slower on depthwise convolutions of the CPU; JAX cannot do without it.
        jit_compile=keras.backend.backend() == "jax",
    )
    model.optimizer.build(model.trainable_variables)
    return model


def train(
    kind: str,
    data: str | os.PathLike[str],
    config: Config,
    out: str | os.PathLike[str],
    *,
    resume: bool = False,
    init: Sequence[str | os.PathLike[str]] = (),
    max_minutes: float | None = None,
    report: Report = print,
    steps: Steps | None = None,
) -> Path:
    """Train one model and return its run folder.

    Args:
        kind: "detector", "segmenter", "cascade" for both with one encoder, or "refiner".
        data: dataset folder.
        config: every choice.
        out: the run folder, made where absent.
        resume: go on from the checkpoint in `out`.
        init: run folders, or bundles with weights: a new run starts from their mean; or "imagenet".
        max_minutes: stop after so many minutes of training in all; the learning rate then falls to zero by that time.
        report: called with one line after each epoch.
        steps: wraps an epoch's batches (batches, count, label), for a progress bar.

    Raises:
        ConfigError, DatasetError: bad configuration or data, before any training where possible.
        ShipedgeError: the loss is no longer a finite number.
    """
    if config.train.init_share and not init and not resume:
        raise ConfigError(
            "train.init_share keeps weights that a run starts from: give some with --init, or set it to 0"
        )
    folder = Path(out)
    plan = phases(config, Path(data), max_minutes)
    keras.utils.set_random_seed(config.train.seed)
    use_all_devices([stage.batch for phase in plan for stage in phase.stages], report)
    model = build_trainable(kind, config)
    splits = [split_pictures(phase.data, read_dataset(phase.data), config.data) for phase in plan]
    progress = Progress()
    if resume:
        progress = _restore(model, folder, kind, config, splits[-1])
    else:
        if init:
            load_mean(model, init, kind, plan[-1].data, splits[-1], lambda other: build(other, config))
            progress.start = model.get_weights() if config.train.init_share else None
        runs.start(folder, kind, config, plan[-1].data, splits[-1])
    report(f"{kind}: {model.count_params():,} parameters, {keras.backend.backend()}, {config.train.precision}")
    board = Board(folder, progress.epoch)
    try:
        for phase, split in zip(plan, splits, strict=True):
            if progress.epoch >= phase.end:
                continue
            scored = pick_evenly(split.validation, config.data.validation_pictures)
            report(
                f"{phase.data}: {len(split.training)} pictures to learn from, "
                f"{len(scored)} of {len(split.validation)} to score"
            )
            _Job(kind, config, model, folder, phase, split.training, scored, progress, max_minutes, board).run(
                report, steps or _take
            )
    finally:
        board.close()
    return folder


@dataclass
class _Job:
    """What every epoch of one phase needs."""

    kind: str
    config: Config
    model: keras.Model
    folder: Path
    phase: Phase
    training: list[Picture]
    scored: list[Picture]
    progress: Progress
    max_minutes: float | None
    board: Board

    def run(self, report: Report, steps: Steps) -> None:
        """Train the epochs that are left of the phase."""
        progress = self.progress
        if progress.epoch == self.phase.first > 0:  # another dataset: its scores cannot be compared with the last one's
            progress.best, progress.stale, progress.hard = -math.inf, 0, {}
            if progress.average is not None:
                self.model.set_weights(progress.average)
        stage, loader = None, None
        while progress.epoch < self.phase.end and not self._out_of_time() and not self._stale():
            step = progress.epoch * self.config.train.steps
            if stage != (now := self.phase.stage(self._done(step))) or loader is None:
                data = replace(self.config.data, crop=now.crop, batch=now.batch)
                make, seed = loader_of(self.kind), self.config.train.seed
                loader = make(self.training, self.kind, data, self.config.augment, seed)
                stage = now
                # TensorFlow would trace the step again for crops of any size, for which it cannot resize.
                self.model.make_train_function(force=True)
            loader.weigh(progress.hard)
            batches = loader.batches(step)
            try:
                report(self._epoch(batches, steps, now.learning_rate))
            finally:
                batches.close()  # stops its threads
        if self._stale():
            report(f"no better score for {progress.stale} epochs: stopped")
            progress.epoch = self.phase.end

    def _out_of_time(self) -> bool:
        return self.max_minutes is not None and self.progress.minutes >= self.max_minutes

    def _stale(self) -> bool:
        return 0 < self.config.train.patience <= self.progress.stale

    def _done(self, step: int) -> float:
        """Finished share of the phase, by steps or by minutes, whichever is further."""
        epochs = step / self.config.train.steps - self.phase.first
        done = epochs / (self.phase.end - self.phase.first)
        return done if self.max_minutes is None else max(done, self.progress.minutes / self.max_minutes)

    def _epoch(self, batches: Batches, steps: Steps, peak: float) -> str:
        """Train one epoch, score it, save everything; returns a line about it."""
        progress, started, before = self.progress, time.monotonic(), self.progress.minutes
        label = f"epoch {progress.epoch + 1}/{self.config.train.epochs}"
        losses: list[float] = []
        waited, asked = 0.0, time.monotonic()
        for images, truth in steps(batches, self.config.train.steps, label):
            waited += time.monotonic() - asked
            losses.append(self._step(progress.epoch * self.config.train.steps + len(losses), peak, images, truth))
            asked = time.monotonic()
            progress.minutes = before + (asked - started) / 60
            if self._out_of_time():
                break
        trained = self.model.get_weights()
        self.model.set_weights(between(progress.start, progress.average or trained, self.config.train.init_share))
        scores = evaluate(self.model, self.kind, self.scored)
        progress.hard |= self._hard_pictures()
        progress.epoch += 1
        progress.minutes = before + (time.monotonic() - started) / 60
        row = {"epoch": progress.epoch, "minutes": round(progress.minutes, 2), "loss": round(float(np.mean(losses)), 5)}
        row["learning_rate"] = float(f"{float(np.asarray(self.model.optimizer.learning_rate)):.4g}")
        row |= {name: round(value, 4) for name, value in scores.items()}
        better = scores["score"] > progress.best or not (self.folder / runs.BEST).exists()
        kept = better or self.config.train.keep == "last"
        progress.stale = 0 if better else progress.stale + 1
        if better:
            progress.best = scores["score"]
        if kept:
            runs.save_weights(self.model, self.folder)
        self.model.set_weights(trained)
        runs.save_checkpoint(self.model, self.folder, vars(progress))
        runs.write_history(self.folder, row)
        self.board.write(progress.epoch, {name: value for name, value in row.items() if name != "epoch"})
        shown = "  ".join(f"{name} {value}" for name, value in row.items() if name not in ("epoch", "score"))
        return f"{label}  {shown}  waited {waited:.1f} s" + ("  *" if kept else "")

    def _hard_pictures(self) -> dict[str, float]:
        """Weights of the next few pictures without ships; all have had their turn after some epochs."""
        empty, count = [p for p in self.training if not p.ships], self.config.train.hard_empty
        first = self.progress.epoch * count % max(len(empty), 1)
        return hardness(self.model, self.kind, [*empty[first:], *empty[:first]][:count]) if count and empty else {}

    def _step(self, step: int, peak: float, images: NDArray[np.uint8], truth: NDArray[np.float32]) -> float:
        """One optimizer step; returns the loss."""
        options, of_phase = self.config.train, step - self.phase.first * self.config.train.steps
        self.model.optimizer.learning_rate = learning_rate(peak, options.warmup, of_phase, self._done(step))
        loss = float(np.asarray(self.model.train_on_batch(images, truth_of(self.kind, truth))).reshape(-1)[0])
        if not math.isfinite(loss):
            raise ShipedgeError(f"the loss became {loss} in epoch {self.progress.epoch + 1}: lower train.learning_rate")
        if options.ema and (step + 1) % _AVERAGE_EVERY == 0:
            self.progress.updates += 1
            self.progress.average = follow(
                self.progress.average, self.model.get_weights(), self.progress.updates, options.ema**_AVERAGE_EVERY
            )
        return loss


def _restore(model: keras.Model, folder: Path, kind: str, config: Config, split: Split) -> Progress:
    """Put model and optimizer back to the end of the last finished epoch."""
    run = runs.read_run(folder, kind)
    if run.config != config:
        raise ConfigError(f"{folder} was started with another configuration; its own is in {folder / runs.CONFIG}")
    runs.check_split(folder, runs.split_record(run), split)
    return Progress(**runs.load_checkpoint(model, folder))


def _take(batches: Batches, count: int, _label: str) -> Iterator[Batch]:
    for _ in range(count):
        yield next(batches)
