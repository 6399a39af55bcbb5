"""One model of a new bundle: converted, checked, compared with Keras; or as it was."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge.backends import open_model
from shipedge.bundle import Bundle, ModelFile
from shipedge.errors import BundleError
from shipedge_train.export.graph import check_graph
from shipedge_train.export.networks import Network
from shipedge_train.export.parity import answers, compare, layer_errors, refusal, sentence
from shipedge_train.export.scorer import SHIP_SHARE
from shipedge_train.export.sources import Plan
from shipedge_train.export.tflite import model_file, to_tflite
from shipedge_train.export.writer import described, entry_of, file_name
from shipedge_train.progress import Console
from shipedge_train.runs.bundle_weights import pack, read_weights
from shipedge_train.tasks import MODELS, BundleModel
from shipedge_train.tasks.contract import Fixed, Tile

CALIBRATION_TILES = 120
PARITY_TILES = 180
VARIANTS = ("int8", "float16")
_TABLE_TILES = 3


@dataclass(frozen=True)
class Conversion:
    """What a conversion is asked for.

    Attributes:
        variants: "int8" (uint8 in and out), "float16" or "none" (float32 in and out); the first runs where nothing else
            is chosen.
        window: side of the segmenter's window, pixels; 0: that of the bundle among the sources, or 768.
        ship_share: share of images with ships where the bundle will be used: thresholds are chosen for it.
        allow_drop: write a variant that differs too much from Keras, too.
    """

    variants: Sequence[str] = VARIANTS
    window: int = 0
    ship_share: float = SHIP_SHARE
    allow_drop: bool = False


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


def convert_part(plan: Plan, name: str, wanted: Conversion, console: Console) -> Part:
    """A network as a model of the bundle, in every variant.

    A file that the bundle among the sources has already, of the same network, shapes and numbers, stays what it is: the
    bundle's thresholds were chosen with it.

    Args:
        plan: the network is in it.
        name: of the model.
        wanted: what is asked of every model.
        console: see `convert`.

    Raises:
        BundleError: a file is not what devices need, or differs too much from Keras.
    """
    model, network = MODELS[name], plan.networks[name]
    fixed = model.fixed(network.whole, network.config.model.reduce, wanted.window)
    tiles = model.tiles(fixed, network.split.validation, PARITY_TILES, ())
    ours = answers(fixed.model, console.progress(iter(tiles), len(tiles), f"Keras, {name}"))
    before = _files(plan.base, name) if plan.base is not None and plan.again else {}
    files: list[ModelFile] = []
    parity: dict[str, Any] = {}
    for variant in wanted.variants:
        file_at = file_name(name, variant, first=not files)
        if variant in before and _fits(fixed, before[variant]):
            file, how = replace(before[variant], name=file_at), "as it was"
        else:
            calibration = calibration_tiles(model, fixed, network) if variant == "int8" else []
            file, how = model_file(fixed, file_at, variant, calibration), variant
            check_graph(file_at, variant, file.content)
        figures = compare(model, ours, open_model(file, os.cpu_count() or 1), tiles)
        if (reason := refusal(figures)) is not None:
            _complain(fixed, file, tiles[:_TABLE_TILES], reason, wanted, console)
            figures["allowed"] = reason
        parity[variant] = figures
        files.append(file)
        console.report(f"{file_at}: {how}, {len(file.content):,} bytes; {sentence(figures)}")
    own = model.own_scores(fixed.network, network.split.validation, len(tiles))
    weights, packed = plan.weights_name(name), pack(fixed.network)
    entry = entry_of(files, fixed.model.count_params()) | {
        "weights": {"network": network.task.name, "model": asdict(network.config.model), **described(weights, packed)},
        "data": network.data,
    }
    on_disk = {file.name: file.content for file in files} | {weights: packed}
    return Part(files, entry, on_disk, parity, {name: own} if own else {})


def calibration_tiles(model: BundleModel, fixed: Fixed, network: Network) -> list[NDArray[np.uint8]]:
    """What int8 learns its ranges from: what the model sees of training images."""
    seed = (network.config.train.seed,)
    return [tile.pixels for tile in model.tiles(fixed, network.split.training, CALIBRATION_TILES, seed)]


def kept_part(plan: Plan, name: str) -> Part:
    """A model of the bundle as it is, with the variants that the whole bundle has."""
    assert plan.base is not None
    assert plan.place is not None
    files = list(_files(plan.base, name).values())
    entry = dict(plan.base.manifest["models"][name])
    if variants := {q: v for q, v in entry.pop("variants", {}).items() if q in plan.base.variants}:
        entry["variants"] = variants
    on_disk = {file.name: file.content for file in files}
    if entry.get("weights"):
        weights, content = read_weights(plan.place, plan.base.manifest, name)
        on_disk[weights] = content
    return Part(files, entry, on_disk, {}, {})


def _files(bundle: Bundle, name: str) -> dict[str, ModelFile]:
    """The files of a model by variant, the one that runs where nothing else is chosen first."""
    index = list(MODELS).index(name)
    sets = [[*models] for models in (bundle.models, *bundle.variants.values())]
    return {models[index].quantize: models[index] for models in sets}


def _fits(fixed: Fixed, file: ModelFile) -> bool:
    """A file sees and says what the network does, and devices can run it."""
    shapes = [tuple(shape[1:]) for shape in (fixed.model.input_shape, fixed.model.output_shape)]
    if [file.input[1:], file.output[1:], file.reduce] != [*shapes, fixed.reduce]:
        return False
    try:
        check_graph(file.name, file.quantize, file.content)
    except BundleError:
        return False
    return True


def _complain(
    fixed: Fixed, file: ModelFile, tiles: Sequence[Tile], reason: str, wanted: Conversion, console: Console
) -> None:
    """Show where a file goes astray, and refuse it unless that is allowed."""
    for line in layer_errors(to_tflite(fixed.model, "none", []), file.content, tiles):
        console.report(line)
    if not wanted.allow_drop:
        raise BundleError(
            f"{file.name} ({file.quantize}) is not what Keras says: {reason}; --allow-drop writes it all the same"
        )
