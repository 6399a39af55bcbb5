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
from shipedge_train.splits import Split

MANIFEST = "manifest.json"


def pack(model: keras.Model) -> bytes:
    """All weights as one file: kernels as float16, whose error is far below a step of training, the rest as it is."""
    arrays = [w.astype(np.float16) if w.ndim > 1 else w for w in model.get_weights()]
    buffer = io.BytesIO()
    np.savez_compressed(buffer, *arrays)
    return buffer.getvalue()


def load_initial(
    model: keras.Model,
    source: str | os.PathLike[str],
    kind: str,
    data: str | os.PathLike[str],
    split: Split,
) -> None:
    """Give a model the weights that a new run starts from.

    Args:
        model: a network of that kind.
        source: a run folder (its best weights) or a bundle that carries weights.
        kind: "detector" or "segmenter".
        data: the dataset that the new run learns from, and
        split: its sides.

    Raises:
        ConfigError: neither, damaged, of another network, or trained with another split of the same data.
    """
    if not (Path(source) / MANIFEST).is_file():
        run = runs.read_run(source, kind)
        _check(Path(source), run.data | {"split": runs.split_record(run)}, data, split)
        runs.load_best(model, run)
        return
    manifest = _manifest(Path(source), kind)
    _check(Path(source), manifest.get("data", {}), data, split)
    path, content = _read(Path(source), manifest, kind)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            model.set_weights([file[f"arr_{i}"].astype(np.float32) for i in range(len(file.files))])
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path} is of another network: {str(error).splitlines()[0]}") from None


def _check(source: Path, learned: dict[str, Any], data: str | os.PathLike[str], split: Split) -> None:
    if learned.get("ships_csv_sha256") == runs.ships_digest(data):  # another dataset has no picture that could leak
        runs.check_split(source, learned.get("split", {}), split)


def _manifest(bundle: Path, kind: str) -> dict[str, Any]:
    """The manifest, which has an entry for the weights of that kind."""
    try:
        manifest: dict[str, Any] = json.loads((bundle / MANIFEST).read_text(encoding="utf-8"))
        entry = manifest["models"][kind].get("weights")
        if entry is not None:
            str(entry["file"]), str(entry["sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{bundle / MANIFEST} is damaged: {error!r}") from None
    if entry is None:
        raise ConfigError(f"the bundle {bundle} carries no weights of the {kind} to start from")
    return manifest


def _read(bundle: Path, manifest: dict[str, Any], kind: str) -> tuple[Path, bytes]:
    """The weights file of a bundle, compared with the checksum in the manifest."""
    name, digest = (str(manifest["models"][kind]["weights"][key]) for key in ("file", "sha256"))
    if Path(name).name != name:
        raise ConfigError(f"{bundle / MANIFEST}: weights file is {name!r}, expected a plain file name")
    try:
        content = (bundle / name).read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {bundle / name}: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise ConfigError(f"{bundle / name} is damaged: its SHA-256 is not the one in the manifest")
    return bundle / name, content
