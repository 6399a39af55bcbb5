"""One model of a new bundle: converted, checked, compared with Keras; or as it was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from shipedge.backends import open_model
from shipedge.bundle import Bundle, ModelFile
from shipedge.errors import BundleError
from shipedge_train.dataset import pick_evenly
from shipedge_train.export.graph import check_graph
from shipedge_train.export.networks import Fixed, fixed
from shipedge_train.export.parity import Tile, answers, compare, layer_errors, refusal
from shipedge_train.export.sources import KINDS, Plan
from shipedge_train.export.tflite import to_tflite
from shipedge_train.export.thresholds import Progress
from shipedge_train.export.tiles import calibration_tiles, held_back_tiles
from shipedge_train.export.writer import described, entry_of, file_name
from shipedge_train.scoring import evaluate
from shipedge_train.weights import pack, read_weights

_TABLE_TILES = 3

Report = Callable[[str], None]


@dataclass(frozen=True)
class Work:
    """What is asked of every model.

    Attributes:
        variants: "int8", "float16" or "none"; the first runs where nothing else is chosen.
        allow_drop: a file that differs too much from Keras is written all the same.
        report: called with one line per finished part.
        progress: shows how far longer work is.
    """

    variants: Sequence[str]
    allow_drop: bool
    report: Report
    progress: Progress


@dataclass(frozen=True)
class Part:
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


def convert_part(plan: Plan, kind: str, window: int, work: Work) -> Part:
    """A network as the model `kind`, in every variant.

    A file that the bundle among the sources has already, of the same network, shapes and numbers, stays what it is: the
    bundle's thresholds were chosen with it.

    Args:
        plan: the network is in it.
        kind: "detector", "segmenter" or "refiner".
        window: side of what the model sees of a frame, pixels (a refiner has its own size).
        work: what is asked.

    Raises:
        BundleError: a file is not what devices need, or differs too much from Keras.
    """
    network = plan.networks[kind]
    one = fixed(network, kind, window)
    tiles = held_back_tiles(one, network)
    ours = answers(one.model, work.progress(iter(tiles), len(tiles), f"Keras, {kind}"))
    there = _files(plan.base, kind) if plan.base is not None and plan.again else {}
    files: list[ModelFile] = []
    parity: dict[str, Any] = {}
    for variant in work.variants:
        name = file_name(kind, variant, first=not files)
        if variant in there and _fits(one, there[variant]):
            file, how = replace(there[variant], name=name), "as it was"
        else:
            calibration = calibration_tiles(one, network) if variant == "int8" else []
            file, how = one.file(name, variant, calibration), variant
            check_graph(name, variant, file.content)
        figures = compare(kind, ours, open_model(file, os.cpu_count() or 1), tiles)
        if (reason := refusal(figures)) is not None:
            _complain(one, file, tiles[:_TABLE_TILES], reason, work)
            figures["allowed"] = reason
        parity[variant] = figures
        files.append(file)
        work.report(f"{name}: {how}, {len(file.content):,} bytes; parity {json.dumps(figures)}")
    scores: dict[str, Any] = {}
    if kind == "refiner":
        held_back = pick_evenly([picture for picture in network.split.validation if picture.ships], len(tiles))
        values = evaluate(one.network, kind, held_back)
        scores["refiner"] = {key: round(value, 4) for key, value in values.items() if key != "score"}
    weights, packed = plan.weights_name(kind), pack(one.network)
    entry = entry_of(files, one.model.count_params()) | {
        "weights": {"network": network.kind, "model": asdict(network.config.model), **described(weights, packed)},
        "data": network.data,
    }
    return Part(files, entry, {file.name: file.content for file in files} | {weights: packed}, parity, scores)


def kept_part(plan: Plan, kind: str) -> Part:
    """A model of the bundle as it is, with the variants that the whole bundle has."""
    assert plan.base is not None
    assert plan.place is not None
    files = list(_files(plan.base, kind).values())
    entry = dict(plan.base.manifest["models"][kind])
    if variants := {q: v for q, v in entry.pop("variants", {}).items() if q in plan.base.variants}:
        entry["variants"] = variants
    on_disk = {file.name: file.content for file in files}
    if entry.get("weights"):
        path, content = read_weights(plan.place, plan.base.manifest, kind)
        on_disk[path.name] = content
    return Part(files, entry, on_disk, {}, {})


def _files(bundle: Bundle, kind: str) -> dict[str, ModelFile]:
    """The files of a model by variant, the one that runs where nothing else is chosen first."""
    index = KINDS.index(kind)
    sets = [[*models] for models in (bundle.models, *bundle.variants.values())]
    return {models[index].quantize: models[index] for models in sets}


def _fits(one: Fixed, file: ModelFile) -> bool:
    """A file sees and says what the network does, and devices can run it."""
    shapes = [tuple(shape[1:]) for shape in (one.model.input_shape, one.model.output_shape)]
    if [file.input[1:], file.output[1:], file.reduce] != [*shapes, one.reduce]:
        return False
    try:
        check_graph(file.name, file.quantize, file.content)
    except BundleError:
        return False
    return True


def _complain(one: Fixed, file: ModelFile, tiles: Sequence[Tile], reason: str, work: Work) -> None:
    """Show where a file goes astray, and refuse it unless that is allowed."""
    for line in layer_errors(to_tflite(one.model, "none", []), file.content, tiles):
        work.report(line)
    if not work.allow_drop:
        raise BundleError(
            f"{file.name} ({file.quantize}) is not what Keras says: {reason}; --allow-drop writes it all the same"
        )
