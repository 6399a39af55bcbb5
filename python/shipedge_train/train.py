"""One training run: a folder that holds its configuration, history, checkpoint and best weights.

The loop is plain: batches in, `train_on_batch`, score after each epoch, save. It runs on whatever KERAS_BACKEND says.
The weights that are scored and kept are a running average of the trained ones. A run killed at any moment goes on
with `resume` from its last epoch, and sees the very batches it would have seen.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ConfigError, ShipedgeError
from shipedge_train import runs
from shipedge_train.config import Config
from shipedge_train.dataset import Picture, pick_evenly, read_dataset
from shipedge_train.loader import Batch, Loader, presence_grid, whole_pictures
from shipedge_train.losses import LOSSES
from shipedge_train.metrics import score_detector, score_segmenter
from shipedge_train.models import MODELS
from shipedge_train.splits import Split, split_pictures

_AVERAGE_EVERY = 4  # steps between two updates of the averaged weights: copying them costs a few milliseconds

Weights = list[NDArray[Any]]
Report = Callable[[str], None]
Batches = Generator[Batch, None, None]
Steps = Callable[[Batches, int, str], Iterator[Batch]]


@dataclass
class Progress:
    """Where a run stands: epochs done, minutes spent, best score so far, averaged weights and how often updated."""

    epoch: int = 0
    minutes: float = 0.0
    best: float = -math.inf
    average: Weights | None = None
    updates: int = 0


def build(kind: str, config: Config, size: int | None = None) -> keras.Model:
    """The network of a configuration, within its parameter budget.

    Raises:
        ConfigError: it has more parameters than the budget allows.
    """
    widths = {"widths": config.model.widths} if config.model.widths else {}
    model = MODELS[kind](size, **widths)
    count, budget = model.count_params(), config.model.max_parameters
    if count > budget:
        raise ConfigError(
            f"this {kind} has {count:,} parameters, over the budget of {budget:,}: "
            "make model.widths smaller or raise model.max_parameters"
        )
    return model


def train(
    kind: str,
    data: str | os.PathLike[str],
    config: Config,
    out: str | os.PathLike[str],
    *,
    resume: bool = False,
    init: str | os.PathLike[str] | None = None,
    max_minutes: float | None = None,
    report: Report = print,
    steps: Steps | None = None,
) -> Path:
    """Train one model and return its run folder.

    Args:
        kind: "detector" or "segmenter".
        data: dataset folder.
        config: every choice.
        out: the run folder, made where absent.
        resume: go on from the checkpoint in `out`.
        init: another run folder, whose best weights a new run starts from.
        max_minutes: stop after so many minutes of training in all; the learning rate then falls to zero by that time.
        report: called with one line after each epoch.
        steps: wraps an epoch's batches (batches, count, label), for a progress bar.

    Raises:
        ConfigError, DatasetError: bad configuration or data, before any training where possible.
        ShipedgeError: the loss is no longer a finite number.
    """
    folder = Path(out)
    if config.train.loss not in LOSSES:
        raise ConfigError(f"train.loss is {config.train.loss!r}; known are {', '.join(LOSSES)}")
    keras.utils.set_random_seed(config.train.seed)
    model = build(kind, config)
    pictures = read_dataset(data)
    split = split_pictures(data, pictures, config.data)
    scored = pick_evenly(split.validation, config.data.validation_pictures)
    model.compile(
        keras.optimizers.AdamW(
            config.train.learning_rate, weight_decay=config.train.weight_decay, clipnorm=config.train.clip_norm
        ),
        LOSSES[config.train.loss],
        # XLA is 15 times slower on depthwise convolutions of the CPU; JAX cannot do without it.
        jit_compile=keras.backend.backend() == "jax",
    )
    model.optimizer.build(model.trainable_variables)
    progress = Progress()
    if resume:
        progress = _restore(model, folder, kind, config, split)
    else:
        if init is not None:
            first = runs.read_run(init, kind)
            if first.data["ships_csv_sha256"] == runs.ships_digest(data):
                runs.check_split(first, split)  # another dataset has no picture that could leak
            runs.load_best(model, first)
        runs.start(folder, kind, config, data, pictures, split)
    report(
        f"{kind}: {model.count_params():,} parameters, {len(split.training)} pictures to learn from, "
        f"{len(scored)} of {len(split.validation)} to score, {keras.backend.backend()}"
    )
    job = _Job(kind, config, model, folder, scored, progress, max_minutes)
    batches = Loader(split.training, kind, config.data, config.augment, config.train.seed).batches(
        progress.epoch * config.train.steps
    )
    try:
        while progress.epoch < config.train.epochs and not job.out_of_time():
            report(job.epoch(batches, steps or _take))
    finally:
        batches.close()  # stops its threads
    return folder


@dataclass
class _Job:
    """What every epoch of one run needs."""

    kind: str
    config: Config
    model: keras.Model
    folder: Path
    scored: list[Picture]
    progress: Progress
    max_minutes: float | None

    def out_of_time(self) -> bool:
        return self.max_minutes is not None and self.progress.minutes >= self.max_minutes

    def epoch(self, batches: Batches, steps: Steps) -> str:
        """Train one epoch, score it, save everything; returns a line about it."""
        progress, started, before = self.progress, time.monotonic(), self.progress.minutes
        label = f"epoch {progress.epoch + 1}/{self.config.train.epochs}"
        losses: list[float] = []
        waited, asked = 0.0, time.monotonic()
        for images, truth in steps(batches, self.config.train.steps, label):
            waited += time.monotonic() - asked
            losses.append(self._step(len(losses), images, truth))
            asked = time.monotonic()
            progress.minutes = before + (asked - started) / 60
            if self.out_of_time():
                break
        trained = self.model.get_weights()
        if progress.average is not None:
            self.model.set_weights(progress.average)
        scores = evaluate(self.model, self.kind, self.scored)
        progress.epoch += 1
        progress.minutes = before + (time.monotonic() - started) / 60
        row = {"epoch": progress.epoch, "minutes": round(progress.minutes, 2), "loss": round(float(np.mean(losses)), 5)}
        row |= {name: round(value, 4) for name, value in scores.items()}
        better = scores["score"] > progress.best or not (self.folder / runs.BEST).exists()
        if better:
            progress.best = scores["score"]
            runs.save_weights(self.model, self.folder)
        self.model.set_weights(trained)
        runs.save_checkpoint(self.model, self.folder, vars(progress))
        runs.write_history(self.folder, row)
        shown = "  ".join(f"{name} {value}" for name, value in row.items() if name not in ("epoch", "score"))
        return f"{label}  {shown}  waited {waited:.1f} s" + ("  *" if better else "")

    def _step(self, number: int, images: NDArray[np.uint8], truth: NDArray[np.float32]) -> float:
        """One optimizer step; returns the loss."""
        options, step = self.config.train, self.progress.epoch * self.config.train.steps + number
        done = step / (options.epochs * options.steps)
        if self.max_minutes is not None:
            done = max(done, self.progress.minutes / self.max_minutes)
        self.model.optimizer.learning_rate = learning_rate(self.config, step, done)
        loss = float(np.asarray(self.model.train_on_batch(images, truth)).reshape(-1)[0])
        if not math.isfinite(loss):
            raise ShipedgeError(f"the loss became {loss} in epoch {self.progress.epoch + 1}: lower train.learning_rate")
        if options.ema and (step + 1) % _AVERAGE_EVERY == 0:
            _average(self.progress, self.model, options.ema**_AVERAGE_EVERY)
        return loss


def learning_rate(config: Config, step: int, done: float) -> float:
    """Linear warm-up, then a cosine from the peak to 1 % of it; `done` is the finished share of the run, 0..1."""
    warm = min(1.0, (step + 1) / max(config.train.warmup, 1))
    cosine = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
    return config.train.learning_rate * warm * cosine


def evaluate(model: keras.Model, kind: str, pictures: list[Picture]) -> dict[str, float]:
    """Score whole pictures; see `metrics.score_detector` and `metrics.score_segmenter`."""
    predictions: list[NDArray[np.floating]] = []
    masks: list[NDArray[np.uint8]] = []
    for images, truth in whole_pictures(pictures):
        found = np.asarray(model.predict_on_batch(images))[..., 0]
        # Half a gigabyte per hundred pictures in float32; a thousandth is fine enough to score.
        predictions += list(found if kind == "detector" else found.astype(np.float16))
        masks += list(truth)
    if kind == "detector":
        return score_detector(predictions, [presence_grid(m) for m in masks])
    return score_segmenter(predictions, masks)


def _average(progress: Progress, model: keras.Model, decay: float) -> None:
    """Move the averaged weights towards the current ones; faster at the start, when there is little to remember."""
    weights = model.get_weights()
    progress.updates += 1
    decay = min(decay, progress.updates / (progress.updates + 9))
    if progress.average is None:
        progress.average = [w.copy() for w in weights]
    for mean, weight in zip(progress.average, weights, strict=True):
        mean += (1 - decay) * (weight - mean)


def _restore(model: keras.Model, folder: Path, kind: str, config: Config, split: Split) -> Progress:
    """Put model and optimizer back to the end of the last finished epoch."""
    run = runs.read_run(folder, kind)
    if run.config != config:
        raise ConfigError(f"{folder} was started with another configuration; its own is in {folder / runs.CONFIG}")
    runs.check_split(run, split)
    return Progress(**runs.load_checkpoint(model, folder))


def _take(batches: Batches, count: int, _label: str) -> Iterator[Batch]:
    for _ in range(count):
        yield next(batches)
