"""A bundle on disk, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shipedge.bundle import ModelFile, load_bundle
from shipedge.errors import BundleError
from shipedge.files.atomic import hidden_folder


def file_name(kind: str, quantize: str, first: bool) -> str:
    """Name of a model's file: the one that runs where nothing else is chosen has the plain one."""
    return f"{kind}.tflite" if first else f"{kind}.{quantize}.tflite"


def entry_of(files: Sequence[ModelFile], parameters: int) -> dict[str, Any]:
    """What the manifest says of a model: of the file that runs where nothing else is chosen, and of its variants."""
    first, *others = files
    entry = described(first.name, first.content) | {
        "input": list(first.input),
        "output": list(first.output),
        "quantize": first.quantize,
        "parameters": parameters,
    }
    if first.reduce > 1:
        entry["reduce"] = first.reduce
    if others:
        entry["variants"] = {file.quantize: described(file.name, file.content) for file in others}
    return entry


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
