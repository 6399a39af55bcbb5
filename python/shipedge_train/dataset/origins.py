"""Which pictures of a dataset may be augmented, and which may meet in a copy: nothing leaks into what is held out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shipedge.errors import DatasetError
from shipedge.formats.splits import NAME, TEST, fold_name, read_splits
from shipedge_train.dataset import Picture, read_dataset, split_by_scene


@dataclass(frozen=True, slots=True)
class Origin:
    """A picture and its row in ``splits.csv`` (group None: there is none); only pictures of one part meet in a copy."""

    picture: Picture
    group: str | None
    part: str
    held_out: bool


def read_origins(folder: Path, fold: int | None, validation_share: float, everything: bool = False) -> list[Origin]:
    """All pictures of a dataset folder.

    Args:
        folder: the dataset.
        fold: the validation fold of its splits.csv, held out like the part `test`; None is fold 0.
        validation_share: where there is no splits.csv, what training with this `data.validation_share` validates on is
            held out.
        everything: nothing is held out.

    Raises:
        DatasetError: no dataset, a splits.csv that is none or lacks a picture, or a fold that has no picture.
    """
    pictures = read_dataset(folder)
    splits = folder / NAME
    if not splits.is_file():
        if fold is not None:
            raise DatasetError(f"{splits} is missing, so there is no fold {fold}")
        if everything:
            return [Origin(p, None, "all", held_out=False) for p in pictures]
        try:
            _, validation = split_by_scene(pictures, validation_share)
        except DatasetError as error:
            raise DatasetError(f"{error}; or --all, which holds nothing out") from None
        scenes = {picture.scene for picture in validation}
        sides = {False: "training", True: "validation"}
        return [Origin(p, None, sides[p.scene in scenes], p.scene in scenes) for p in pictures]
    rows = read_splits(splits)
    missing = next((p.path.name for p in pictures if p.path.name not in rows), None)
    if missing is not None:
        raise DatasetError(f"{splits} has no row for {missing}: split the dataset again")
    validation_part = fold_name(fold or 0)
    parts = sorted({part for _, part in rows.values()})
    if validation_part not in parts:
        raise DatasetError(f"{splits} has no {validation_part}; its parts are {', '.join(parts)}")
    held = set() if everything else {TEST, validation_part}
    return [Origin(p, *rows[p.path.name], rows[p.path.name][1] in held) for p in pictures]
