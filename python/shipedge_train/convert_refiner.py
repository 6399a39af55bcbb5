"""The refiner's way into a bundle: converted like the other models, and added to one that has them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shipedge.backends import open_model
from shipedge.bundle import NUMBERS, PATCH, Bundle, ModelFile, load_bundle
from shipedge.errors import ConfigError
from shipedge.quiet import quiet
from shipedge.refine import Refiner
from shipedge_train import runs
from shipedge_train.convert import (
    CALIBRATION_TILES,
    PARITY_PICTURES,
    TUNING_PICTURES,
    Report,
    convert,
    described,
    entry_of,
    needs_tensorflow,
    split_of,
    to_tflite,
    write_bundle,
)
from shipedge_train.dataset import Picture, pick_evenly
from shipedge_train.loader import patches_of
from shipedge_train.parity import differences
from shipedge_train.scoring import evaluate
from shipedge_train.train import build
from shipedge_train.tune import SHIP_SHARE, START, tune
from shipedge_train.weights import MANIFEST, pack

WEIGHTS = "refiner.weights.npz"

Source = str | os.PathLike[str]


def convert_all(
    sources: Sequence[Source],
    out: Source,
    *,
    quantize: str = "int8",
    ship_share: float = SHIP_SHARE,
    data: Source | None = None,
    report: Report = print,
    **options: Any,
) -> Path:
    """Convert runs to a bundle, or add the run of a refiner to a bundle that is there.

    Args:
        sources: what `convert` takes, and perhaps a run of the refiner; or a bundle and a run of the refiner.
        out: the bundle folder, replaced whole.
        quantize: as `convert`,
        ship_share: too,
        data: too,
        report: too,
        options: of `convert`; a bundle that is there keeps what it was made with.

    Raises:
        ConfigError, DatasetError, BundleError: as `convert`; also for any other combination of sources.
    """
    bundles = [source for source in sources if (Path(source) / MANIFEST).is_file()]
    others = [source for source in sources if source not in bundles]
    refiners = [source for source in others if runs.read_run(source).kind == "refiner"]
    others = [source for source in others if source not in refiners]
    if len(refiners) > 1 or (bundles and (len(bundles) > 1 or others or not refiners)):
        raise ConfigError(
            f"expected runs, or one bundle and one run of the refiner, found: {len(bundles)} bundles, {len(refiners)} "
            f"runs of the refiner and {len(others)} others"
        )
    common: dict[str, Any] = {"quantize": quantize, "ship_share": ship_share, "data": data, "report": report}
    base = bundles[0] if bundles else convert(others, out, **common, **options)
    return add_refiner(base, refiners[0], out, **common) if refiners else Path(base)


def convert_refiner(run: runs.Run, quantize: str, training: Sequence[Picture]) -> tuple[keras.Model, ModelFile]:
    """The run's network with its best weights, and the same as a TFLite file."""
    model = build("refiner", run.config)
    runs.load_best(model, run)
    ships = pick_evenly([picture for picture in training if picture.ships], CALIBRATION_TILES)
    content = to_tflite(model, quantize, [patch for patch, _, _ in islice(patches_of(ships, 1), CALIBRATION_TILES)])
    return model, ModelFile("refiner.tflite", content, (1, *PATCH, 3), (1, 1, NUMBERS, 1), quantize)


def add_refiner(
    base: Source,
    folder: Source,
    out: Source,
    *,
    quantize: str = "int8",
    ship_share: float = SHIP_SHARE,
    data: Source | None = None,
    report: Report = print,
) -> Path:
    """Write a bundle that has all that `base` has, and the refiner of a run in place of one that was there.

    With better outlines other thresholds are best: they are tuned again, on the validation split of the refiner's run,
    which the other models must not have learned from. Its parity and its scores on patches of that split go into the
    manifest as well.

    Args:
        base: a bundle; may be `out` itself.
        folder: a run of the refiner.
        out: the bundle folder, replaced whole.
        quantize: as `convert`,
        ship_share: too,
        data: too,
        report: too.

    Raises:
        ConfigError, DatasetError, BundleError: as `convert`.
    """
    needs_tensorflow()
    run = runs.read_run(folder, "refiner")
    bundle = load_bundle(Path(base))
    split, manifest, files = split_of(run, data), bundle.manifest, _files(Path(base), bundle)
    if manifest.get("data", {}).get("ships_csv_sha256") == run.data["ships_csv_sha256"]:
        runs.check_split(Path(base), manifest["data"].get("split", {}), split)
    model, file = convert_refiner(run, quantize, split.training)
    with quiet():
        opened = open_model(file, os.cpu_count() or 1)
        detector, segmenter = (open_model(one, os.cpu_count() or 1) for one in (bundle.detector, bundle.segmenter))
    held_back = pick_evenly([picture for picture in split.validation if picture.ships], PARITY_PICTURES)
    patches = [patch for patch, _, _ in patches_of(held_back, 1)]
    ours = [np.asarray(model.predict_on_batch(patch[None]))[0, ..., 0] for patch in patches]
    parity = differences(ours, [opened(patch).astype(np.float32) / 256 for patch in patches])
    scores = {name: round(value, 4) for name, value in evaluate(model, "refiner", held_back).items() if name != "score"}
    report(f"refiner: {len(file.content):,} bytes; parity {json.dumps(parity)}; validation {json.dumps(scores)}")
    pictures = pick_evenly(split.validation, TUNING_PICTURES)
    starts = (START, bundle.thresholds)
    thresholds, tuned = tune(detector, segmenter, pictures, ship_share, Refiner(opened), starts)
    report(f"thresholds {json.dumps(asdict(thresholds))}; validation {json.dumps(tuned)}")
    packed = pack(model)
    manifest["models"]["refiner"] = entry_of(file, model.count_params()) | {
        "weights": {"network": "refiner", **described(WEIGHTS, packed)},
        "data": {key: value for key, value in run.data.items() if key != "folder"},
    }
    manifest |= {"thresholds": asdict(thresholds), "versions": runs.versions()}
    manifest["parity"] = manifest.get("parity", {}) | {"refiner": parity}
    manifest["scores"] = {"validation": tuned | {"ship_share": ship_share}, "refiner": scores}
    return write_bundle(Path(out), manifest, files | {file.name: file.content, WEIGHTS: packed})


def _files(folder: Path, bundle: Bundle) -> dict[str, bytes]:
    """All files that the manifest of a bundle speaks of, but for the refiner's."""
    entries = [entry for kind, entry in bundle.manifest["models"].items() if kind != "refiner"]
    names = {part["file"] for entry in entries for part in (entry, entry.get("weights")) if part}
    return {name: (folder / name).read_bytes() for name in names}
