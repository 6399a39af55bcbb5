"""A bundle is a folder: two or three .tflite files and manifest.json, which says everything else.

Every bundle has a detector and a segmenter, most have a refiner too.
Every file is read once, its SHA-256 compared with the manifest, and the models are built from those same bytes. A
TFLite file with flipped bits may load and run with wrong answers, and a truncated one can crash the runtime: only the
checksum tells.
"""

from __future__ import annotations

import hashlib
from dataclasses import MISSING, dataclass, fields
from importlib import resources
from pathlib import Path
from typing import IO, Any, Literal, Protocol, TypeVar

from shipedge.errors import BundleError
from shipedge.formats.shown import shown
from shipedge.json_text import loads
from shipedge.tiling import CELL

__all__ = ["Bundle", "ModelFile", "Thresholds", "default_bundle", "load_bundle"]

FORMAT = 1
PATCH = (64, 128)
"""Height and width of what a refiner sees, pixels."""
NUMBERS = 5
"""How many numbers a refiner says of it."""
MAX_AREA = 2**32 - 2
"""Pixels of the largest mask there can be."""
MAX_MANIFEST, MAX_MODEL = 1 << 20, 1 << 31
"""Bytes of files; of a FlatBuffer no runtime takes more."""
QUANTIZE = ("int8", "float16", "none")
PREPROCESSING = {"color": "RGB", "dtype": "uint8", "range": [0, 255], "normalization": "inside the graph"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on something counts, and what is done with the parts that are left.

    Attributes:
        picture: a frame whose best presence cell lies below has no ships, 0..1.
        cell: presence cells below are not segmented, 0..1.
        pixel: pixels below are not ship, 0..1.
        min_area: smaller components are dropped, pixels.
        small_area: components smaller than this must reach `small_score`, pixels; 0 asks none of them.
        small_score: mean probability that a small component must have, 0..1.
        core: a component that falls apart from this probability on is split there, 0..1; 0 splits none.
        fill_holes: pixels enclosed by a ship belong to it.
        rectangles: a component that nearly is one becomes the rectangle with its second moments, as ships are labelled.
    """

    picture: float
    cell: float
    pixel: float
    min_area: int
    small_area: int = 0
    small_score: float = 0.0
    core: float = 0.0
    fill_holes: bool = False
    rectangles: bool = False


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model: its verified bytes and what the manifest says of it.

    Attributes:
        name: the file's name, for messages.
        content: the bytes of the .tflite file.
        input: (1, side, side, 3); of a refiner (1, 64, 128, 3).
        output: (1, rows, cols, 1).
        quantize: "int8" (uint8 in and out), "float16" or "none" (float32 in and out).
        trusted: it is of this package, and need not be tried in a process of its own.
    """

    name: str
    content: bytes
    input: tuple[int, int, int, int]
    output: tuple[int, int, int, int]
    quantize: str
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """The models of the cascade with their thresholds; `manifest` is the whole manifest.json."""

    name: str
    detector: ModelFile
    segmenter: ModelFile
    refiner: ModelFile | None
    thresholds: Thresholds
    manifest: dict[str, Any]


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
    manifest = _read_manifest(folder)
    found = _get(manifest, "format", int)
    if found != FORMAT:
        raise BundleError(f"manifest.json: bundle format {shown(found)}, but this shipedge reads format {FORMAT}")
    for key, wanted in PREPROCESSING.items():
        if (value := _get(manifest, f"preprocessing.{key}", object)) != wanted:
            raise BundleError(
                f"manifest.json: preprocessing.{key} is {shown(value)}, but this shipedge prepares {wanted!r}"
            )
    detector, segmenter = (_read_model(folder, manifest, kind, trusted) for kind in ("detector", "segmenter"))
    _check_square("detector", detector)
    _check_square("segmenter", segmenter)
    refiner = None
    if "refiner" in _get(manifest, "models", dict):
        refiner = _read_model(folder, manifest, "refiner", trusted)
    if refiner is not None and (refiner.input[1:3], refiner.output) != (PATCH, (1, 1, NUMBERS, 1)):
        raise BundleError(
            f"manifest.json: the refiner turns {refiner.input} into {refiner.output}, expected {(1, *PATCH, 3)} into "
            f"{(1, 1, NUMBERS, 1)}"
        )
    side, (_, rows, cols, _) = detector.input[1], detector.output
    if (rows, cols) != (side // CELL, side // CELL):
        raise BundleError(
            f"manifest.json: the detector turns {side} pixels into {rows}x{cols} cells, expected one per {CELL} pixels"
        )
    if segmenter.output[1:3] != segmenter.input[1:3]:
        raise BundleError(
            f"manifest.json: the segmenter's output {segmenter.output[1:3]} is not the size of its input "
            f"{segmenter.input[1:3]}"
        )
    return Bundle(_get(manifest, "name", str), detector, segmenter, refiner, _read_thresholds(manifest), manifest)


def _read_manifest(folder: Folder) -> dict[str, Any]:
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


def _read_model(folder: Folder, manifest: dict[str, Any], kind: str, trusted: bool) -> ModelFile:
    key = f"models.{kind}"
    name = _get(manifest, f"{key}.file", str)
    if not name or name in (".", "..") or any(c in name for c in "/\\:\0"):
        raise BundleError(f"manifest.json: {key}.file is {shown(name)}, expected a plain file name inside the bundle")
    quantize = _get(manifest, f"{key}.quantize", str)
    if quantize not in QUANTIZE:
        raise BundleError(f"manifest.json: {key}.quantize is {shown(quantize)}, expected one of {', '.join(QUANTIZE)}")
    shape_in = _get_shape(manifest, f"{key}.input", channels=3)
    shape_out = _get_shape(manifest, f"{key}.output", channels=1)
    sha256, size = _get(manifest, f"{key}.sha256", str), _get(manifest, f"{key}.bytes", int)
    if not 0 < size <= MAX_MODEL:
        raise BundleError(f"manifest.json: {key}.bytes is {shown(size)}, expected 1 to {MAX_MODEL}")
    content = _read_file(folder, name, size + 1)
    if len(content) != size:
        found = f"{len(content)} bytes" if len(content) < size else "more bytes"
        raise BundleError(f"{name} in {folder} is damaged: {found}, the manifest says {size}")
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256.lower():
        raise BundleError(
            f"{name} in {folder} is damaged: its SHA-256 is {digest[:12]}..., the manifest says {sha256[:12]}..."
        )
    return ModelFile(name, content, shape_in, shape_out, quantize, trusted)


def _check_square(kind: str, model: ModelFile) -> None:
    """What slides over a frame is square, and its side is a whole number of cells."""
    _, height, width, _ = model.input
    if height != width or height % CELL or height <= 2 * CELL:
        raise BundleError(
            f"manifest.json: models.{kind}.input is {model.input}, expected a square whose side is a multiple of "
            f"{CELL} and at least {3 * CELL}"
        )


def _read_thresholds(manifest: dict[str, Any]) -> Thresholds:
    """The thresholds; what a bundle of an earlier version does not say keeps its neutral default."""
    neutral = {field.name: field.default for field in fields(Thresholds) if field.default is not MISSING}
    given = {"thresholds": neutral | _get(manifest, "thresholds", dict)}
    values: dict[str, Any] = {}
    for name in ("picture", "cell", "pixel", "small_score", "core"):
        value = values[name] = float(_get(given, f"thresholds.{name}", (int, float)))  # type: ignore[arg-type]
        if not (0 < value < 1 or value == neutral.get(name)):
            raise BundleError(f"manifest.json: thresholds.{name} is {value}, expected between 0 and 1")
    for name, least in (("min_area", 1), ("small_area", 0)):
        value = values[name] = _get(given, f"thresholds.{name}", int)
        if not least <= value <= MAX_AREA:
            raise BundleError(
                f"manifest.json: thresholds.{name} is {shown(value)}, expected {least} to {MAX_AREA} pixels"
            )
    for name in ("fill_holes", "rectangles"):
        switch = values[name] = _get(given, f"thresholds.{name}", object)
        if not isinstance(switch, bool):
            raise BundleError(f"manifest.json: thresholds.{name} is {shown(switch)}, expected true or false")
    return Thresholds(**values)


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
        raise BundleError(f"manifest.json: {shown(name)} cannot be the name of a file") from None


def _get(manifest: dict[str, Any], key: str, kind: type[T]) -> T:
    """The value at a dotted key, checked to be of `kind` (a bool is no number)."""
    value: Any = manifest
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            raise BundleError(f"manifest.json: {key} is missing")
        value = value[part]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not object):
        wanted = kind.__name__ if isinstance(kind, type) else "number"
        raise BundleError(f"manifest.json: {key} is {shown(value)}, expected {wanted}")
    return value


def _get_shape(manifest: dict[str, Any], key: str, channels: int) -> tuple[int, int, int, int]:
    value = _get(manifest, key, list)
    if len(value) != 4 or any(type(n) is not int or n < 1 for n in value) or value[0] != 1 or value[3] != channels:
        raise BundleError(f"manifest.json: {key} is {shown(value)}, expected [1, height, width, {channels}]")
    return (1, value[1], value[2], channels)
