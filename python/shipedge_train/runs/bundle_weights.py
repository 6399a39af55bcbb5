"""Trained weights that travel: a bundle carries those of its models, so that others can train on from them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shipedge.bundle.manifest import get
from shipedge.bundle.reading import read_content
from shipedge.errors import ConfigError
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
        BundleError: as `read_weights`.
        ConfigError: the weights are damaged or of another network.
    """
    name, content = read_weights(bundle, manifest, model)
    try:
        arrays = read_arrays(content)
        weights = [arrays[f"arr_{i}"].astype(np.float32) for i in range(len(arrays))]
        if not all(np.isfinite(w).all() for w in weights):
            raise ValueError("some are no numbers")
        network.set_weights(weights)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{bundle / name} is damaged or of another network: {str(error).splitlines()[0]}") from None


def read_weights(bundle: Path, manifest: dict[str, Any], model: str) -> tuple[str, bytes]:
    """Name and content of the weights file behind a model, verified like all files of a bundle.

    Raises:
        BundleError: the manifest names no plain file, or the file is missing or damaged.
    """
    return read_content(bundle, manifest, f"models.{model}.weights")


def weights_entry(manifest: dict[str, Any], model: str) -> dict[str, Any] | None:
    """What the manifest says of the weights behind a model, None where it says nothing.

    Raises:
        BundleError: the manifest is damaged.
    """
    entry = get(manifest, f"models.{model}", dict) if model in get(manifest, "models", dict) else {}
    return None if entry.get("weights") is None else get(manifest, f"models.{model}.weights", dict)
