"""Tiny real TFLite models for the tests of the device side: bright pixels are "ship"."""

from __future__ import annotations

import hashlib
import json
import signal
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from delegates import add_variant, compile_delegate
from toy_models import WINDOW
from toy_models import toy_models as make_toy_models

BRIGHT = 255
DARK = 40


@pytest.fixture(scope="session")
def toy_models():
    """{quantize: (detector bytes, segmenter bytes)}: a cell / a pixel is positive where the mean color is over 0.6."""
    return make_toy_models()


def write_bundle(folder: Path, models: tuple[bytes, bytes], quantize: str = "int8") -> Path:
    """A bundle folder with the manifest that belongs to these models."""
    folder.mkdir()
    shapes = {
        "detector": ([1, 768, 768, 3], [1, 24, 24, 1]),
        "segmenter": ([1, WINDOW, WINDOW, 3], [1, WINDOW, WINDOW, 1]),
    }
    described = {}
    for (kind, (shape_in, shape_out)), content in zip(shapes.items(), models, strict=True):
        (folder / f"{kind}.tflite").write_bytes(content)
        described[kind] = {
            "file": f"{kind}.tflite",
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "input": shape_in,
            "output": shape_out,
            "quantize": quantize,
            "parameters": 6,
        }
    manifest = {
        "format": 1,
        "name": "toy",
        "created": "2026-01-01T00:00:00+00:00",
        "models": described,
        "preprocessing": {"color": "RGB", "dtype": "uint8", "range": [0, 255], "normalization": "inside the graph"},
        "thresholds": {"image": 0.5, "cell": 0.35, "pixel": 0.5, "min_area": 12},
        "versions": {},
        "parity": {},
        "data": {},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def handlers_of_signals():
    """Gives the handlers back: a command that a signal stops in the process of the tests keeps its own to the end."""
    stopping = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
    before = {number: signal.getsignal(number) for number in stopping}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def toy_bundle_dir(toy_models, tmp_path_factory):
    """A bundle of the int8 toy models. Shared by all tests: do not change it."""
    return write_bundle(tmp_path_factory.mktemp("toy") / "bundle", toy_models["int8"])


@pytest.fixture
def make_bundle(toy_models, tmp_path):
    """make_bundle("float16") -> a bundle folder of the test's own, which it may damage."""
    return lambda quantize="int8", name="bundle": write_bundle(tmp_path / name, toy_models[quantize], quantize)


@pytest.fixture(scope="session")
def two_precisions_dir(toy_models, tmp_path_factory):
    """A bundle of the toy models in int8 and in float16. Shared by all tests: do not change it."""
    bundle = write_bundle(tmp_path_factory.mktemp("two") / "bundle", toy_models["int8"])
    return add_variant(bundle, toy_models["float16"], "float16")


@pytest.fixture(scope="session")
def delegate(tmp_path_factory):
    """A delegate library that does what it is told, see delegate.c."""
    return compile_delegate(tmp_path_factory.mktemp("delegate"))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder of what is remembered, of this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "shipedge"


@pytest.fixture
def edit_manifest():
    """edit_manifest(bundle, "thresholds.pixel", 2): changes one value of a bundle's manifest; ... removes the key."""

    def edit(bundle: Path, key: str, value: object) -> None:
        path = bundle / "manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        *parents, last = key.split(".")
        place = manifest
        for parent in parents:
            place = place[parent]
        if value is ...:
            del place[last]
        else:
            place[last] = value
        path.write_text(json.dumps(manifest), encoding="utf-8")

    return edit


@pytest.fixture
def sea():
    """sea(height, width, (left, top, right, bottom), ...): dark RGB pixels with bright rectangles, the "ships"."""

    def paint(height: int, width: int, *ships: tuple[int, int, int, int]) -> np.ndarray:
        pixels = np.full((height, width, 3), DARK, np.uint8)
        for left, top, right, bottom in ships:
            pixels[top:bottom, left:right] = BRIGHT
        return pixels

    return paint


@pytest.fixture
def image(sea):
    """image(path, height, width, *ships): writes such an image (use .png: JPEG blurs the ships' edges)."""
    cv2 = pytest.importorskip("cv2")

    def write(path: Path, height: int, width: int, *ships: tuple[int, int, int, int]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(path.suffix, sea(height, width, *ships))[1].tobytes())
        return path

    return write


@pytest.fixture
def video(sea):
    """video(path, frames=10, size=(96, 128), fps=10): an mp4 in which one bright ship moves right, 4 pixels a frame."""
    cv2 = pytest.importorskip("cv2")

    def write(path: Path, frames: int = 10, size: tuple[int, int] = (96, 128), fps: float = 10.0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), fps, size[::-1])
        assert writer.isOpened()
        for k in range(frames):
            writer.write(sea(*size, (4 * k, 32, 4 * k + 32, 64)))
        writer.release()
        return path

    return write


@pytest.fixture
def geotiff(tmp_path):
    """geotiff(pixels, "a.tif", **profile): (h, w, 3) or (h, w) pixels in UTM 33, 1.5 m."""

    rasterio = pytest.importorskip("rasterio", reason="rasterio is not installed (extra geo)")

    def write(pixels, name="a.tif", **profile):
        bands = np.moveaxis(pixels, 2, 0) if pixels.ndim == 3 else pixels[None]
        given = {"crs": "EPSG:32633", "transform": rasterio.Affine(1.5, 0, 5e5, 0, -1.5, 6e6), **profile}
        path = tmp_path / name
        size = {"height": pixels.shape[0], "width": pixels.shape[1], "count": len(bands), "dtype": pixels.dtype}
        with rasterio.open(path, "w", driver="GTiff", **size, **given) as file:
            file.write(bands)
        return path

    return write


@pytest.fixture
def predict(toy_bundle_dir, tmp_path, monkeypatch):
    """predict("in", "--json") -> result of the command, run in tmp_path."""
    from shipedge.cli import main

    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(main, ["predict", "--bundle", str(toy_bundle_dir), *args])


@pytest.fixture
def batch(image, video, tmp_path):
    """Images, a broken one and two videos, in tmp_path/in; the arguments that read them."""
    for k in range(6):
        image(tmp_path / "in" / f"{k}.png", 300, 400, (50 + 20 * k, 60, 90 + 20 * k, 80))
    (tmp_path / "in" / "3b.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    video(tmp_path / "in" / "v.mp4", frames=25, size=(96, 128))
    video(tmp_path / "in" / "w.mp4", frames=5, size=(96, 128))
    return ["in", "in/v.mp4", "in/w.mp4"]
