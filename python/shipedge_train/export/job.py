"""Runs, a bundle and runs, or a bundle alone -> one bundle: convert what is new, choose thresholds once, write once.

Each network is rebuilt in float32 at a fixed size, given its weights and converted to every variant. Full-integer files
are calibrated with tiles of the training split. The graph is checked, and what each file says is compared with Keras on
tiles of the validation split: a conversion that costs too much writes nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from shipedge.backends import open_model
from shipedge.bundle import FORMAT, POINTS, PREPROCESSING, QUANTIZE, ModelFile, Thresholds
from shipedge.cascade.refine import Refiner
from shipedge.errors import ConfigError
from shipedge_train.dataset import SHAPE, pick_evenly
from shipedge_train.export.networks import Source
from shipedge_train.export.part import Conversion, convert_part, kept_part
from shipedge_train.export.sources import Plan, read_sources, tuning_split
from shipedge_train.export.tflite import needs_tensorflow
from shipedge_train.export.thresholds import EVERYTHING, START, Judges, Search, tune
from shipedge_train.export.writer import check_place, write_bundle
from shipedge_train.progress import CONSOLE, Console
from shipedge_train.runs.start import versions
from shipedge_train.tasks import MODELS
from shipedge_train.tasks.segmenter import check_window

PLAIN = Conversion()
TUNING_IMAGES = 240
ENOUGH = 100
"""Held-back images; on fewer no thresholds are chosen where a bundle brings some, which are better than chance."""


def convert(
    sources: Sequence[Source],
    out: Source,
    conversion: Conversion = PLAIN,
    *,
    name: str | None = None,
    data: Source | None = None,
    console: Console = CONSOLE,
) -> Path:
    """Convert trained networks to a bundle folder, which is replaced whole.

    Args:
        sources: see `read_sources`.
        out: the bundle.
        conversion: variants, window and what else is asked for.
        name: the bundle's name; by default the folder's.
        data: the dataset, where it is no longer where the runs found it; for a bundle alone any that fits.
        console: gets one line per finished part, and shows how far longer work is.

    Raises:
        ConfigError: see `read_sources`; also another backend than TensorFlow, a bad window or a bad variant.
        DatasetError: the dataset is gone or bad.
        BundleError: a converted file is not what devices need, or differs too much from Keras.
    """
    needs_tensorflow()
    _check_variants(conversion.variants)
    check_place(Path(out))
    plan = read_sources(sources, data)
    window = conversion.window or (plan.base.segmenter.window if plan.base else SHAPE[0])
    if segmenter := plan.networks.get("segmenter"):
        check_window(window, segmenter.config.model)
    wanted = replace(conversion, window=window)
    made = {name: convert_part(plan, name, wanted, console) for name in plan.networks}
    parts = made | {name: kept_part(plan, name) for name in plan.kept}
    files = {kind: part.files[0] for kind, part in parts.items()}
    points, scores = _tuned(plan, files, conversion.ship_share, console)
    manifest = (plan.base.manifest if plan.base else {}) | {
        "format": FORMAT,
        "name": name or Path(out).name,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "models": {kind: parts[kind].entry for kind in MODELS if kind in parts},
        "preprocessing": PREPROCESSING,
        "thresholds": asdict(points["careful"]),
        "points": {name: asdict(points[name]) for name in POINTS[1:] if name in points},
        "versions": versions(),
    }
    manifest["parity"] = manifest.get("parity", {}) | {kind: part.parity for kind, part in made.items()}
    manifest["scores"] = manifest.get("scores", {}) | scores
    for part in made.values():
        manifest["scores"] |= part.scores
    contents = {name: content for part in parts.values() for name, content in part.on_disk.items()}
    return write_bundle(Path(out), manifest, contents)


def _check_variants(variants: Sequence[str]) -> None:
    for variant in variants:
        if variant not in QUANTIZE:
            raise ConfigError(f"variant is {variant!r}, expected {', '.join(QUANTIZE[:-1])} or {QUANTIZE[-1]}")
    if not variants or len(set(variants)) < len(variants):
        raise ConfigError(f"variants are {', '.join(variants) or 'none at all'}, expected each once")


def _tuned(
    plan: Plan, files: dict[str, ModelFile], ship_share: float, console: Console
) -> tuple[dict[str, Thresholds], dict[str, Any]]:
    """Operating points of the new bundle, and its scores on held-back images.

    Where a bundle is there its thresholds stay if its own networks were converted again, or if too few images are held
    back to choose others.
    """
    images = pick_evenly(tuning_split(plan).validation, TUNING_IMAGES)
    search, note = EVERYTHING, ""
    if plan.base is not None:
        if len(images) < ENOUGH:
            search = Search((plan.base.thresholds,), (), plan.base.points)
            note = f" kept, {ENOUGH} held-back images are needed to choose others"
        elif plan.again:
            search = Search((plan.base.thresholds,), ())
        else:
            search = Search((START, plan.base.thresholds))
    detector, segmenter, *rest = (open_model(files[kind], os.cpu_count() or 1) for kind in MODELS if kind in files)
    judges = Judges(detector, segmenter, Refiner(rest[0]) if rest else None)
    points, scores = tune(judges, images, search, ship_share, console.progress)
    by_point = scores.pop("points")
    console.report(f"thresholds {json.dumps(asdict(points['careful']))}{note}; validation {json.dumps(scores)}")
    for name, figures in by_point.items():
        console.report(f"{name}: {json.dumps(figures)}")
    return points, {"validation": scores | {"ship_share": ship_share}, "points": by_point}
