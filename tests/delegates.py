"""A TFLite delegate library, compiled by the test from delegate.c, and bundles to run on it."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def compile_delegate(folder: Path) -> Path:
    """The library; skips where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler")
    library = folder / "delegate.so"
    options = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *options, str(HERE / "delegate.c"), "-o", str(library), "-lm"], check=True)
    return library


def add_variant(bundle: Path, models: tuple[bytes, bytes], quantize: str) -> Path:
    """Gives a bundle the same networks in another precision."""
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for kind, content in zip(("detector", "segmenter"), models, strict=True):
        name = f"{kind}.{quantize}.tflite"
        (bundle / name).write_bytes(content)
        entry = {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        manifest["models"][kind]["variants"] = {quantize: entry}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return bundle
