"""One training run: a folder that holds its configuration, history, checkpoint and best weights.

It runs on whatever KERAS_BACKEND says, with JAX on several devices and hosts. A run killed at any moment goes on with
`resume` from its last epoch, and sees the very batches it would have seen, on any number of devices.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import keras

from shipedge.errors import ConfigError
from shipedge_train.config import Config
from shipedge_train.dataset import pick_evenly, read_dataset
from shipedge_train.dataset.splits import split_images
from shipedge_train.progress import CONSOLE, Console
from shipedge_train.runs.checkpoint import load_checkpoint
from shipedge_train.runs.folder import CONFIG, check_split, read_run, split_record
from shipedge_train.runs.initial import load_average
from shipedge_train.runs.start import Setup, start
from shipedge_train.tasks import task_named
from shipedge_train.training.devices import first_device, resolved, suited_batch, use_all_devices
from shipedge_train.training.hosts import check_alike, join_hosts, this_host
from shipedge_train.training.loop import Lesson, Loop, Standing
from shipedge_train.training.model import build_trainable
from shipedge_train.training.schedule import phases
from shipedge_train.training.tensorboard import Board


def train(
    task: str,
    data: str | os.PathLike[str],
    config: Config,
    out: str | os.PathLike[str],
    *,
    resume: bool = False,
    init: Sequence[str | os.PathLike[str]] = (),
    max_minutes: float | None = None,
    console: Console = CONSOLE,
) -> Path:
    """Train one model and return its run folder.

    Args:
        task: "detector", "segmenter", "cascade" for both with one encoder, or "refiner".
        data: dataset folder.
        config: every choice.
        out: the run folder, made where absent.
        resume: go on from the checkpoint in `out`.
        init: run folders, or bundles with weights: a new run starts from their mean; or "imagenet".
        max_minutes: stop after so many minutes of training in all; the learning rate then falls to zero by that time.
        console: gets one line after each epoch, and shows how far an epoch is.

    Raises:
        ConfigError, DatasetError: bad configuration or data, before any training where possible.
        ShipedgeError: the loss is no longer a finite number.
    """
    if config.train.init_share and not init and not resume:
        raise ConfigError(
            "train.init_share keeps weights that a run starts from: give some with --init, or set it to 0"
        )
    join_hosts()
    if not this_host().first:
        console = Console(_say_nothing)
    folder, chosen = Path(out), task_named(task)
    if not config.data.batch:  # decided once: resumed on other devices, a run still has the same batches
        batch = read_run(folder, task).config.data.batch if resume else suited_batch()
        config = replace(config, data=replace(config.data, batch=batch))
    plan = phases(config, Path(data), max_minutes)
    if max_minutes is not None and this_host().hosts > 1:
        raise ConfigError("a time budget is measured on one host and not on several: use train.epochs")
    keras.utils.set_random_seed(config.train.seed)
    use_all_devices([stage.batch for phase in plan for stage in phase.stages], console.report)
    model = build_trainable(chosen, config)
    splits = [split_images(phase.data, read_dataset(phase.data), config.data) for phase in plan]
    setup = Setup(chosen, config, plan[-1].data, splits[-1])
    images = (image for split in splits for side in (split.training, split.validation) for image in side)
    check_alike(chain([task, config], ((image.path.name, image.ships) for image in images)))
    if resume:
        standing = _restore(model, folder, setup)
    else:
        standing = Standing()
        if init:
            load_average(model, init, setup)
            standing.start = model.get_weights() if config.train.init_share else None
        if this_host().first:
            start(folder, setup)
    where = f"{keras.backend.backend()} on {first_device().name}"
    console.report(f"{task}: {model.count_params():,} parameters, {where}, {resolved(config.train.precision)}")
    board = Board(folder, standing.epoch) if this_host().first else None
    loop = Loop(chosen, config, model, folder, standing, board, max_minutes, console)
    try:
        for phase, split in zip(plan, splits, strict=True):
            if standing.epoch >= phase.end:
                continue
            scored = pick_evenly(split.validation, config.data.validation_images)
            console.report(
                f"{phase.data}: {len(split.training)} images to learn from, "
                f"{len(scored)} of {len(split.validation)} to score"
            )
            loop.run(Lesson(phase, split.training, scored))
    finally:
        if board is not None:
            board.close()
    return folder


def _say_nothing(line: str) -> None:
    """The first host reports for all."""


def _restore(model: keras.Model, folder: Path, setup: Setup) -> Standing:
    """Put model and optimizer back to the end of the last finished epoch."""
    run = read_run(folder, setup.task.name)
    if run.config != setup.config:
        raise ConfigError(f"{folder} was started with another configuration; its own is in {folder / CONFIG}")
    check_split(folder, split_record(run), setup.split)
    return Standing(**load_checkpoint(model, folder))
