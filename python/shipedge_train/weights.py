"""Trained weights that travel: a bundle carries those of its models, so that others can train on from them."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shipedge.errors import ConfigError
from shipedge.json_text import loads
from shipedge_train import runs
from shipedge_train.imagenet import NAME, load_imagenet
from shipedge_train.npz import read_arrays
from shipedge_train.splits import Split

MANIFEST = "manifest.json"


def pack(model: keras.Model) -> bytes:
    """All weights as one file: kernels as float16, whose error is far below a step of training, the rest as it is."""
    arrays = [w.astype(np.float16) if w.ndim > 1 else w for w in model.get_weights()]
    buffer = io.BytesIO()
    np.savez_compressed(buffer, *arrays)
    return buffer.getvalue()


def learned_from(manifest: dict[str, Any], kind: str) -> dict[str, Any]:
    """What the manifest of a bundle says of the data that a model learned from: its own, or that of the bundle."""
    model = manifest["models"].get(kind)
    own = model.get("data", manifest.get("data")) if isinstance(model, dict) else manifest.get("data")
    return own if isinstance(own, dict) else {}


def load_mean(
    model: keras.Model,
    sources: Sequence[str | os.PathLike[str]],
    kind: str,
    data: str | os.PathLike[str],
    split: Split,
    build: Callable[[str], keras.Model],
) -> None:
    """Give a model the mean of the weights of several sources, which should have a start in common.

    Runs that went different ways from one point lie in one valley, and its middle is better than its slopes (model
    soups: Wortsman et al., ICML 2022).

    Args:
        model: see `load_initial`.
        sources: at least one.
        kind: see there,
        data: too,
        split: too,
        build: too.

    Raises:
        ConfigError: see there.
    """
    given = []
    for source in sources:
        load_initial(model, source, kind, data, split, build)
        given.append(model.get_weights())
    model.set_weights([np.mean(alike, axis=0) for alike in zip(*given, strict=True)])


def load_initial(
    model: keras.Model,
    source: str | os.PathLike[str],
    kind: str,
    data: str | os.PathLike[str],
    split: Split,
    build: Callable[[str], keras.Model],
) -> None:
    """Give a model the weights that a new run starts from.

    A cascade may start from a segmenter (its presence head then starts anew), and a segmenter from a cascade.

    Args:
        model: a network of that kind.
        source: a run folder (its best weights), a bundle that carries weights, or "imagenet" (see `imagenet`).
        kind: "detector", "segmenter" or "cascade".
        data: the dataset that the new run learns from, and
        split: its sides.
        build: makes a network of any kind with the widths of `model`.

    Raises:
        ConfigError: neither, damaged, of another network, or trained with another split of the same data.
    """
    if str(source) == NAME:
        load_imagenet(model)
        return
    place = Path(source)
    load: Callable[[keras.Model], None]
    if (place / MANIFEST).is_file():
        manifest = _manifest(place, kind)
        giver = str(_entry(manifest, kind).get("network", kind))
        learned = learned_from(manifest, kind)
        load = partial(load_weights, place, manifest, kind)
    else:
        run = runs.read_run(place)
        giver, learned = run.kind, run.data | {"split": runs.split_record(run)}
        load = partial(runs.load_best, run=run)
    if giver != kind and {giver, kind} != {"segmenter", "cascade"}:
        raise ConfigError(f"{source} holds the {giver}, not the {kind}")
    if learned.get("ships_csv_sha256") == runs.ships_digest(data):  # another dataset has no picture that could leak
        runs.check_split(place, learned.get("split", {}), split)
    # Not `model` itself: it has an optimizer, to which Keras would give the state that the run's own ended in.
    donor = build(giver)
    load(donor)
    given = {layer.name: layer.get_weights() for layer in donor.layers}
    for layer in model.layers:
        if layer.name in given:
            layer.set_weights(given[layer.name])


def load_weights(bundle: Path, manifest: dict[str, Any], kind: str, model: keras.Model) -> None:
    """Give a network of a bundle its weights.

    Args:
        bundle: the folder.
        manifest: of it.
        kind: the model that the network is behind.
        model: the network, built as it was.

    Raises:
        ConfigError: missing, damaged or of another network.
    """
    path, content = read_weights(bundle, manifest, kind)
    try:
        arrays = read_arrays(content)
        weights = [arrays[f"arr_{i}"].astype(np.float32) for i in range(len(arrays))]
        if not all(np.isfinite(w).all() for w in weights):
            raise ValueError("some are no numbers")
        model.set_weights(weights)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is damaged or of another network: {str(error).splitlines()[0]}") from None


def _entry(manifest: dict[str, Any], kind: str) -> dict[str, Any]:
    """What the manifest says of the weights for a kind; those of a cascade are named with both of its models."""
    entry: dict[str, Any] = manifest["models"].get("segmenter" if kind == "cascade" else kind, {}).get("weights")
    return entry


def _manifest(bundle: Path, kind: str) -> dict[str, Any]:
    """The manifest, which has an entry for the weights of that kind."""
    try:
        manifest: dict[str, Any] = loads((bundle / MANIFEST).read_bytes())
        entry = _entry(manifest, kind)
        if entry is not None:
            str(entry["file"]), str(entry["sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{bundle / MANIFEST} is damaged: {error!r}") from None
    if entry is None:
        raise ConfigError(f"the bundle {bundle} carries no weights of the {kind} to start from")
    return manifest


def read_weights(bundle: Path, manifest: dict[str, Any], kind: str) -> tuple[Path, bytes]:
    """The weights file of a bundle, compared with the checksum in the manifest.

    Raises:
        ConfigError: the manifest names no plain file, or the file is missing or damaged.
    """
    try:
        name, digest = (str(_entry(manifest, kind)[key]) for key in ("file", "sha256"))
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{bundle / MANIFEST} is damaged: {error!r}") from None
    if Path(name).name != name:
        raise ConfigError(f"{bundle / MANIFEST}: weights file is {name!r}, expected a plain file name")
    try:
        content = (bundle / name).read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {bundle / name}: {error.strerror}") from None
    except ValueError:  # half of a pair of surrogates, a NUL
        raise ConfigError(f"{bundle / MANIFEST}: weights file is {name!r}, expected the name of a file") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise ConfigError(f"{bundle / name} is damaged: its SHA-256 is not the one in the manifest")
    return bundle / name, content
