"""A run folder as the report sees it: whatever is there, also while the run is going. Needs no Keras."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shipedge.errors import ConfigError
from shipedge_train.runs.folder import CONFIG, read_table
from shipedge_train.runs.history import read_history


@dataclass(frozen=True, slots=True)
class RunFolder:
    """What a run has left so far.

    Attributes:
        folder: where it is.
        task: what is trained.
        created: when it was started, as text.
        config: "section.key" -> value.
        data: what it was trained on.
        versions: of what decides the numbers.
        history: column -> value of each finished epoch (NaN where there is none); "epoch" is among them.
    """

    folder: Path
    task: str
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
    table = read_table(folder)
    try:
        return RunFolder(
            folder,
            str(table["kind"]),
            str(table.get("created", "")),
            flatten(table["config"]),
            flatten(table.get("data", {})),
            flatten(table.get("versions", {})),
            read_history(folder),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{folder / CONFIG} is damaged: {error!r}") from None
    except RecursionError:
        raise ConfigError(f"{folder / CONFIG} is damaged: it is nested too deeply") from None


def flatten(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as one: {"train": {"seed": 1}} -> {"train.seed": 1}; lists become text."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value if isinstance(value, str | int | float | None) else json.dumps(value)
    return flat
