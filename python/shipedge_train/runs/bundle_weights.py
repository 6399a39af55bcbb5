"""Trained weights that travel: a bundle carries those of its models, so that others can train on from them."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shipedge.errors import ConfigError
from shipedge.json_text import loads
from shipedge_train.runs.npz import read_arrays

MANIFEST = "manifest.json"


def pack(model: keras.Model) -> bytes:
    """All weights as one file: kernels as float16, whose error is far below a step of training, the rest as it is."""
    arrays = [w.astype(np.float16) if w.ndim > 1 else w for w in model.get_weights()]
    buffer = io.BytesIO()
    np.savez_compressed(buffer, *arrays)
    return buffer.getvalue()


def learned_from(manifest: dict[str, Any], model: str) -> dict[str, Any]:
    """What the manifest of a bundle says of the data that a model learned from: its own, or that of the bundle."""
    entry = manifest["models"].get(model)
    own = entry.get("data", manifest.get("data")) if isinstance(entry, dict) else manifest.get("data")
    return own if isinstance(own, dict) else {}


def load_weights(bundle: Path, manifest: dict[str, Any], model: str, network: keras.Model) -> None:
    """Give the network behind a model of a bundle its weights.

    Args:
        bundle: the folder.
        manifest: of it.
        model: name of the model.
        network: built as it was.

    Raises:
        ConfigError: missing, damaged or of another network.
    """
    path, content = read_weights(bundle, manifest, model)
    try:
        arrays = read_arrays(content)
        weights = [arrays[f"arr_{i}"].astype(np.float32) for i in range(len(arrays))]
        if not all(np.isfinite(w).all() for w in weights):
            raise ValueError("some are no numbers")
        network.set_weights(weights)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is damaged or of another network: {str(error).splitlines()[0]}") from None


def read_weights(bundle: Path, manifest: dict[str, Any], model: str) -> tuple[Path, bytes]:
    """The weights file of a bundle, compared with the checksum in the manifest.

    Raises:
        ConfigError: the manifest names no plain file, or the file is missing or damaged.
    """
    try:
        name, digest = (str(weights_entry(manifest, model)[key]) for key in ("file", "sha256"))
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


def read_manifest(bundle: Path, model: str) -> dict[str, Any]:
    """The manifest of a bundle that carries the weights behind a model.

    Raises:
        ConfigError: it is damaged, or has no weights of that model.
    """
    try:
        manifest: dict[str, Any] = loads((bundle / MANIFEST).read_bytes())
        entry = weights_entry(manifest, model)
        if entry is not None:
            str(entry["file"]), str(entry["sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{bundle / MANIFEST} is damaged: {error!r}") from None
    if entry is None:
        raise ConfigError(f"the bundle {bundle} carries no weights of the {model} to start from")
    return manifest


def weights_entry(manifest: dict[str, Any], model: str) -> Any:
    """What the manifest says of the weights behind a model, None where it says nothing."""
    return manifest["models"].get(model, {}).get("weights")
