"""A bundle is a folder: two or three .tflite files and manifest.json, which says everything else.

Every bundle has a detector and a segmenter, most have a refiner too.
Every file is read once, its SHA-256 compared with the manifest, and the models are built from those same bytes. A
TFLite file with flipped bits may load and run with wrong answers, and a truncated one can crash the runtime: only the
checksum tells.
"""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path
from typing import IO, Any, Literal, Protocol

from shipedge.bundle.contents import NUMBERS, PATCH, POINTS, QUANTIZE, Bundle, ModelFile, Models
from shipedge.bundle.manifest import get, get_shape, get_thresholds
from shipedge.errors import BundleError
from shipedge.files.json_text import loads
from shipedge.files.shorten import shorten
from shipedge.tiling import CELL

__all__ = ["FORMAT", "PREPROCESSING", "default_bundle", "load_bundle", "read_content", "read_manifest"]

FORMAT = 1
MAX_MANIFEST, MAX_MODEL = 1 << 20, 1 << 31
"""Bytes of files; of a FlatBuffer no runtime takes more."""
PREPROCESSING = {"color": "RGB", "dtype": "uint8", "range": [0, 255], "normalization": "inside the graph"}


class Folder(Protocol):
    """What a bundle is read from: a Path, or a folder inside an installed (perhaps zipped) package."""

    def joinpath(self, name: str, /) -> Folder:
        """The file of this name."""
        ...

    def is_file(self) -> bool:
        """There is a regular file."""
        ...

    def open(self, mode: Literal["rb"], /) -> IO[bytes]:
        """The file, open for reading."""
        ...


def default_bundle() -> Bundle:
    """The bundle that ships with the package. Raises BundleError when this installation has none."""
    folder = resources.files("shipedge") / "bundles" / "default"
    if not folder.joinpath("manifest.json").is_file():
        raise BundleError("this installation of shipedge has no default bundle: choose one with --bundle DIR")
    return _read_bundle(folder, trusted=True)


def load_bundle(path: str | Path) -> Bundle:
    """Reads and verifies the bundle in the folder `path`.

    Nothing of it is run here. A model is a program all the same: use bundles of people whose programs you would run.

    Raises:
        BundleError: a file is missing, damaged or not what the manifest says; the message names it.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise BundleError(f"no bundle at {folder}: expected a folder with manifest.json and two .tflite files")
    return _read_bundle(folder, trusted=False)


def _read_bundle(folder: Folder, *, trusted: bool) -> Bundle:
    manifest = read_manifest(folder)
    found = get(manifest, "format", int)
    if found != FORMAT:
        raise BundleError(f"manifest.json: bundle format {shorten(found)}, but this shipedge reads format {FORMAT}")
    for key, wanted in PREPROCESSING.items():
        if (value := get(manifest, f"preprocessing.{key}", object)) != wanted:
            raise BundleError(
                f"manifest.json: preprocessing.{key} is {shorten(value)}, but this shipedge prepares {wanted!r}"
            )
    kinds = ["detector", "segmenter", *(["refiner"] if "refiner" in get(manifest, "models", dict) else [])]
    files = {kind: _read_model(folder, manifest, kind, trusted) for kind in kinds}
    _check_shapes(**{kind: first for kind, (first, *_) in files.items()})
    variants = {
        name: Models(*(next(file for file in files[kind] if file.quantize == name) for kind in kinds))
        for name in QUANTIZE
        if all(any(file.quantize == name for file in files[kind]) for kind in kinds)
    }
    points = {"careful": get_thresholds(manifest, "thresholds")}
    given = get(manifest, "points", dict) if "points" in manifest else {}
    for name in POINTS[1:]:
        if name in given:
            points[name] = get_thresholds(manifest, f"points.{name}")
    if unknown := [name for name in given if name not in POINTS[1:]]:
        raise BundleError(
            f"manifest.json: points.{shorten(unknown[0])} is not known, expected {' or '.join(POINTS[1:])}"
        )
    return Bundle(get(manifest, "name", str), Models(*(files[kind][0] for kind in kinds)), points, manifest, variants)


def read_manifest(folder: Folder) -> dict[str, Any]:
    """The manifest of a bundle as it is; raises BundleError where it is none."""
    content = _read_file(folder, "manifest.json", MAX_MANIFEST + 1)
    if len(content) > MAX_MANIFEST:
        raise BundleError(f"manifest.json in {folder} is over {MAX_MANIFEST >> 20} MiB long, expected a few KB")
    try:
        manifest = loads(content)
    except ValueError as error:
        raise BundleError(f"manifest.json in {folder} is not JSON ({error})") from None
    if not isinstance(manifest, dict):
        raise BundleError(f"manifest.json in {folder}: expected an object, found {type(manifest).__name__}")
    return manifest


def _read_model(folder: Folder, manifest: dict[str, Any], kind: str, trusted: bool) -> list[ModelFile]:
    """The files of one network: the one that runs where nothing else is chosen, and its variants."""
    key = f"models.{kind}"
    entry = get(manifest, key, dict)
    shape_in, shape_out = get_shape(manifest, f"{key}.input", channels=3), get_shape(manifest, f"{key}.output", 1)
    reduce = get(manifest, f"{key}.reduce", int) if "reduce" in entry else 1
    if reduce not in ((1, 2) if kind == "detector" else (1,)):
        raise BundleError(f"manifest.json: {key}.reduce is {shorten(reduce)}, expected 1, or of a detector 2")
    quantize = get(manifest, f"{key}.quantize", str)
    if quantize not in QUANTIZE:
        raise BundleError(
            f"manifest.json: {key}.quantize is {shorten(quantize)}, expected one of {', '.join(QUANTIZE)}"
        )
    places = {quantize: key}
    for name in get(manifest, f"{key}.variants", dict) if "variants" in entry else ():
        if name not in QUANTIZE or name == quantize:
            raise BundleError(
                f"manifest.json: {key}.variants has {shorten(name)}, expected other ones of {', '.join(QUANTIZE)}"
            )
        places[name] = f"{key}.variants.{name}"
    return [
        ModelFile(*read_content(folder, manifest, place), shape_in, shape_out, name, trusted, reduce)
        for name, place in places.items()
    ]


def read_content(folder: Folder, manifest: dict[str, Any], key: str) -> tuple[str, bytes]:
    """Name and verified bytes of the file that the manifest names at `key`; raises BundleError."""
    name = get(manifest, f"{key}.file", str)
    if not name or name in (".", "..") or any(c in name for c in "/\\:\0"):
        raise BundleError(f"manifest.json: {key}.file is {shorten(name)}, expected a plain file name inside the bundle")
    sha256, size = get(manifest, f"{key}.sha256", str), get(manifest, f"{key}.bytes", int)
    if not 0 < size <= MAX_MODEL:
        raise BundleError(f"manifest.json: {key}.bytes is {shorten(size)}, expected 1 to {MAX_MODEL}")
    content = _read_file(folder, name, size + 1)
    if len(content) != size:
        found = f"{len(content)} bytes" if len(content) < size else "more bytes"
        raise BundleError(f"{name} in {folder} is damaged: {found}, the manifest says {size}")
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256.lower():
        raise BundleError(
            f"{name} in {folder} is damaged: its SHA-256 is {digest[:12]}..., the manifest says {sha256[:12]}..."
        )
    return name, content


def _check_shapes(detector: ModelFile, segmenter: ModelFile, refiner: ModelFile | None = None) -> None:
    """What the models turn into what must fit together."""
    _check_square("detector", detector)
    _check_square("segmenter", segmenter)
    if refiner is not None and (refiner.input[1:3], refiner.output) != (PATCH, (1, 1, NUMBERS, 1)):
        raise BundleError(
            f"manifest.json: the refiner turns {refiner.input} into {refiner.output}, expected {(1, *PATCH, 3)} into "
            f"{(1, 1, NUMBERS, 1)}"
        )
    side, (_, rows, cols, _) = detector.window, detector.output
    if (rows, cols) != (side // CELL, side // CELL):
        raise BundleError(
            f"manifest.json: the detector turns {side} pixels into {rows}x{cols} cells, expected one per {CELL} pixels"
        )
    if segmenter.output[1:3] != segmenter.input[1:3]:
        raise BundleError(
            f"manifest.json: the segmenter's output {segmenter.output[1:3]} is not the size of its input "
            f"{segmenter.input[1:3]}"
        )


def _check_square(kind: str, model: ModelFile) -> None:
    """What slides over a frame is square, and its side is a whole number of cells."""
    _, height, width, _ = model.input
    if height != width or model.window % CELL or model.window <= 2 * CELL:
        raise BundleError(
            f"manifest.json: models.{kind}.input is {model.input}, expected a square whose side is a multiple of "
            f"{CELL} and at least {3 * CELL}"
        )


def _read_file(folder: Folder, name: str, most: int) -> bytes:
    """At most so many bytes; a pipe or a device, which may never end, is no file."""
    try:
        file = folder.joinpath(name)
        if not file.is_file():
            raise BundleError(f"{name} is missing in the bundle {folder}, or is no regular file")
        with file.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise BundleError(f"cannot read {name} in the bundle {folder}: {error.strerror}") from None
    except ValueError:  # half of a pair of surrogates, which no file system takes
        raise BundleError(f"manifest.json: {shorten(name)} cannot be the name of a file") from None
