"""Runs, a bundle and runs, or a bundle alone -> one bundle: convert what is new, choose thresholds once, write once.

Each network is rebuilt in float32 at a fixed size, given its weights and converted to every variant. Full-integer files
are calibrated with tiles of the training split. The graph is checked, and what each file says is compared with Keras on
tiles of the validation split: a conversion that costs too much writes nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from shipedge.backends import open_model
from shipedge.bundle import FORMAT, POINTS, PREPROCESSING, QUANTIZE, ModelFile, Thresholds
from shipedge.errors import BundleError, ConfigError
from shipedge.refine import Refiner
from shipedge_train import runs
from shipedge_train.dataset import SHAPE, pick_evenly
from shipedge_train.export.graph import check_graph
from shipedge_train.export.networks import Fixed, Network, Source, check_window, fixed
from shipedge_train.export.parity import Tile, answers, compare, layer_errors, refusal
from shipedge_train.export.sources import KINDS, Plan, read_sources, tuning_split
from shipedge_train.export.tflite import needs_tensorflow, to_tflite
from shipedge_train.export.thresholds import DETECTOR, SEGMENTER, SHIP_SHARE, START, Progress, quietly, tune
from shipedge_train.export.tiles import calibration_tiles, held_back_tiles
from shipedge_train.export.writer import check_place, described, entry_of, file_name, write_bundle
from shipedge_train.scoring import evaluate
from shipedge_train.weights import pack, read_weights

VARIANTS = ("int8", "float16")
TUNING_PICTURES = 240
ENOUGH = 100
"""Held-back images; on fewer no thresholds are chosen where a bundle brings some, which are better than chance."""
_TABLE_TILES = 3

Report = Callable[[str], None]


def convert(
    sources: Sequence[Source],
    out: Source,
    *,
    variants: Sequence[str] = VARIANTS,
    window: int | None = None,
    ship_share: float = SHIP_SHARE,
    name: str | None = None,
    data: Source | None = None,
    allow_drop: bool = False,
    report: Report = print,
    progress: Progress = quietly,
) -> Path:
    """Convert trained networks to a bundle folder, which is replaced whole.

    Args:
        sources: see `read_sources`.
        out: the bundle.
        variants: "int8" (uint8 in and out), "float16" or "none" (float32 in and out); the first runs where nothing else
            is chosen.
        window: side of the segmenter's window, pixels; None takes that of the bundle among the sources, or 768.
        ship_share: share of images with ships where the bundle will be used: thresholds are chosen for it.
        name: the bundle's name; by default the folder's.
        data: the dataset, where it is no longer where the runs found it; for a bundle alone any that fits.
        allow_drop: write a variant that differs too much from Keras, too.
        report: called with one line per finished part.
        progress: shows how far longer work is.

    Raises:
        ConfigError: see `read_sources`; also another backend than TensorFlow, a bad window or a bad variant.
        DatasetError: the dataset is gone or bad.
        BundleError: a converted file is not what devices need, or differs too much from Keras.
    """
    needs_tensorflow()
    _check_variants(variants)
    check_place(Path(out))
    plan = read_sources(sources, data)
    window = window or (plan.base.segmenter.window if plan.base else SHAPE[0])
    if "segmenter" in plan.networks:
        check_window(window, plan.networks["segmenter"])
    made = {
        kind: _convert(
            kind,
            network,
            plan.weights_name(kind),
            window if kind == "segmenter" else SHAPE[0],
            variants,
            allow_drop,
            report,
            progress,
        )
        for kind, network in plan.networks.items()
    }
    kept = {
        kind: _kept(plan, kind)
        for kind in KINDS
        if kind not in made and plan.base and kind in plan.base.manifest["models"]
    }
    points, scores = _tuned(plan, {k: v.files[0] for k, v in {**made, **kept}.items()}, ship_share, report, progress)
    manifest = (plan.base.manifest if plan.base else {}) | {
        "format": FORMAT,
        "name": name or Path(out).name,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "models": {kind: {**made, **kept}[kind].entry for kind in KINDS if kind in made or kind in kept},
        "preprocessing": PREPROCESSING,
        "thresholds": asdict(points["careful"]),
        "points": {name: asdict(points[name]) for name in POINTS[1:] if name in points},
        "versions": runs.versions(),
    }
    manifest["parity"] = manifest.get("parity", {}) | {kind: part.parity for kind, part in made.items()}
    manifest["scores"] = manifest.get("scores", {}) | scores
    for part in made.values():
        manifest["scores"] |= part.scores
    files = {name: content for part in (*made.values(), *kept.values()) for name, content in part.on_disk.items()}
    return write_bundle(Path(out), manifest, files)


@dataclass(frozen=True)
class _Part:
    """A model of the new bundle.

    Attributes:
        files: its variants.
        entry: what the manifest says of it.
        on_disk: all its files with their content, also that of the weights.
        parity: with Keras, by variant.
        scores: of its own.
    """

    files: list[ModelFile]
    entry: dict[str, Any]
    on_disk: dict[str, bytes]
    parity: dict[str, Any]
    scores: dict[str, Any]


def _check_variants(variants: Sequence[str]) -> None:
    for variant in variants:
        if variant not in QUANTIZE:
            raise ConfigError(f"variant is {variant!r}, expected {', '.join(QUANTIZE[:-1])} or {QUANTIZE[-1]}")
    if not variants or len(set(variants)) < len(variants):
        raise ConfigError(f"variants are {', '.join(variants) or 'none at all'}, expected each once")


def _convert(
    kind: str,
    network: Network,
    weights: str,
    window: int,
    variants: Sequence[str],
    allow_drop: bool,
    report: Report,
    progress: Progress,
) -> _Part:
    """A network as the model `kind`, checked and compared in every variant."""
    one = fixed(network, kind, window)
    tiles = held_back_tiles(one, network)
    calibration = calibration_tiles(one, network) if "int8" in variants else []
    ours = answers(one.model, progress(iter(tiles), len(tiles), f"Keras, {kind}"))
    files: list[ModelFile] = []
    parity: dict[str, Any] = {}
    for variant in variants:
        file = one.file(file_name(kind, variant, first=not files), variant, calibration)
        check_graph(file.name, variant, file.content)
        figures = compare(kind, ours, open_model(file, os.cpu_count() or 1), tiles)
        if (reason := refusal(figures)) is not None:
            _complain(one, file, tiles[:_TABLE_TILES], reason, allow_drop, report)
            figures["allowed"] = reason
        parity[variant] = figures
        files.append(file)
        report(f"{file.name}: {variant}, {len(file.content):,} bytes; parity {json.dumps(figures)}")
    scores: dict[str, Any] = {}
    if kind == "refiner":
        held_back = pick_evenly([picture for picture in network.split.validation if picture.ships], len(tiles))
        values = evaluate(one.network, kind, held_back)
        scores["refiner"] = {key: round(value, 4) for key, value in values.items() if key != "score"}
    packed = pack(one.network)
    entry = entry_of(files, one.model.count_params()) | {
        "weights": {"network": network.kind, "model": asdict(network.config.model), **described(weights, packed)},
        "data": network.data,
    }
    return _Part(files, entry, {file.name: file.content for file in files} | {weights: packed}, parity, scores)


def _complain(
    one: Fixed, file: ModelFile, tiles: Sequence[Tile], reason: str, allow_drop: bool, report: Report
) -> None:
    """Show where a file goes astray, and refuse it unless that is allowed."""
    for line in layer_errors(to_tflite(one.model, "none", []), file.content, tiles):
        report(line)
    if not allow_drop:
        raise BundleError(
            f"{file.name} ({file.quantize}) is not what Keras says: {reason}; --allow-drop writes it all the same"
        )


def _kept(plan: Plan, kind: str) -> _Part:
    """A model of the bundle as it is, with the variants that the whole bundle has."""
    assert plan.base is not None
    assert plan.place is not None
    index = KINDS.index(kind)
    files = list(
        {
            file.name: file
            for models in (plan.base.models, *plan.base.variants.values())
            for file in [[*models][index]]
        }.values()
    )
    entry = dict(plan.base.manifest["models"][kind])
    if variants := {q: v for q, v in entry.pop("variants", {}).items() if q in plan.base.variants}:
        entry["variants"] = variants
    on_disk = {file.name: file.content for file in files}
    if entry.get("weights"):
        path, content = read_weights(plan.place, plan.base.manifest, kind)
        on_disk[path.name] = content
    return _Part(files, entry, on_disk, {}, {})


def _tuned(
    plan: Plan, files: dict[str, ModelFile], ship_share: float, report: Report, progress: Progress
) -> tuple[dict[str, Thresholds], dict[str, Any]]:
    """Operating points of the new bundle, and its scores on held-back images.

    Where a bundle is there its thresholds stay if its own networks were converted again, or if too few images are held
    back to choose others.
    """
    pictures = pick_evenly(tuning_split(plan).validation, TUNING_PICTURES)
    options: dict[str, Any] = {}
    note = ""
    if plan.base is not None:
        if len(pictures) < ENOUGH:
            options = {"starts": (plan.base.thresholds,), "groups": (), "points": plan.base.points}
            note = f" kept, {ENOUGH} held-back pictures are needed to choose others"
        elif plan.again:
            options = {"starts": (plan.base.thresholds,), "groups": ()}
        else:
            options = {"starts": (START, plan.base.thresholds), "groups": (DETECTOR, *SEGMENTER)}
    detector, segmenter, *rest = (open_model(files[kind], os.cpu_count() or 1) for kind in KINDS if kind in files)
    refiner = Refiner(rest[0]) if rest else None
    points, scores = tune(detector, segmenter, pictures, ship_share, refiner, **options, progress=progress)
    by_point = scores.pop("points")
    report(f"thresholds {json.dumps(asdict(points['careful']))}{note}; validation {json.dumps(scores)}")
    for name, figures in by_point.items():
        report(f"{name}: {json.dumps(figures)}")
    return points, {"validation": scores | {"ship_share": ship_share}, "points": by_point}
