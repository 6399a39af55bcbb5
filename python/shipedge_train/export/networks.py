"""Trained networks, of a run or of a bundle, and the images around them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras

from shipedge.bundle import Bundle
from shipedge.errors import ConfigError
from shipedge_train.config import Config, from_dict
from shipedge_train.dataset import read_dataset
from shipedge_train.dataset.splits import Split, split_images
from shipedge_train.runs.bundle_weights import learned_from, load_weights
from shipedge_train.runs.checkpoint import load_best
from shipedge_train.runs.folder import BEST, Run, check_split, ships_digest, split_record
from shipedge_train.tasks import Task, build, task_named

Source = str | os.PathLike[str]

HALF = 0.5
"""Share of a dataset that is held back where its networks learned from another one: nothing is trained on the rest."""


@dataclass(frozen=True)
class Network:
    """A trained network and the images around it.

    Attributes:
        task: what was trained.
        source: the run or bundle it comes from.
        weights: its file there.
        config: how it is built.
        load: gives a network that was built so its weights.
        split: images to calibrate on, and images it has not learned from.
        digest: which dataset these are of, see `ships_digest`.
        data: what the manifest says of the data it learned from.
    """

    task: Task
    source: Path
    weights: Path
    config: Config
    load: Callable[[keras.Model], None]
    split: Split
    digest: str
    data: dict[str, Any]

    def whole(self, size: int | None = None) -> keras.Model:
        """The network in float32 with its weights."""
        network = build(self.task, self.config, size)
        self.load(network)
        return network


def of_run(run: Run, data: Source | None = None) -> Network:
    """The network of a run, with the very split it was trained with.

    Args:
        run: it.
        data: its dataset, where that has moved.
    """
    folder = data or run.data["folder"]
    split = split_images(folder, read_dataset(folder), run.config.data)
    check_split(run.folder, split_record(run), split)
    learned = {key: value for key, value in run.data.items() if key != "folder"} | {"split": split_record(run)}
    load = partial(load_best, run=run)
    digest = ships_digest(folder)
    return Network(task_named(run.task), run.folder, run.folder / BEST, run.config, load, split, digest, learned)


def of_bundle(place: Path, bundle: Bundle, model: str, data: Source | None) -> Network:
    """The network behind a model of a bundle.

    Args:
        place: the bundle's folder.
        bundle: the same, read.
        model: its name.
        data: images to calibrate on; half of them are held back, or those that were in training.

    Raises:
        ConfigError: no weights, no word of how they are built, no data, or data that it learned from split otherwise.
    """
    weights = bundle.manifest["models"][model].get("weights")
    if not isinstance(weights, dict) or "model" not in weights:
        raise ConfigError(
            f"{place / 'manifest.json'}: models.{model}.weights does not say how its network is built: convert its runs"
        )
    if data is None:
        raise ConfigError(f"the networks of {place} are converted again: --data says on which images to calibrate")
    images = read_dataset(data)
    learned = learned_from(bundle.manifest, model)
    digest = ships_digest(data)
    record = learned.get("split", {}) if learned.get("ships_csv_sha256") == digest else {}
    sides = {"fold": record.get("fold", 0), "validation_share": record.get("validation_share", HALF)}
    config = from_dict({"model": weights["model"], "data": sides}, str(place / "manifest.json"))
    split = split_images(data, images, config.data)
    if record:
        check_split(place, record, split)
    load = partial(load_weights, place, bundle.manifest, model)
    file = place / str(weights.get("file"))
    task = task_named(str(weights.get("network", model)))
    return Network(task, place, file, config, load, split, digest, learned)
