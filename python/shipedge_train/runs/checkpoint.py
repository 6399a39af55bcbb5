"""Weights of a run on disk: the best ones, and all that a stopped run goes on from. Each file appears whole."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shipedge.errors import ConfigError
from shipedge.files.atomic import hidden_folder, naming, write_atomic
from shipedge.files.json_text import loads
from shipedge_train.runs.folder import BEST, CHECKPOINT, Run
from shipedge_train.runs.npz import read_arrays

_WEIGHTS = ("average", "start")  # in the progress of a run


def save_weights(model: keras.Model, folder: Path) -> None:
    """Write best.weights.h5, which any backend loads."""
    with naming(folder / BEST), hidden_folder(folder) as hidden, _alone():
        model.save_weights(hidden / BEST)
        (hidden / BEST).replace(folder / BEST)


@contextmanager
def _alone() -> Iterator[None]:
    """Variables made inside are this host's: Keras makes some to save, and other hosts do not save."""
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)


def load_best(model: keras.Model, run: Run) -> None:
    """Give a model the best weights of a run.

    Raises:
        ConfigError: no epoch was finished, or the weights are damaged or of another network.
    """
    path = run.folder / BEST
    if not path.is_file():
        raise ConfigError(f"{run.folder} has no {BEST}: no epoch was finished")
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{path} is damaged or of another network: {str(error).splitlines()[0]}") from None


def save_checkpoint(model: keras.Model, folder: Path, progress: dict[str, Any]) -> None:
    """Write weights, optimizer state and progress as one file."""
    arrays: dict[str, Any] = {f"model_{i}": w for i, w in enumerate(model.get_weights())}
    arrays |= {f"optimizer_{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(model.optimizer.variables)}
    for name in _WEIGHTS:
        arrays |= {f"{name}_{i}": w for i, w in enumerate(progress[name] or [])}
    arrays["progress"] = json.dumps({k: v for k, v in progress.items() if k not in _WEIGHTS})
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomic(folder / CHECKPOINT, buffer.getvalue())


def load_checkpoint(model: keras.Model, folder: Path) -> dict[str, Any]:
    """Put weights and optimizer state back; returns the progress given to `save_checkpoint`.

    Raises:
        ConfigError: no checkpoint yet, or it is damaged or of another model.
    """
    path = folder / CHECKPOINT
    try:
        arrays = read_arrays(path.read_bytes())
        model.set_weights(_numbered(arrays, "model_"))
        for variable, value in zip(model.optimizer.variables, _numbered(arrays, "optimizer_"), strict=True):
            variable.assign(value)
        progress: dict[str, Any] = dict(loads(str(arrays["progress"])))
    except FileNotFoundError:
        raise ConfigError(f"nothing to resume in {folder}: no epoch was finished, start without --resume") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is damaged or belongs to another model: {error}") from None
    return progress | {name: _numbered(arrays, f"{name}_") or None for name in _WEIGHTS}


def _numbered(arrays: dict[str, Any], prefix: str) -> list[Any]:
    count = sum(name.startswith(prefix) for name in arrays)
    return [arrays[f"{prefix}{i}"] for i in range(count)]
