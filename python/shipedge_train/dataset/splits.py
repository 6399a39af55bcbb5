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

from shipedge.errors import ConfigError, DatasetError
from shipedge.files.atomic import write_atomic
from shipedge.files.table import read_bytes
from shipedge.formats.splits import HEADER, NAME, TEST, fold_name, read_splits
from shipedge_train.config import DataConfig
from shipedge_train.dataset import Image, split_by_scene


@dataclass(frozen=True, slots=True)
class Split:
    """What a run learns from and what it is scored on.

    Attributes:
        training: images to learn from.
        validation: images to score, to choose thresholds and to compare with.
        record: what a run writes down of it, so that it is never mixed with another split.
    """

    training: list[Image]
    validation: list[Image]
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """An image of a dataset, its group in splits.csv (None: there is none), its part, and whether training sees it."""

    image: Image
    group: str | None
    part: str
    held_out: bool


def read_members(
    folder: str | os.PathLike[str], images: Sequence[Image], fold: int, validation_share: float
) -> tuple[list[Member], dict[str, Any]]:
    """Who is held out of training: by splits.csv of a dataset folder, by scene where it has none.

    Args:
        folder: the dataset.
        images: all of it.
        fold: of splits.csv that is held out, beside its part `test`.
        validation_share: of the scenes, where there is no splits.csv.

    Returns:
        The images in their order, and what a run writes down of it.

    Raises:
        DatasetError: splits.csv leaks or lacks something, or there is none and one side would have no ship.
        ConfigError: splits.csv has no such fold, or there is none.
    """
    path = Path(folder) / NAME
    if not path.is_file():
        if fold:
            raise ConfigError(f"data.fold is {fold}, but {folder} has no {NAME}: `shipedge data split` makes it")
        _, validation = split_by_scene(images, validation_share)
        scenes, parts = {image.scene for image in validation}, {False: "training", True: "validation"}
        held = [(image, image.scene in scenes) for image in images]
        return [Member(p, None, parts[out], out) for p, out in held], {"validation_share": validation_share}
    content = read_bytes(path)
    rows = read_splits(path, content)
    _check_images(path, images, {image: part for image, (_, part) in rows.items()})
    folds = sorted({part for _, part in rows.values() if part != TEST}, key=lambda part: int(part.removeprefix("fold")))
    if (held_fold := fold_name(fold)) not in folds:
        raise ConfigError(f"data.fold is {fold}, but {path} has no {held_fold}, only {', '.join(folds) or TEST}")
    members = [Member(p, *rows[p.path.name], rows[p.path.name][1] in (held_fold, TEST)) for p in images]
    return members, {"splits_csv_sha256": hashlib.sha256(content).hexdigest(), "fold": fold}


def split_images(folder: str | os.PathLike[str], images: Sequence[Image], data: DataConfig) -> Split:
    """Training and validation images of a dataset folder.

    Raises:
        DatasetError: as `read_members`, or one side would have no ship.
        ConfigError: as `read_members`.
    """
    members, record = read_members(folder, images, data.fold, data.validation_share)
    training = [member.image for member in members if not member.held_out]
    validation = [member.image for member in members if member.held_out and member.part != TEST]
    for side, there in (("training", training), (f"validation ({fold_name(data.fold)})", validation)):
        if not any(p.ships for p in there):
            path = Path(folder) / NAME
            raise DatasetError(f"{path}: the {side} side has {len(there)} images and none with ships")
    return Split(training, validation, record)


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


def _check_images(path: Path, images: Sequence[Image], parts: dict[str, str]) -> None:
    """Every image has a part, and no scene of scenes.csv has two."""
    missing = [p.path.name for p in images if p.path.name not in parts]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise DatasetError(f"{path} has no row for {missing[0]}{more}: make it anew by `shipedge data split`")
    of_scene: dict[str, str] = {}
    for image in images:
        part = parts[image.path.name]
        if of_scene.setdefault(image.scene, part) != part:
            raise DatasetError(
                f"{path}: scene {image.scene!r} of scenes.csv is in {of_scene[image.scene]} and in {part}: "
                "make it anew by `shipedge data split`"
            )
