"""The weights that a new run starts from."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shipedge.bundle.reading import read_manifest
from shipedge.errors import ConfigError
from shipedge_train.networks import imagenet
from shipedge_train.runs.bundle_weights import MANIFEST, learned_from, load_weights, weights_entry
from shipedge_train.runs.checkpoint import load_best
from shipedge_train.runs.folder import check_split, read_run, ships_digest, split_record
from shipedge_train.runs.start import Setup
from shipedge_train.tasks import build, task_named

Source = str | os.PathLike[str]


@dataclass(frozen=True)
class _Donor:
    """Trained weights: of which task, what they learned from, and how a network gets them."""

    task: str
    learned: dict[str, Any]
    load: Callable[[keras.Model], None]


def load_average(model: keras.Model, sources: Sequence[Source], setup: Setup) -> None:
    """Give a model the mean of the weights of several sources, which should have a start in common.

    Runs that went different ways from one point lie in one valley, and its middle is better than its slopes (model
    soups: Wortsman et al., ICML 2022).

    Args:
        model: a network of the new run's task.
        sources: at least one, see `load_initial`.
        setup: the new run.

    Raises:
        ConfigError: as `load_initial`.
    """
    given = []
    for source in sources:
        load_initial(model, source, setup)
        given.append(model.get_weights())
    model.set_weights([np.mean(alike, axis=0) for alike in zip(*given, strict=True)])


def load_initial(model: keras.Model, source: Source, setup: Setup) -> None:
    """Give a model the weights that a new run starts from, layer by layer; layers that the source lacks stay.

    Args:
        model: a network of the new run's task.
        source: a run folder (its best weights), a bundle that carries weights, or "imagenet" (see `imagenet`).
        setup: the new run.

    Raises:
        BundleError: a damaged bundle.
        ConfigError: none of these, damaged, of a task whose weights do not fit, or trained with another split of the
            same data.
    """
    if str(source) == imagenet.NAME:
        imagenet.load_imagenet(model)
        return
    folder = Path(source)
    donor = _of_bundle(folder, setup) if (folder / MANIFEST).is_file() else _of_run(folder)
    if donor.task not in setup.task.starts_from:
        raise ConfigError(f"{source} holds the {donor.task}, not the {setup.task.name}")
    if donor.learned.get("ships_csv_sha256") == ships_digest(setup.data):  # others have no image that could leak
        check_split(folder, donor.learned.get("split", {}), setup.split)
    # Not `model` itself: it has an optimizer, to which Keras would give the state that the run's own ended in.
    trained = build(task_named(donor.task), setup.config)
    donor.load(trained)
    given = {layer.name: layer.get_weights() for layer in trained.layers}
    for layer in model.layers:
        if layer.name in given:
            layer.set_weights(given[layer.name])


def _of_run(folder: Path) -> _Donor:
    run = read_run(folder)
    return _Donor(run.task, run.data | {"split": split_record(run)}, partial(load_best, run=run))


def _of_bundle(folder: Path, setup: Setup) -> _Donor:
    model = setup.task.models[-1]
    manifest = read_manifest(folder)
    entry = weights_entry(manifest, model)
    if entry is None:
        raise ConfigError(f"the bundle {folder} carries no weights of the {model} to start from")
    task = str(entry.get("network", model))
    return _Donor(task, learned_from(manifest, model), partial(load_weights, folder, manifest, model))
