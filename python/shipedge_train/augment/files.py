"""Writes augmented copies of a dataset into a folder of their own, in parallel, and goes on after a stop."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shipedge.airbus import check_image_id, write_airbus
from shipedge.errors import DatasetError
from shipedge.files.atomic import naming, own_folder, write_atomic
from shipedge.files.json_text import loads
from shipedge.formats.splits import HEADER, NAME
from shipedge_train.augment.copies import copy_of
from shipedge_train.config import AugmentConfig
from shipedge_train.dataset.splits import Member
from shipedge_train.threads import in_order

JOURNAL = "augment.jsonl"
SCENES = ["ImageId", "BigImageId"]
# Raised whenever the same seed would give other copies, so that no folder mixes two versions.
AUGMENTER = 1


@dataclass(frozen=True, slots=True)
class Copies:
    """What decides every pixel of the copies; their number is not among it."""

    seed: int
    config: AugmentConfig

    def note(self, origins: Sequence[Member]) -> dict[str, Any]:
        """The first line of the journal: by it a folder is known again."""
        lines = [[o.image.path.name, o.part, o.group, o.image.scene, *o.image.ships] for o in origins]
        digest = hashlib.sha256(json.dumps(lines).encode()).hexdigest()
        return {"augmenter": AUGMENTER, "seed": self.seed, "dataset": digest, **asdict(self.config)}


def write_copies(
    origins: Sequence[Member],
    out: Path,
    copies: Copies,
    count: int,
    workers: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[int, int]:
    """Write copies 0 .. count-1 of each image into ``out``.

    The folder is a dataset: images/*.jpg, ships.csv, scenes.csv and, where the original has one, splits.csv.

    A copy carries scene, group and part of its image, so that a later split cannot tear them apart. Copies that are
    there already are kept; the originals are only read.

    Args:
        origins: the images to be copied; pasted ships come from those of the same part.
        out: a new or empty folder, or one begun with the same images and settings.
        copies: seed and configuration.
        count: copies of each image.
        workers: threads.
        progress: called with the number of copies just finished; first with those that were there.

    Returns:
        (images, ships) in ``out``.

    Raises:
        DatasetError: ``out`` holds something else, or an image cannot be used; names it.
        OSError: ``out`` cannot be written to.
    """
    jobs = _jobs(origins, count)
    note = copies.note(origins)
    rows = _open(out, note, origins)
    donors: dict[str, list[Any]] = {}
    for origin in origins:
        donors.setdefault(origin.part, []).extend([origin.image] if origin.image.ships else [])

    def make(name: str) -> tuple[str, list[str]]:
        origin, number = jobs[name]
        jpeg, ships = copy_of(origin.image, donors[origin.part], copies.config, copies.seed, number)
        write_atomic(out / "images" / name, jpeg)
        return name, ships

    progress(sum(name in rows for name in jobs))
    missing = [name for name in jobs if name not in rows]
    with (
        naming(out / JOURNAL),
        (out / JOURNAL).open("a", encoding="utf-8") as journal,
        closing(in_order(make, missing, workers)) as made,
    ):
        for name, ships in made:
            rows[name] = ships
            journal.write(json.dumps([name, ships]) + "\n")
            journal.flush()
            progress(1)
    by_stem = {origin.image.path.stem: origin for origin in origins}
    # From the rows, not from the jobs: a folder that was grown larger earlier stays whole.
    parents = [(name, by_stem[name.rpartition("-a")[0]]) for name in sorted(rows)]
    write_airbus(out / "ships.csv", [(name, rows[name]) for name, _ in parents])
    _write_csv(out / "scenes.csv", SCENES, [(name, o.image.scene) for name, o in parents])
    if origins[0].group is not None:
        _write_csv(out / NAME, HEADER, [(name, str(o.group), o.part) for name, o in parents])
    return len(rows), sum(map(len, rows.values()))


def _jobs(origins: Sequence[Member], count: int) -> dict[str, tuple[Member, int]]:
    """Name of each copy -> its original and number."""
    jobs: dict[str, tuple[Member, int]] = {}
    names: dict[str, str] = {}
    for number in range(count):
        for origin in origins:
            name = f"{origin.image.path.stem}-a{number}.jpg"
            trouble = check_image_id(name)
            if (key := name.casefold()) in names:  # file systems that ignore case exist
                other = names[key]
                trouble = f"{other} and {origin.image.path.name} would have copies of the same name {name}"
            if trouble:
                raise DatasetError(trouble)
            names[key], jobs[name] = origin.image.path.name, (origin, number)
    return jobs


def _open(out: Path, note: dict[str, Any], origins: Sequence[Member]) -> dict[str, list[str]]:
    """Prepare ``out`` and return the rows of copies that are already there."""
    images, journal = out / "images", out / JOURNAL
    rows: dict[str, list[str]] = {}
    if journal.is_file():
        rows = _read_journal(journal, note, {origin.image.path.stem for origin in origins})
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DatasetError(f"{out} exists and holds no {JOURNAL}: expected a new or empty folder")
    own_folder(images)
    for part in images.glob(".*.tmp"):
        part.unlink()
    rows = {name: ships for name, ships in rows.items() if (images / name).is_file()}
    lines = [note, *([name, ships] for name, ships in rows.items())]
    write_atomic(journal, "".join(json.dumps(line) + "\n" for line in lines).encode())
    return rows


def _read_journal(path: Path, note: dict[str, Any], stems: set[str]) -> dict[str, list[str]]:
    """Rows of the copies finished so far; a last line cut by a kill is dropped, and so is what we did not write."""
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    try:
        begun = loads(lines[0])
    except ValueError:
        begun = None
    if begun != note:
        differs = [key for key in note if not isinstance(begun, dict) or begun.get(key) != note[key]]
        raise DatasetError(f"{path.parent} holds copies made with another {', '.join(differs)}: choose another folder")
    rows: dict[str, list[str]] = {}
    for line in lines[1:]:
        try:
            name, ships = loads(line)
            if name.rpartition("-a")[0] in stems and all(isinstance(ship, str) for ship in ships):
                rows[name] = ships
        except (ValueError, TypeError, AttributeError):
            continue
    return rows


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    write_atomic(path, text.getvalue().encode())
