"""A newly trained segmenter or refiner joins a bundle that has the other models."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.backends import open_model
from shipedge.bundle import NUMBERS, PATCH, Bundle, ModelFile, Thresholds, load_bundle
from shipedge.errors import ConfigError
from shipedge.refine import Refiner
from shipedge_train import runs
from shipedge_train.convert import (
    CALIBRATION_TILES,
    PARITY_PICTURES,
    TUNING_PICTURES,
    Report,
    check_place,
    check_window,
    convert,
    convert_model,
    described,
    entry_of,
    held_back_tiles,
    needs_tensorflow,
    split_of,
    to_tflite,
    write_bundle,
)
from shipedge_train.dataset import Picture, pick_evenly
from shipedge_train.loader import patches_of
from shipedge_train.parity import compare, differences
from shipedge_train.scoring import evaluate
from shipedge_train.splits import Split
from shipedge_train.train import build
from shipedge_train.tune import DETECTOR, SEGMENTER, SHIP_SHARE, START, tune
from shipedge_train.weights import MANIFEST, learned_from, pack, read_weights

GIVES = {"segmenter": "segmenter", "cascade": "segmenter", "refiner": "refiner"}
"""Which model of a bundle a run replaces; segmenters join first."""
ENOUGH = 100
"""Pictures; on fewer no thresholds are chosen, for those of the bundle are better than chance."""

Source = str | os.PathLike[str]
Converted = tuple[keras.Model, ModelFile, dict[str, Any], dict[str, Any]]
"""The run's network with its best weights, the same as a TFLite file, their parity, and scores of its own by kind."""


def convert_all(sources: Sequence[Source], out: Source, *, report: Report = print, **options: Any) -> Path:
    """Convert runs to a bundle, or add those of a segmenter, a refiner or both to a bundle that is there.

    Args:
        sources: what `convert` takes, and perhaps a run of the refiner; or a bundle and the runs that join it.
        out: the bundle folder, replaced whole.
        report: as `convert`,
        options: too; a bundle that is there keeps its window.

    Raises:
        ConfigError, DatasetError, BundleError: as `convert`; also for any other combination of sources.
    """
    bundles = [source for source in sources if (Path(source) / MANIFEST).is_file()]
    kinds = {source: runs.read_run(source).kind for source in sources if source not in bundles}
    joining = [source for source, kind in kinds.items() if kind in (GIVES if bundles else ("refiner",))]
    others = [source for source in kinds if source not in joining]
    twice = len(kinds) + len(bundles) < len(sources) or len({GIVES[kinds[source]] for source in joining}) < len(joining)
    if twice or len(bundles) > 1 or (bundles and (others or not joining)):
        found = ", ".join(["bundle"] * len(bundles) + [*kinds.values()])
        raise ConfigError(
            "expected runs, or one bundle and a run of the segmenter (or of a cascade), of the refiner or of both, "
            f"found: {found}"
        )
    check_place(Path(out))
    base = Path(bundles[0] if bundles else convert(others, out, report=report, **options))
    for source in sorted(joining, key=lambda source: kinds[source] == "refiner"):
        base = _join(base, source, out, report=report, **{k: v for k, v in options.items() if k != "window"})
    return base


def _join(
    base: Path,
    folder: Source,
    out: Source,
    *,
    quantize: str = "int8",
    ship_share: float = SHIP_SHARE,
    name: str | None = None,
    data: Source | None = None,
    report: Report = print,
) -> Path:
    """Write a bundle that has all that `base` has, which may be `out` itself, but one model from a run.

    With other outlines other thresholds are best: where the validation split of the run has `ENOUGH` pictures they are
    chosen again there. The other models must not have learned from it.
    """
    needs_tensorflow()
    run, bundle = runs.read_run(folder), load_bundle(base)
    kind, split, manifest = GIVES[run.kind], split_of(run, data), bundle.manifest
    for other in {*manifest["models"]} - {kind}:
        learned = learned_from(manifest, other)
        if learned.get("ships_csv_sha256") == run.data["ships_csv_sha256"]:
            runs.check_split(base, learned.get("split", {}), split)
    network, file, parity, scores = (
        _refiner(run, quantize, split)
        if kind == "refiner"
        else _segmenter(run, quantize, split, bundle.segmenter.input[1])
    )
    report(f"{kind}: {len(file.content):,} bytes; parity {json.dumps(parity | scores)}")
    changed = replace(bundle, models=replace(bundle.models, **{kind: file}))
    thresholds, tuned = _tuned(changed, split, ship_share)
    kept = "" if tuned["pictures"] >= ENOUGH else f" kept, {ENOUGH} held-back pictures are needed to choose others"
    report(f"thresholds {json.dumps(asdict(thresholds))}{kept}; validation {json.dumps(tuned)}")
    weights, packed = f"{kind}.weights.npz", pack(network)
    files = _files(base, bundle, kind)
    entry = entry_of(file, network.count_params()) | {
        "weights": {"network": run.kind, **described(weights, packed)},
        "data": {key: value for key, value in run.data.items() if key != "folder"},
    }
    manifest = manifest | {
        "name": name or Path(out).name,
        "models": manifest["models"] | {kind: entry},
        "thresholds": asdict(thresholds),
        "versions": runs.versions(),
        "parity": manifest.get("parity", {}) | {kind: parity},
        "scores": manifest.get("scores", {}) | {"validation": tuned | {"ship_share": ship_share}} | scores,
    }
    return write_bundle(Path(out), manifest, files | {file.name: file.content, weights: packed})


def _segmenter(run: runs.Run, quantize: str, split: Split, window: int) -> Converted:
    check_window(window, run)
    network, model, file = convert_model(run, "segmenter", window, quantize, split.training)
    opened = open_model(file, os.cpu_count() or 1)
    tiles = held_back_tiles(pick_evenly(split.validation, PARITY_PICTURES), window)
    return network, file, compare("segmenter", model, opened, tiles), {}


def _refiner(run: runs.Run, quantize: str, split: Split) -> Converted:
    model = build("refiner", run.config)
    runs.load_best(model, run)
    tiles = _patches(split.training, CALIBRATION_TILES)
    file = ModelFile("refiner.tflite", to_tflite(model, quantize, tiles), (1, *PATCH, 3), (1, 1, NUMBERS, 1), quantize)
    opened = open_model(file, os.cpu_count() or 1)
    patches = _patches(split.validation, PARITY_PICTURES)
    ours = [np.asarray(model.predict_on_batch(patch[None]))[0, ..., 0] for patch in patches]
    parity = differences(ours, [opened(patch).astype(np.float32) / 256 for patch in patches])
    held_back = pick_evenly([picture for picture in split.validation if picture.ships], PARITY_PICTURES)
    scores = {key: round(value, 4) for key, value in evaluate(model, "refiner", held_back).items() if key != "score"}
    return model, file, parity, {"refiner": scores}


def _patches(pictures: Sequence[Picture], count: int) -> list[NDArray[np.uint8]]:
    """What the refiner sees of the ships of at most `count` pictures."""
    chosen = pick_evenly([picture for picture in pictures if picture.ships], count)
    return [patch for patch, _, _ in islice(patches_of(chosen, 1), CALIBRATION_TILES)]


def _tuned(bundle: Bundle, split: Split, ship_share: float) -> tuple[Thresholds, dict[str, Any]]:
    """Thresholds for a bundle's models, and their scores."""
    pictures = pick_evenly(split.validation, TUNING_PICTURES)
    enough = len(pictures) >= ENOUGH
    starts, groups = ((START, bundle.thresholds), (DETECTOR, *SEGMENTER)) if enough else ((bundle.thresholds,), ())
    detector, segmenter = (open_model(one, os.cpu_count() or 1) for one in (bundle.detector, bundle.segmenter))
    refiner = Refiner(open_model(bundle.refiner, os.cpu_count() or 1)) if bundle.refiner else None
    return tune(detector, segmenter, pictures, ship_share, refiner, starts, groups)


def _files(folder: Path, bundle: Bundle, kind: str) -> dict[str, bytes]:
    """All files of a bundle, verified, but for those of one kind alone."""
    files = {}
    for other in ("detector", "segmenter", "refiner"):
        model: ModelFile | None = getattr(bundle, other)
        if model is None or other == kind:
            continue
        files[model.name] = model.content
        if bundle.manifest["models"][other].get("weights"):
            path, content = read_weights(folder, bundle.manifest, other)
            files[path.name] = content
    return files
