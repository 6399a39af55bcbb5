"""An honest score of a recipe on a dataset of any size: every image is judged by networks that never saw it.

For each fold of splits.csv a cascade learns from the other folds. Nothing is chosen on the fold that is judged: the
weights are those of the last epoch, and its thresholds are tuned on the judgements of the other folds.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shipedge.airbus import write_airbus
from shipedge.backends import Model, open_model
from shipedge.bundle import Thresholds, load_bundle
from shipedge.cascade import ask_flipped
from shipedge.cascade.refine import Refiner
from shipedge.cascade.ships import find_ships, level
from shipedge.errors import ConfigError
from shipedge.evaluate import evaluate_files
from shipedge.evaluate.figures import figures
from shipedge.events import describe
from shipedge.events.reading import to_line
from shipedge.files.atomic import write_atomic
from shipedge.formats.splits import NAME, fold_name, read_splits
from shipedge.frame import FrameResult
from shipedge_train.config import Config
from shipedge_train.dataset import SHAPE, Image, read_dataset
from shipedge_train.dataset.splits import split_images
from shipedge_train.export.networks import Source, of_run
from shipedge_train.export.part import calibration_tiles
from shipedge_train.export.scorer import Seen, ThresholdScorer, as_seen, look, seen_of
from shipedge_train.export.tflite import model_file
from shipedge_train.export.thresholds import DETECTOR, NO_DETECTOR, SEGMENTER, START, Grid, search
from shipedge_train.progress import CONSOLE, Console, Report
from shipedge_train.runs.bundle_weights import learned_from
from shipedge_train.runs.folder import CHECKPOINT, CONFIG, check_split, read_run, ships_digest, split_record
from shipedge_train.tasks import MODELS
from shipedge_train.training.hosts import check_one_host
from shipedge_train.training.run import train

TASK = "cascade"
SEEN = "seen.npz"
SCORES = "scores.json"
_PIXEL = {"pixel": SEGMENTER[0]["pixel"]}
Variants = dict[str, tuple[bool, Thresholds, tuple[Grid, ...]]]
VARIANTS: Variants = {
    "cascade": (False, START, (DETECTOR, *SEGMENTER)),
    "cascade-flips": (True, START, (DETECTOR, *SEGMENTER)),
    "cascade-cuts-only": (False, replace(START, min_area=1), (DETECTOR, _PIXEL)),
    "segmenter-alone": (False, NO_DETECTOR, SEGMENTER),
    "segmenter-cut-only": (False, replace(NO_DETECTOR, min_area=1), (_PIXEL,)),
}
"""What is compared: with flips or not, the thresholds to start from, and which of them are tuned."""
FIGURES = ("f2", "f2_ship_images", "dice_ship_images", "empty_right", "image_auc")


class Others(NamedTuple):
    """Bundles of which a model judges in every fold.

    Attributes:
        detector: bundle whose detector judges in place of those of the folds; one more variant then is the cascade with
            the thresholds of that bundle.
        refiner: bundle whose refiner has the last look at every ship.
    """

    detector: Source | None = None
    refiner: Source | None = None


NOBODY = Others()


def cross_validate(
    data: Source,
    config: Config,
    out: Source,
    *,
    init: Source | None = None,
    only: Sequence[int] = (),
    others: Others = NOBODY,
    max_minutes: float | None = None,
    console: Console = CONSOLE,
) -> dict[str, Any] | None:
    """Train, convert to int8 and judge one cascade per fold; what is there already is not done again.

    Args:
        data: dataset folder with splits.csv.
        config: every choice; its fold is ignored, and the weights of the last epoch are kept.
        out: gets a run folder per fold, VARIANT/predictions.jsonl and scores.json.
        init: run or bundle that each fold starts from.
        only: the folds to do now; none: all.
        others: bundles that judge in place of the folds.
        max_minutes: of training, per fold.
        console: gets one line per epoch and fold, and shows how far an epoch is.

    Returns:
        variant -> scores; None where folds are still missing.

    Raises:
        ConfigError, DatasetError: see `train`; also a folder without splits.csv, a fold that it does not have, or
            folds in `out` that were judged with another configuration or split, a bundle without refiner, or one whose
            detector or refiner has learned from this dataset.
    """
    check_one_host("cross-validation")
    root, folder = Path(data), Path(out)
    images = read_dataset(root)
    judges = _judges(root, others)
    parts = _folds(root)
    folds = sorted(set(parts.values()), key=lambda part: int(part.removeprefix("fold")))
    if unknown := set(only) - set(range(len(folds))):
        raise ConfigError(f"{root / NAME} has the folds 0 to {len(folds) - 1}, but fold {min(unknown)} is asked for")
    learn = partial(train, TASK, root, max_minutes=max_minutes, console=console)
    for fold in range(len(folds)):
        fold_folder = folder / fold_name(fold)
        own = replace(config, data=replace(config.data, fold=fold), train=replace(config.train, keep="last"))
        if (fold_folder / SEEN).exists():
            _check(root, fold_folder, own, images)
        elif fold in only or not only:
            console.report(fold_folder.name)
            _train_fold(learn, own, fold_folder, () if init is None else (init,))
            _judge(root, fold_folder, console.report)
    if missing := [name for name in folds if not (folder / name / SEEN).exists()]:
        console.report(f"not judged yet: {', '.join(missing)}")
        return None
    judged = {image: parts[image.path.name] for image in images if image.path.name in parts}
    return _compare(root, folder, judged, judges, console.report)


@dataclass(frozen=True)
class _Judges:
    """What is compared, and the models of bundles that judge beside those of the folds.

    Attributes:
        variants: see `VARIANTS`.
        detector: in place of those of the folds.
        refiners: without and with flips; none: rectangles stay as they are.
    """

    variants: Variants
    detector: Model | None
    refiners: Mapping[bool, Refiner]


def _judges(root: Path, others: Others) -> _Judges:
    variants, watch, refiners = dict(VARIANTS), None, {}
    if others.detector is not None:
        watch = _model(Path(others.detector), "detector", root)
        variants["thresholds-kept"] = (False, load_bundle(Path(others.detector)).thresholds, ())
    if others.refiner is not None:
        model = _model(Path(others.refiner), "refiner", root)
        refiners = {flips: Refiner(model, flips=flips) for flips in (False, True)}
    return _Judges(variants, watch, refiners)


def _model(bundle: Path, name: str, root: Path) -> Model:
    """A model of a bundle that may judge this dataset, opened."""
    loaded = load_bundle(bundle)
    file = getattr(loaded, name)
    if file is None:
        raise ConfigError(f"the bundle {bundle} has no {name}")
    if learned_from(loaded.manifest, name).get("ships_csv_sha256") == ships_digest(root):
        raise ConfigError(f"the {name} of {bundle} has learned from {root}: it cannot judge its images")
    return open_model(file, os.cpu_count() or 1)


def _folds(root: Path) -> dict[str, str]:
    """Fold of each image that is in one."""
    if not (root / NAME).is_file():
        raise ConfigError(f"{root} has no {NAME}: make it with `shipedge data split {root} --test-share 0`")
    return {name: part for name, (_, part) in read_splits(root / NAME).items() if part.startswith("fold")}


def _check(root: Path, fold_folder: Path, own: Config, images: Sequence[Image]) -> None:
    """What was judged before belongs to this recipe and this split."""
    run = read_run(fold_folder, TASK)
    if run.config != own:
        raise ConfigError(f"{fold_folder} was judged with another configuration: choose another --out")
    check_split(fold_folder, split_record(run), split_images(root, images, own.data))


def _train_fold(learn: Callable[..., Path], own: Config, fold_folder: Path, init: Sequence[Source]) -> None:
    """Train what is left of a fold; `learn` is `train` without what differs between folds."""
    begun = (fold_folder / CHECKPOINT).exists()
    if not begun:
        (fold_folder / CONFIG).unlink(missing_ok=True)  # killed in its first epoch
    learn(own, fold_folder, resume=begun, init=() if begun else init)


def _judge(root: Path, fold_folder: Path, report: Report) -> None:
    """What the fold's int8 models say of the images that it held back."""
    network = of_run(read_run(fold_folder, TASK), root)
    detector, segmenter = (
        open_model(
            model_file(fixed, f"{name}.tflite", "int8", calibration_tiles(MODELS[name], fixed, network)),
            os.cpu_count() or 1,
        )
        for name in network.task.models
        for fixed in [MODELS[name].fixed(network.whole, network.config.model.reduce, SHAPE[0])]
    )
    split = network.split
    arrays: dict[str, Any] = {}
    for flips in (False, True):
        seen = [look(detector, segmenter, image, flips=flips) for image in split.validation]
        arrays[f"presence{flips:d}"] = np.stack([one.presence for one in seen])
        arrays[f"probability{flips:d}"] = np.stack([one.probability for one in seen])
    arrays["names"] = np.array([image.path.name for image in split.validation])
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomic(fold_folder / SEEN, buffer.getvalue())
    report(f"{fold_folder.name}: {len(split.validation)} images judged")


def _compare(root: Path, folder: Path, images: Mapping[Image, str], judges: _Judges, report: Report) -> dict[str, Any]:
    """Scores of every variant on the images, each with the thresholds that the other folds than its own choose."""
    truth, scenes, parts = folder / "truth.csv", root / "scenes.csv", list(images.values())
    write_airbus(truth, [(image.path.name, list(image.ships)) for image in images])
    looks = {flips: _read(folder, list(images), flips, judges.detector) for flips in (False, True)}
    scorers = {flips: ThresholdScorer(seen, refiner=judges.refiners.get(flips)) for flips, seen in looks.items()}
    scores: dict[str, Any] = {}
    for name, (flips, start, groups) in judges.variants.items():
        chosen: dict[str, Thresholds] = {}
        lines = []
        for seen, (image, part) in zip(looks[flips], images.items(), strict=True):
            if part not in chosen:
                others = [i for i, other in enumerate(parts) if other != part]
                chosen[part] = search(partial(scorers[flips].worth, only=others), start, groups)
            result = _result(image.path.name, seen, chosen[part])
            if judges.refiners and result.ships:
                result = replace(result, ships=judges.refiners[flips](image.pixels(), result.ships))
            lines.append(to_line(describe(result)))
        (folder / name).mkdir(exist_ok=True)
        write_atomic(folder / name / "predictions.jsonl", b"".join(lines))
        values = figures(evaluate_files(folder / name, truth, scenes=scenes if scenes.is_file() else None))
        scores[name] = {key: values[key]._asdict() for key in FIGURES if key in values}
        scores[name]["thresholds"] = {part: asdict(thresholds) for part, thresholds in chosen.items()}
        report(f"{name}: " + "  ".join(f"{key} {values[key].value:.3f}" for key in FIGURES if key in values))
    write_atomic(folder / SCORES, json.dumps(scores, indent=2).encode())
    return scores


def _read(folder: Path, images: Sequence[Image], flips: bool, detector: Model | None) -> list[Seen]:
    """What was said of each image, in their order; by another detector what that says of it now."""
    judged: dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]] = {}
    for path in sorted(folder.glob(f"*/{SEEN}")):
        with np.load(path, allow_pickle=False) as file:
            arrays = (file["names"].tolist(), file[f"presence{flips:d}"], file[f"probability{flips:d}"])
            judged |= {name: (presence, probability) for name, presence, probability in zip(*arrays, strict=True)}
    seen = []
    for image in images:
        presence, probability = judged[image.path.name]
        if detector is not None:
            pixels = as_seen(detector, image.pixels())
            presence = ask_flipped(detector, pixels) if flips else detector(pixels)
        seen.append(seen_of(image, presence, probability))
    return seen


def _result(name: str, seen: Seen, thresholds: Thresholds) -> FrameResult:
    """What `shipedge predict` would say with these thresholds."""
    top = int(seen.presence.max())
    windows = [(0, 0, seen.probability)] if top >= level(thresholds.image) else []
    ships = find_ships(SHAPE, seen.presence, windows, thresholds)
    return FrameResult(name, 0, None, SHAPE, top / 256, seen.presence, ships)
