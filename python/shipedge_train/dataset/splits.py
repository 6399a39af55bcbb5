"""`splits.csv` in training, which learns from all folds but one, validates on that one and never sees the test part."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shipedge.atomic import write_atomic
from shipedge.errors import ConfigError, DatasetError
from shipedge.formats.splits import HEADER, NAME, TEST, fold_name, read_splits
from shipedge.formats.table import read_bytes
from shipedge_train.config import DataConfig
from shipedge_train.dataset import Picture, split_by_scene


@dataclass(frozen=True, slots=True)
class Split:
    """What a run learns from and what it is scored on.

    Attributes:
        training: pictures to learn from.
        validation: pictures to score, to choose thresholds and to compare with.
        record: what a run writes down of it, so that it is never mixed with another split.
    """

    training: list[Picture]
    validation: list[Picture]
    record: dict[str, Any]


def split_pictures(folder: str | os.PathLike[str], pictures: Sequence[Picture], data: DataConfig) -> Split:
    """Training and validation pictures of a dataset folder: by its splits.csv, by scene where it has none.

    Raises:
        DatasetError: splits.csv leaks or lacks something, or one side would have no ship.
        ConfigError: data.fold names no fold.
    """
    path = Path(folder) / NAME
    if not path.is_file():
        if data.fold:
            raise ConfigError(f"data.fold is {data.fold}, but {folder} has no {NAME}: `shipedge data split` makes it")
        return Split(*split_by_scene(pictures, data.validation_share), {"validation_share": data.validation_share})
    content = read_bytes(path)
    parts = {image: part for image, (_, part) in read_splits(path, content).items()}
    _check_pictures(path, pictures, parts)
    folds = sorted({part for part in parts.values() if part != TEST}, key=lambda part: int(part.removeprefix("fold")))
    held = fold_name(data.fold)
    if held not in folds:
        raise ConfigError(f"data.fold is {data.fold}, but {path} has no {held}, only {', '.join(folds) or TEST}")
    training = [p for p in pictures if parts[p.path.name] not in (held, TEST)]
    validation = [p for p in pictures if parts[p.path.name] == held]
    for side, there in (("training", training), (f"validation ({held})", validation)):
        if not any(p.ships for p in there):
            raise DatasetError(f"{path}: the {side} side has {len(there)} pictures and none with ships")
    return Split(training, validation, {"splits_csv_sha256": hashlib.sha256(content).hexdigest(), "fold": data.fold})


def write_splits(path: Path, rows: Iterable[tuple[str, str, str]]) -> None:
    """Write (ImageId, Group, Part) rows atomically; another split is never replaced.

    Raises:
        DatasetError: there is another split, or the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([HEADER, *rows])
    content = text.getvalue().encode()
    if path.exists() and read_bytes(path) != content:
        raise DatasetError(
            f"{path} holds another split, and what was trained with it must not meet this one: "
            "choose another --out, or move it away"
        )
    try:
        write_atomic(path, content)
    except OSError as error:
        raise DatasetError(f"cannot write {path}: {error.strerror}") from None


def _check_pictures(path: Path, pictures: Sequence[Picture], parts: dict[str, str]) -> None:
    """Every picture has a part, and no scene of scenes.csv has two."""
    missing = [p.path.name for p in pictures if p.path.name not in parts]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise DatasetError(f"{path} has no row for {missing[0]}{more}: make it anew by `shipedge data split`")
    of_scene: dict[str, str] = {}
    for picture in pictures:
        part = parts[picture.path.name]
        if of_scene.setdefault(picture.scene, part) != part:
            raise DatasetError(
                f"{path}: scene {picture.scene!r} of scenes.csv is in {of_scene[picture.scene]} and in {part}: "
                "make it anew by `shipedge data split`"
            )
