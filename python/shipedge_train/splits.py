"""`splits.csv`: which group each picture belongs to and which part its group is in; what training makes of it.

Header ``ImageId,Group,Part``; a part is ``test`` or ``fold0``, ``fold1`` ... Training learns from all folds but one,
validates on that one, and never sees the test part.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shipedge.atomic import write_atomic
from shipedge.errors import ConfigError, DatasetError
from shipedge_train.config import DataConfig
from shipedge_train.dataset import Picture, split_by_scene

NAME = "splits.csv"
HEADER = ["ImageId", "Group", "Part"]
TEST = "test"


def fold_name(fold: int) -> str:
    """The part of a fold, from 0 on."""
    return f"fold{fold}"


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
    content = _bytes(path)
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


def read_splits(path: Path, content: bytes | None = None) -> dict[str, tuple[str, str]]:
    """ImageId -> (group, part), every row checked.

    Raises:
        DatasetError: no such file, not this table, an unknown part, a picture twice, or a group in two parts.
    """
    rows = _rows(path, _bytes(path) if content is None else content)
    found: dict[str, tuple[str, str]] = {}
    of_group: dict[str, str] = {}
    for line, (image, group, part) in rows:
        if part != TEST and not re.fullmatch(r"fold(0|[1-9]\d{0,3})", part, re.ASCII):
            raise DatasetError(f"{path}: line {line}: part is {part[:40]!r}, expected {TEST} or fold0, fold1 ...")
        if image in found:
            raise DatasetError(f"{path}: line {line}: {image!r} is there twice, expected one row for each picture")
        if of_group.setdefault(group, part) != part:
            raise DatasetError(
                f"{path}: line {line}: group {group!r} is in {of_group[group]} and in {part}: "
                "its pictures overlap, expected all of them in one part"
            )
        found[image] = (group, part)
    return found


def write_splits(path: Path, rows: Iterable[tuple[str, str, str]]) -> None:
    """Write (ImageId, Group, Part) rows atomically; another split is never replaced.

    Raises:
        DatasetError: there is another split, or the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([HEADER, *rows])
    content = text.getvalue().encode()
    if path.exists() and _bytes(path) != content:
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


def _rows(path: Path, content: bytes) -> list[tuple[int, list[str]]]:
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} is no CSV: {error}") from None
    if not rows or rows[0] != HEADER:
        raise DatasetError(
            f"{path}: header is {','.join(rows[0])[:80] if rows else ''!r}, expected {','.join(HEADER)!r}"
        )
    for line, row in enumerate(rows[1:], 2):
        if row and (len(row) != len(HEADER) or not all(row)):
            raise DatasetError(f"{path}: line {line}: found {','.join(row)[:80]!r}, expected {','.join(HEADER)!r}")
    return [(line, row) for line, row in enumerate(rows[1:], 2) if row]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from None
