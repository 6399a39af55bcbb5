"""A run folder as the report sees it: whatever is there, also while the run is going. Needs no Keras."""

from __future__ import annotations

import csv
import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shipedge import json_text
from shipedge.errors import ConfigError

_MOST_EPOCHS = 10**9
_LARGEST = 1e100  # charts cannot be scaled to values near the end of what a float holds
CONFIG, HISTORY, BEST = "config.json", "history.csv", "best.weights.h5"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """What a run has left so far.

    Attributes:
        folder: where it is.
        kind: "detector" or "segmenter".
        created: when it was started, as text.
        config: "section.key" -> value.
        data: what it was trained on.
        versions: of what decides the numbers.
        history: column -> value of each finished epoch (NaN where there is none); "epoch" is among them.
    """

    folder: Path
    kind: str
    created: str
    config: dict[str, Any]
    data: dict[str, Any]
    versions: dict[str, Any]
    history: dict[str, list[float]] = field(default_factory=dict)

    @property
    def epochs(self) -> list[float]:
        """Numbers of the finished epochs."""
        return self.history.get("epoch", [])

    def kept_epoch(self) -> int | None:
        """Place of the epoch whose weights were kept: the best, or the last with a score where `train.keep` says so.

        None where no score is known.
        """
        scores = self.history.get("score", [])
        known = [i for i, score in enumerate(scores) if math.isfinite(score)]
        if self.config.get("train.keep") == "last":
            return max(known, default=None)
        return max(known, key=lambda i: scores[i], default=None)


def read_run_folder(folder: str | os.PathLike[str]) -> RunFolder:
    """Read config.json, and history.csv where there is one.

    Raises:
        ConfigError: no run there, or one of the two is damaged.
    """
    folder = Path(folder)
    path = folder / CONFIG
    try:
        table = json_text.loads(path.read_bytes())
        return RunFolder(
            folder,
            str(table["kind"]),
            str(table.get("created", "")),
            flatten(table["config"]),
            flatten(table.get("data", {})),
            flatten(table.get("versions", {})),
            _read_history(folder / HISTORY),
        )
    except OSError:
        raise ConfigError(f"{folder} is not a run folder: it has no {CONFIG}") from None
    except ValueError as error:
        raise ConfigError(f"{path} is damaged: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} is damaged: {error!r}") from None
    except RecursionError:
        raise ConfigError(f"{path} is damaged: it is nested too deeply") from None


def flatten(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as one: {"train": {"seed": 1}} -> {"train.seed": 1}; lists become text."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value if isinstance(value, str | int | float | None) else json.dumps(value)
    return flat


def _read_history(path: Path) -> dict[str, list[float]]:
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} is damaged: {error}") from None
    if rows and "epoch" not in rows[0]:
        raise ConfigError(f"{path} has no column epoch")
    history: dict[str, list[float]] = {name: [] for name in rows[0]} if rows else {}
    for line, row in enumerate(rows, 2):
        for name, values in history.items():
            try:
                values.append(_number(name, row[name]))
            except (TypeError, ValueError) as error:
                raise ConfigError(f"{path}: line {line}: {name} is {row[name]!r:.60}, expected {error}") from None
    return history


def _number(name: str, text: str) -> float:
    """What a field of the history holds; NaN where it is empty. Training that diverges writes nan and inf, too.

    Raises:
        ValueError: says what was expected.
    """
    try:
        value = float(text) if text else math.nan
    except ValueError:
        raise ValueError("a number") from None
    if name == "epoch" and not (value.is_integer() and 0 <= value <= _MOST_EPOCHS):
        raise ValueError(f"a whole number from 0 to {_MOST_EPOCHS}")
    if math.isfinite(value) and abs(value) > _LARGEST:
        raise ValueError(f"a number of at most {_LARGEST:.0e}")
    return value
