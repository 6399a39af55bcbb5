"""Tries out one thing this machine may offer: ``python -m shipedge.probe NAME [BUNDLE]``.

Meant to run in a process of its own: some runtimes do not raise where they cannot work, they end the process (an
illegal instruction on a small board, a broken Vulkan driver), and that must be a finding, not the end of the report.
Nothing is imported before it is tried, so what is broken spoils only its own line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipedge.bundle import Bundle

__all__ = ["PROBES"]


def _core(_bundle: str) -> str:
    import numpy as np

    from shipedge.rle import encode

    text = encode(np.ones((2, 2), np.uint8))
    return "masks work" if text == "1 4" else f"a 2x2 mask became {text!r}, expected '1 4'"


def _opencv(_bundle: str) -> str:
    from shipedge.opencv_wheels import installed, repair, require_opencv

    _installed("cv2", "edge")
    require_opencv()
    import cv2

    wheels = installed()
    backends = [cv2.videoio_registry.getBackendName(backend) for backend in cv2.videoio_registry.getBackends()]
    says = f"{cv2.__version__} from {' and '.join(wheels) or 'outside of pip'}"
    if "FFMPEG" not in backends:
        says += ", without FFmpeg: no videos"
    return says + (f"; only one of them may be installed: {repair()}" if len(wheels) > 1 else "")


def _litert(bundle: str) -> str:
    _installed("ai_edge_litert", "edge")
    return f"{version('ai-edge-litert')}, {_detector_time('litert', bundle)}"


def _tflite_runtime(bundle: str) -> str:
    _installed("tflite_runtime", "tflite")
    return f"{version('tflite-runtime')}, {_detector_time('tflite-runtime', bundle)}"


def _litert_gpu(bundle: str) -> str:
    _installed("ai_edge_litert", "edge")
    from ai_edge_litert.compiled_model import CompiledModel
    from ai_edge_litert.hardware_accelerator import HardwareAccelerator

    content = _bundle(bundle).detector.content
    try:
        CompiledModel.from_buffer(content, HardwareAccelerator.GPU)
    except RuntimeError:  # its text is a trace of source files
        raise RuntimeError("the WebGPU accelerator finds no adapter here (no GPU, or no Vulkan driver)") from None
    return "the accelerator takes the detector"


def _installed(module: str, extra: str) -> None:
    if find_spec(module) is None:
        from shipedge.opencv_wheels import extra_of_device

        extra = extra_of_device() if extra == "edge" else extra
        raise ModuleNotFoundError(f'not installed (pip install "shipedge[{extra}]")')


def _bundle(path: str) -> Bundle:
    from shipedge.bundle import default_bundle, load_bundle

    return load_bundle(path) if path else default_bundle()


def _detector_time(backend: str, bundle: str) -> str:
    import numpy as np

    from shipedge.backends.cpu import LADDER, open_model

    model = open_model(_bundle(bundle).detector, 1, {backend: LADDER[backend]})
    pixels = np.zeros((model.window, model.window, 3), np.uint8)
    model(pixels)
    start = perf_counter()
    model(pixels)
    return f"detector {(perf_counter() - start) * 1e3:.1f} ms on 1 thread"


PROBES: dict[str, Callable[[str], str]] = {
    "core": _core,
    "opencv": _opencv,
    "litert": _litert,
    "tflite-runtime": _tflite_runtime,
    "litert-gpu": _litert_gpu,
}


def main(name: str, bundle: str = "") -> int:
    """Prints one line, what was found or why not. Exit code 0 when it works."""
    try:
        print(PROBES[name](bundle))
    except Exception as error:  # whatever it is, it is the finding
        print(" ".join(str(error).split()) or type(error).__name__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
