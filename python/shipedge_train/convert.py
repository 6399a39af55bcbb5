"""One or two training runs to one bundle: two .tflite files and the manifest that describes and vouches for them.

Each network is rebuilt in float32 at a fixed size, given its best weights and converted. Full-integer files are
calibrated with tiles of the training split; then everything is compared with Keras on tiles of the validation split.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.atomic import hidden_folder
from shipedge.backends import Model, open_model
from shipedge.bundle import FORMAT, PREPROCESSING, ModelFile, load_bundle
from shipedge.errors import BundleError, ConfigError
from shipedge_train import runs
from shipedge_train.dataset import SHAPE, Picture, pick_evenly, read_dataset
from shipedge_train.models import from_afar, near_and_far
from shipedge_train.objective import OUTPUTS
from shipedge_train.parity import compare
from shipedge_train.splits import Split, split_pictures
from shipedge_train.train import build
from shipedge_train.tune import SHIP_SHARE, tune
from shipedge_train.weights import pack

CALIBRATION_TILES = 120
PARITY_PICTURES = 48
TUNING_PICTURES = 240

Tiles = list[NDArray[np.uint8]]
Report = Callable[[str], None]


def convert(
    run_folders: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    quantize: str = "int8",
    window: int = 768,
    ship_share: float = SHIP_SHARE,
    name: str | None = None,
    data: str | os.PathLike[str] | None = None,
    report: Report = print,
) -> Path:
    """Convert a detector run and a segmenter run to a bundle folder, which is replaced whole.

    Args:
        run_folders: a run of the detector and one of the segmenter, in any order, or one of the cascade; of two
            cascades the first gives the detector.
        out: the bundle.
        quantize: "int8" (uint8 in and out), "float16" or "none" (float32 in and out).
        window: side of the segmenter's window, pixels.
        ship_share: share of pictures with ships where the bundle will be used: thresholds are chosen for it.
        name: the bundle's name; by default the folder's.
        data: the dataset, where it is no longer where the runs found it.
        report: called with one line per finished part.

    Raises:
        ConfigError: neither one run of each kind nor one cascade, no weights, another backend than TensorFlow, bad
            window.
        DatasetError: the dataset is gone or bad.
        BundleError: a converted file is not what the format asks for.
    """
    needs_tensorflow()
    found = _runs(run_folders)
    check_window(window, found["segmenter"])
    check_place(Path(out))
    splits = {kind: split_of(run, data) for kind, run in found.items()}
    if found["detector"].data["ships_csv_sha256"] == found["segmenter"].data["ships_csv_sha256"]:
        runs.check_split(
            found["segmenter"].folder, runs.split_record(found["segmenter"]), splits["detector"]
        )  # thresholds are chosen on the detector's side
    sides = {"detector": SHAPE[0], "segmenter": window}
    files: dict[str, ModelFile] = {}
    weights: dict[str, bytes] = {}
    entries: dict[str, Any] = {}
    parity: dict[str, Any] = {}
    opened: dict[str, Model] = {}
    for kind, run in found.items():
        split = splits[kind]
        whole, model, files[kind] = convert_model(run, kind, sides[kind], quantize, split.training)
        opened[kind] = open_model(files[kind], os.cpu_count() or 1)  # also checks shapes and quantization
        shared = found["detector"] is found["segmenter"]
        packed_name = f"{run.kind if shared else kind}.weights.npz"
        weights[packed_name] = packed = pack(whole)
        entries[kind] = entry_of(files[kind], model.count_params())
        entries[kind]["weights"] = {"network": run.kind, **described(packed_name, packed)}
        tiles = held_back_tiles(pick_evenly(split.validation, PARITY_PICTURES), sides[kind])
        parity[kind] = compare(kind, model, opened[kind], tiles)
        report(f"{kind}: {len(files[kind].content):,} bytes; parity {json.dumps(parity[kind])}")
    thresholds, scores = tune(
        opened["detector"],
        opened["segmenter"],
        pick_evenly(splits["detector"].validation, TUNING_PICTURES),
        ship_share,
    )
    report(f"thresholds {json.dumps(asdict(thresholds))}; validation {json.dumps(scores)}")
    manifest = {
        "format": FORMAT,
        "name": name or Path(out).name,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "models": entries,
        "preprocessing": PREPROCESSING,
        "thresholds": asdict(thresholds),
        "versions": runs.versions(),
        "parity": parity,
        "scores": {"validation": scores | {"ship_share": ship_share}},
        "data": {k: v for k, v in found["segmenter"].data.items() if k != "folder"},
    }
    return write_bundle(Path(out), manifest, {file.name: file.content for file in files.values()} | weights)


def check_window(window: int, run: runs.Run) -> None:
    """Raises ConfigError where the network of a run cannot see windows of that side."""
    step = 64 * run.config.model.reduce
    if window % step or not 192 <= window <= SHAPE[0]:
        raise ConfigError(f"window is {window}, expected a multiple of {step} from 192 to {SHAPE[0]}")


def needs_tensorflow() -> None:
    """Raises ConfigError on any other backend."""
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(f"conversion needs KERAS_BACKEND=tensorflow, found {keras.backend.backend()}")


def convert_model(
    run: runs.Run, kind: str, side: int, quantize: str, training: Sequence[Picture]
) -> tuple[keras.Model, keras.Model, ModelFile]:
    """The run's network with its best weights, what of it makes the model `kind`, and that as a TFLite file."""
    whole, model = _load(run, kind, side)
    content = to_tflite(model, quantize, calibration_tiles(training, side, run.config.train.seed))
    output = (1, *(int(n) for n in model.output_shape[1:]))
    return whole, model, ModelFile(f"{kind}.tflite", content, (1, side, side, 3), output, quantize)  # type: ignore[arg-type]


def to_tflite(model: keras.Model, quantize: str, tiles: Tiles) -> bytes:
    """A TFLite file of a Keras model with fixed size.

    Args:
        model: float32, input 0..255.
        quantize: "int8", "float16" or "none".
        tiles: (h, w, 3) uint8, what int8 learns its ranges from.
    """
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if quantize == "int8":

        def representative() -> Iterator[list[NDArray[np.float32]]]:
            for tile in tiles:
                pixels = tile.copy()
                # The input scale comes from what is seen here: pictures without black and white would clip later ones.
                pixels[0, 0], pixels[0, 1] = 0, 255
                yield [pixels[None].astype(np.float32)]

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
    elif quantize == "float16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    elif quantize != "none":
        raise ConfigError(f"quantize is {quantize!r}, expected int8, float16 or none")
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):  # it prints every tensor
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs")
        content: bytes = converter.convert()
    return content


def calibration_tiles(training: Sequence[Picture], side: int, seed: int) -> Tiles:
    """Tiles of the training split, two thirds of them with ships: [(side, side, 3) uint8]."""
    rng = np.random.default_rng((seed, side))
    ships, empty = [p for p in training if p.ships], [p for p in training if not p.ships]
    chosen = pick_evenly(ships, CALIBRATION_TILES * 2 // 3) + pick_evenly(empty, CALIBRATION_TILES // 3)
    return [_tile(p, side, rng)[0] for p in chosen]


def held_back_tiles(pictures: Sequence[Picture], side: int) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Tiles of the validation split with their masks: [((side, side, 3), (side, side))]."""
    rng = np.random.default_rng(side)
    return [_tile(p, side, rng) for p in pictures]


def _tile(picture: Picture, side: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """One tile, around a ship pixel where the picture has ships."""
    pixels, mask = picture.pixels(), picture.mask()
    ys, xs = np.nonzero(mask) if mask.any() else (np.array([SHAPE[0] // 2]), np.array([SHAPE[1] // 2]))
    k = rng.integers(len(ys))
    top, left = (int(np.clip(v - side // 2, 0, SHAPE[0] - side)) for v in (ys[k], xs[k]))
    place = (slice(top, top + side), slice(left, left + side))
    return pixels[place], mask[place]


def split_of(run: runs.Run, data: str | os.PathLike[str] | None) -> Split:
    """The very split a run was trained with."""
    folder = data or run.data["folder"]
    split = split_pictures(folder, read_dataset(folder), run.config.data)
    runs.check_split(run.folder, runs.split_record(run), split)
    return split


def _runs(folders: Sequence[str | os.PathLike[str]]) -> dict[str, runs.Run]:
    """The run that each of the two models comes from; a cascade can give either or both."""
    found = [runs.read_run(folder) for folder in folders]
    pair = found * 2 if len(found) == 1 else found
    for first, second in (pair, pair[::-1]) if len(pair) == 2 else ():
        if first.kind in ("detector", "cascade") and second.kind in ("segmenter", "cascade"):
            return {"detector": first, "segmenter": second}
    kinds = ", ".join(run.kind for run in found) or "none"
    raise ConfigError(f"expected one run of the detector and one of the segmenter, or one cascade, found: {kinds}")


def _load(run: runs.Run, kind: str, side: int) -> tuple[keras.Model, keras.Model]:
    """The run's network in float32 with its best weights, and what of it makes the model `kind` of a fixed size."""
    reduce = run.config.model.reduce
    network = build(run.kind, run.config, side if reduce == 1 else None)
    runs.load_best(network, run)
    if reduce > 1:
        return network, (from_afar if kind == "detector" else near_and_far)(network, side, reduce)
    (name,) = OUTPUTS[kind]
    return network, network if run.kind == kind else keras.Model(network.inputs, network.output[name], name=kind)


def entry_of(file: ModelFile, parameters: int) -> dict[str, Any]:
    """What the manifest says of a model."""
    return {
        **described(file.name, file.content),
        "input": list(file.input),
        "output": list(file.output),
        "quantize": file.quantize,
        "parameters": parameters,
    }


def described(name: str, content: bytes) -> dict[str, Any]:
    """What the manifest says of any file."""
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def check_place(out: Path) -> None:
    """Nothing but a bundle is ever replaced. Raises BundleError where something else is there."""
    names = {entry.name for entry in out.iterdir()} if out.is_dir() else set()
    if (out.exists() and not out.is_dir()) or (names and "manifest.json" not in names):
        raise BundleError(f"{out} is there and is no bundle: choose another place")
    if others := sorted(name for name in names if name != "manifest.json" and not name.endswith((".tflite", ".npz"))):
        raise BundleError(
            f"{out} holds {others[0]}, which belongs to no bundle and would be lost: choose another place"
        )


def write_bundle(out: Path, manifest: dict[str, Any], files: Mapping[str, bytes]) -> Path:
    """Write the folder beside its place, read it back with every check, then move it there.

    Raises:
        BundleError: the folder cannot be written.
    """
    target = Path(os.path.realpath(out))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with hidden_folder(target.parent) as hidden:
            new, old = hidden / "new", hidden / "old"
            new.mkdir()
            for file, content in files.items():
                (new / file).write_bytes(content)
            (new / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
            load_bundle(new)
            if target.exists():
                target.replace(old)
            try:
                new.replace(target)
            finally:
                if old.exists() and not target.exists():
                    old.replace(target)
    except OSError as error:
        raise BundleError(f"cannot write the bundle {out}: {error.strerror}") from None
    return out
