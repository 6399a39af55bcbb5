"""Which images of a dataset may be augmented, and which may meet in a copy: nothing leaks into what is held out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from shipedge.errors import DatasetError
from shipedge.formats.splits import NAME
from shipedge_train.dataset import read_dataset
from shipedge_train.dataset.splits import Member, read_members


def read_origins(folder: Path, fold: int | None, validation_share: float, everything: bool = False) -> list[Member]:
    """All images of a dataset folder; only images of one part meet in a copy.

    Args:
        folder: the dataset.
        fold: the validation fold of its splits.csv, held out like the part `test`; None is fold 0.
        validation_share: see `read_members`.
        everything: nothing is held out.

    Raises:
        DatasetError, ConfigError: no dataset, or as `read_members`.
    """
    images = read_dataset(folder)
    with_splits = (folder / NAME).is_file()
    if not with_splits and fold is not None:
        raise DatasetError(f"{folder / NAME} is missing, so there is no fold {fold}")
    if not with_splits and everything:
        return [Member(image, None, "all", held_out=False) for image in images]
    try:
        members, _ = read_members(folder, images, fold or 0, validation_share)
    except DatasetError as error:
        raise error if with_splits else DatasetError(f"{error}; or --all, which holds nothing out") from None
    return [replace(member, held_out=member.held_out and not everything) for member in members]
