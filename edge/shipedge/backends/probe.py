"""Tries out one thing this machine may offer: ``python -m shipedge.backends.probe core|opencv|rung [BUNDLE DEVICE]``.

Meant to run in a process of its own: some runtimes do not raise where they cannot work, they end the process (an
illegal instruction on a small board, a broken Vulkan driver), and that must be a finding, not the end of the report.
Nothing is imported before it is tried, so what is broken spoils only its own line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipedge.bundle import Bundle

__all__ = ["PROBES"]

EXTRAS = {"litert": "edge", "tflite-runtime": "tflite", "tf.lite": "train"}
"""What to install for each runtime."""


def _core() -> str:
    import numpy as np

    from shipedge._core import kernels
    from shipedge.rle import encode

    text = encode(np.ones((2, 2), np.uint8))
    return (
        f"masks work, with kernels for {kernels()}" if text == "1 4" else f"a 2x2 mask became {text!r}, expected '1 4'"
    )


def _opencv() -> str:
    from shipedge.system.opencv_wheels import installed, repair, require_opencv

    _installed("cv2", "edge")
    require_opencv()
    import cv2

    wheels = installed()
    backends = [cv2.videoio_registry.getBackendName(backend) for backend in cv2.videoio_registry.getBackends()]
    says = f"{cv2.__version__} from {' and '.join(wheels) or 'outside of pip'}"
    if "FFMPEG" not in backends:
        says += ", without FFmpeg: no videos"
    return says + (f"; only one of them may be installed: {repair()}" if len(wheels) > 1 else "")


def _rung(bundle: str, device: str) -> str:
    """JSON: milliseconds of one call of each model, and what to say about it."""
    import json

    from shipedge.backends.accelerate import accelerate
    from shipedge.backends.cpu import default_threads
    from shipedge.backends.device import parse_device
    from shipedge.backends.runtimes import RUNTIMES

    if device in RUNTIMES:
        ms, says = _runtime(bundle, device)
        return json.dumps({"ms": ms, "says": says})
    found = accelerate(
        _bundle(bundle), parse_device(device), default_threads(), lambda text: None, asked=True, anew=True
    )
    found.worker.close()
    verdict = found.verdict
    return json.dumps({"ms": verdict.ms, "cpu_ms": verdict.cpu_ms, "faster": verdict.faster, "says": found.describe()})


def _runtime(bundle: str, name: str) -> tuple[float, str]:
    from shipedge.backends.agreement import milliseconds
    from shipedge.backends.cpu import default_threads, models_for, open_models
    from shipedge.backends.runtimes import RUNTIMES

    runtime = RUNTIMES[name]
    _installed(runtime.package, EXTRAS[name])
    files = models_for(_bundle(bundle), runtime.precisions)
    (ms,) = milliseconds((files, open_models(files, default_threads(), name)))
    return round(ms, 3), f"{runtime.version()}, {files.detector.quantize} models"


def _installed(module: str, extra: str) -> None:
    if find_spec(module) is None:
        from shipedge.system.opencv_wheels import extra_of_device

        extra = extra_of_device() if extra == "edge" else extra
        raise ModuleNotFoundError(f'not installed (pip install "shipedge[{extra}]")')


def _bundle(path: str) -> Bundle:
    from shipedge.bundle import default_bundle, load_bundle

    return load_bundle(path) if path else default_bundle()


PROBES: dict[str, Callable[[], str]] = {
    "core": _core,
    "opencv": _opencv,
}


def main(name: str, bundle: str = "", device: str = "") -> int:
    """Prints one line, what was found or why not. Exit code 0 when it works."""
    try:
        print(_rung(bundle, device) if name == "rung" else PROBES[name]())
    except Exception as error:  # whatever it is, it is the finding
        print(" ".join(str(error).split()) or type(error).__name__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
