"""Trained weights that travel: a bundle carries those of its models, so that others can train on from them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shipedge.errors import ConfigError
from shipedge_train import runs

MANIFEST = "manifest.json"


def pack(model: keras.Model) -> bytes:
    """All weights as one file: kernels as float16, whose error is far below a step of training, the rest as it is."""
    arrays = [w.astype(np.float16) if w.ndim > 1 else w for w in model.get_weights()]
    buffer = io.BytesIO()
    np.savez_compressed(buffer, *arrays)
    return buffer.getvalue()


def load_initial(model: keras.Model, source: str | os.PathLike[str], kind: str) -> None:
    """Give a model the weights that a new run starts from.

    Args:
        model: a network of that kind.
        source: a run folder (its best weights) or a bundle that carries weights.
        kind: "detector" or "segmenter".

    Raises:
        ConfigError: neither, damaged, or of another network.
    """
    if not (Path(source) / MANIFEST).is_file():
        runs.load_best(model, runs.read_run(source, kind))
        return
    path, content = _read(Path(source), kind)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            model.set_weights([file[f"arr_{i}"].astype(np.float32) for i in range(len(file.files))])
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path} is of another network: {str(error).splitlines()[0]}") from None


def _read(bundle: Path, kind: str) -> tuple[Path, bytes]:
    """The weights file of a bundle, compared with the checksum in the manifest."""
    try:
        manifest: dict[str, Any] = json.loads((bundle / MANIFEST).read_text(encoding="utf-8"))
        entry = manifest["models"][kind].get("weights")
        if entry is None:
            raise ConfigError(f"the bundle {bundle} carries no weights of the {kind} to start from")
        name, digest = str(entry["file"]), str(entry["sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{bundle / MANIFEST} is damaged: {error!r}") from None
    if Path(name).name != name:
        raise ConfigError(f"{bundle / MANIFEST}: weights file is {name!r}, expected a plain file name")
    try:
        content = (bundle / name).read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {bundle / name}: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise ConfigError(f"{bundle / name} is damaged: its SHA-256 is not the one in the manifest")
    return bundle / name, content
