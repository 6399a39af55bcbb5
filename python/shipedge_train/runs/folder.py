"""A run folder: which run it is, and what it was trained on. Needs no Keras."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shipedge.errors import ConfigError
from shipedge.files.json_text import loads
from shipedge_train.config import Config, from_dict
from shipedge_train.dataset import find_layout
from shipedge_train.dataset.splits import Split

CONFIG, HISTORY, CHECKPOINT, BEST = "config.json", "history.csv", "checkpoint.npz", "best.weights.h5"


@dataclass(frozen=True)
class Run:
    """What config.json says: which task, how it was trained, and on what.

    `data` has folder, ships_csv_sha256, split and counts of images.
    """

    folder: Path
    task: str
    config: Config
    data: dict[str, Any]
    versions: dict[str, str]


def read_run(folder: str | os.PathLike[str], task: str | None = None) -> Run:
    """Read config.json of a run folder.

    Raises:
        ConfigError: no run there, its config.json is damaged, or it is the run of another task.
    """
    path = Path(folder) / CONFIG
    table = read_table(folder)
    try:
        run = Run(Path(folder), table["kind"], from_dict(table["config"], str(path)), table["data"], table["versions"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is damaged: {error!r}") from None
    if task is not None and run.task != task:
        raise ConfigError(f"{folder} is a run of the {run.task}, not of the {task}")
    return run


def read_table(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Read config.json of a run folder as it is, whatever version has written it.

    Raises:
        ConfigError: no run there, or it is not JSON.
    """
    path = Path(folder) / CONFIG
    try:
        table = loads(path.read_bytes())
    except OSError:
        raise ConfigError(f"{folder} is not a run folder: it has no {CONFIG}") from None
    except ValueError as error:
        raise ConfigError(f"{path} is damaged: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path} is damaged: it is nested too deeply") from None
    if not isinstance(table, dict):
        raise ConfigError(f"{path} is damaged: it holds {type(table).__name__}, expected an object")
    return table


def ships_digest(data: str | os.PathLike[str]) -> str:
    """sha256 of a dataset's CSV of ships, which tells datasets apart."""
    return hashlib.sha256(find_layout(data).ships.read_bytes()).hexdigest()


def split_record(run: Run) -> dict[str, Any]:
    """Which split a run was trained with; the first runs did not say, and knew only the split by scene."""
    record: dict[str, Any] = run.data.get("split", {"validation_share": run.config.data.validation_share})
    return record


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
            f"{source} was trained with another split of this data ({_text(record)}, now {_text(split.record)}): "
            "it may have learned from images that would be validated on"
        )


def _text(record: dict[str, Any]) -> str:
    return ", ".join(f"{name} {str(value)[:12]}" for name, value in record.items())
