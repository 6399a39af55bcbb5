"""The files of a run folder, each of which appears whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import platform
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shipedge.atomic import hidden_folder, naming, write_atomic
from shipedge.errors import ConfigError
from shipedge.json_text import loads
from shipedge_train.config import Config, from_dict, to_dict
from shipedge_train.npz import read_arrays
from shipedge_train.splits import Split

CONFIG, HISTORY, CHECKPOINT, BEST = "config.json", "history.csv", "checkpoint.npz", "best.weights.h5"
_WEIGHTS = ("average", "start")  # in the progress of a run


@dataclass(frozen=True)
class Run:
    """What config.json says: which model, how it was trained, and on what.

    `data` has folder, ships_csv_sha256, split and counts of pictures.
    """

    folder: Path
    kind: str
    config: Config
    data: dict[str, Any]
    versions: dict[str, str]


def start(
    folder: Path,
    kind: str,
    config: Config,
    data: str | os.PathLike[str],
    split: Split,
) -> None:
    """Make the run folder and write config.json.

    Raises:
        ConfigError: there is a run already, or the folder cannot be made.
    """
    if (folder / CONFIG).exists():
        raise ConfigError(f"{folder} already holds a run: choose another --out, or go on with it by --resume")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make the run folder {folder}: {error.strerror}") from None
    description = {
        "kind": kind,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "config": to_dict(config),
        "data": {
            "folder": str(Path(data).resolve()),
            "ships_csv_sha256": ships_digest(data),
            "split": split.record,
            "pictures": len(split.training) + len(split.validation),
            "with_ships": sum(bool(p.ships) for side in (split.training, split.validation) for p in side),
            "training": len(split.training),
            "validation": len(split.validation),
        },
        "versions": versions(),
    }
    write_atomic(folder / CONFIG, json.dumps(description, indent=2).encode())


def ships_digest(data: str | os.PathLike[str]) -> str:
    """sha256 of a dataset's ships.csv, which tells datasets apart."""
    return hashlib.sha256((Path(data) / "ships.csv").read_bytes()).hexdigest()


def split_record(run: Run) -> dict[str, Any]:
    """Which split a run was trained with; the first runs did not say, and knew only the split by scene."""
    found: dict[str, Any] = run.data.get("split", {"validation_share": run.config.data.validation_share})
    return found


def check_split(source: Path, record: dict[str, Any], split: Split) -> None:
    """Nothing that a run learned from may be validated on now.

    Args:
        source: the run, or the bundle made from it.
        record: the split that it was trained with.
        split: the split of the same data now.

    Raises:
        ConfigError: the two differ.
    """
    if record != split.record:
        raise ConfigError(
            f"{source} was trained with another split of this data ({_shown(record)}, now {_shown(split.record)}): "
            "it may have learned from pictures that would be validated on"
        )


def _shown(record: dict[str, Any]) -> str:
    return ", ".join(f"{name} {str(value)[:12]}" for name, value in record.items())


def versions() -> dict[str, str]:
    """Versions of what decides the numbers."""
    found = {"python": platform.python_version(), "backend": keras.backend.backend()}
    for package in ("shipedge", "keras", "tensorflow", "tensorflow-cpu", "jax", "torch", "numpy", "opencv-python"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def read_run(folder: str | os.PathLike[str], kind: str | None = None) -> Run:
    """Read config.json of a run folder.

    Raises:
        ConfigError: no run there, its config.json is damaged, or the run is not of this kind of model.
    """
    path = Path(folder) / CONFIG
    try:
        table = loads(path.read_bytes())
        run = Run(Path(folder), table["kind"], from_dict(table["config"], str(path)), table["data"], table["versions"])
    except OSError:
        raise ConfigError(f"{folder} is not a run folder: it has no {CONFIG}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is damaged: {error!r}") from None
    if kind is not None and run.kind != kind:
        raise ConfigError(f"{folder} is a run of the {run.kind}, not of the {kind}")
    return run


def save_weights(model: keras.Model, folder: Path) -> None:
    """Write best.weights.h5, which any backend loads."""
    with naming(folder / BEST), hidden_folder(folder) as hidden:
        model.save_weights(hidden / BEST)
        (hidden / BEST).replace(folder / BEST)


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


def write_history(folder: Path, row: dict[str, float]) -> None:
    """Add one epoch to history.csv; rows of this epoch or later (of a run that went back) are dropped."""
    path = folder / HISTORY
    rows: list[dict[str, Any]] = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            rows = [r for r in csv.DictReader(file) if int(r["epoch"]) < row["epoch"]]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerows([*rows, row])
    write_atomic(path, text.getvalue().encode())
