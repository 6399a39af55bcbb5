"""How a run folder begins: config.json."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

import keras

from shipedge.errors import ConfigError
from shipedge.files.atomic import write_atomic
from shipedge_train.config import Config, to_dict
from shipedge_train.dataset.splits import Split
from shipedge_train.runs.folder import CONFIG, ships_digest
from shipedge_train.tasks import Task


@dataclass(frozen=True)
class Setup:
    """What is trained, how and on what.

    Attributes:
        task: what is trained.
        config: every choice.
        data: the dataset folder; of several the last.
        split: its sides.
    """

    task: Task
    config: Config
    data: Path
    split: Split


def start(folder: Path, setup: Setup) -> None:
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
    split = setup.split
    description = {
        "kind": setup.task.name,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "config": to_dict(setup.config),
        "data": {
            "folder": str(setup.data.resolve()),
            "ships_csv_sha256": ships_digest(setup.data),
            "split": split.record,
            "images": len(split.training) + len(split.validation),
            "with_ships": sum(bool(p.ships) for side in (split.training, split.validation) for p in side),
            "training": len(split.training),
            "validation": len(split.validation),
        },
        "versions": versions(),
    }
    write_atomic(folder / CONFIG, json.dumps(description, indent=2).encode())


def versions() -> dict[str, str]:
    """Versions of what decides the numbers."""
    found = {"python": platform.python_version(), "backend": keras.backend.backend()}
    for package in ("shipedge", "keras", "tensorflow", "tensorflow-cpu", "jax", "torch", "numpy", "opencv-python"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
