"""history.csv of a run folder: a row per finished epoch. Needs no Keras."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

from shipedge.errors import ConfigError
from shipedge.files.atomic import write_atomic
from shipedge_train.runs.folder import HISTORY

_MOST_EPOCHS = 10**9
_LARGEST = 1e100  # charts cannot be scaled to values near the end of what a float holds


def read_history(folder: Path) -> dict[str, list[float]]:
    """Column -> value of each finished epoch, NaN where there is none; "epoch" is among them. No file, no columns.

    Raises:
        ConfigError: it is damaged.
    """
    path = folder / HISTORY
    rows = _rows(path)
    history: dict[str, list[float]] = {name: [] for name in rows[0]} if rows else {}
    for line, row in enumerate(rows, 2):
        for name, values in history.items():
            try:
                values.append(_number(name, row[name]))
            except (TypeError, ValueError) as error:
                raise ConfigError(f"{path}: line {line}: {name} is {row[name]!r:.60}, expected {error}") from None
    return history


def write_history(folder: Path, row: dict[str, float]) -> None:
    """Add one epoch; rows of this epoch or later (of a run that went back) are dropped.

    Raises:
        ConfigError: what is there is damaged.
    """
    path = folder / HISTORY
    epochs = read_history(folder).get("epoch", [])
    rows = [kept for kept, epoch in zip(_rows(path), epochs, strict=True) if epoch < row["epoch"]]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerows([*rows, row])
    write_atomic(path, text.getvalue().encode())


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} is damaged: {error}") from None
    if rows and "epoch" not in rows[0]:
        raise ConfigError(f"{path} has no column epoch")
    return rows


def _number(name: str, text: str) -> float:
    """What a field holds; NaN where it is empty. Training that diverges writes nan and inf, too.

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
