"""The runtimes that interpret model files, from the first choice to the last."""

from __future__ import annotations

import platform
import warnings
from collections.abc import Mapping
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from shipedge.backends.base import Interpreter

__all__ = ["RUNTIMES", "Runtime", "open_interpreter"]


class Runtime(NamedTuple):
    """Where a runtime lives.

    Attributes:
        module: the module that has `Interpreter` and `load_delegate`.
        distributions: what installs it.
        precisions: what it runs fastest, best first.
        most_threads: a model never gets more than these; None: as many as are asked for.
    """

    module: str
    distributions: tuple[str, ...]
    precisions: tuple[str, ...] = ("int8", "float16", "none")
    most_threads: int | None = None

    @property
    def package(self) -> str:
        """The top-level package."""
        return self.module.partition(".")[0]

    def is_installed(self) -> bool:
        """The package can be found; nothing is imported."""
        return find_spec(self.package) is not None

    def version(self) -> str:
        """The version, or "" where it was not installed by pip."""
        for name in self.distributions:
            try:
                return metadata.version(name)
            except metadata.PackageNotFoundError:
                continue
        return ""


_X86 = platform.machine().lower() in ("x86_64", "amd64")
RUNTIMES: Mapping[str, Runtime] = {
    "litert": Runtime("ai_edge_litert.interpreter", ("ai-edge-litert",)),
    # Needs NumPy 1. Its int8 kernels are 14 to 49 times slower than those of LiteRT on x86-64, float ones are nearly as
    # fast. There the threads of a model wait for each other by spinning, after every layer, and those of the refiner go
    # on for 30 ms after a call. As soon as there is other work for a core, decoding included, a call of 1 ms takes 70.
    "tflite-runtime": Runtime("tflite_runtime.interpreter", ("tflite-runtime",), ("float16", "none", "int8"), 1)
    if _X86
    else Runtime("tflite_runtime.interpreter", ("tflite-runtime",)),
    # TensorFlow takes seconds to import: only where nothing else is installed.
    "tf.lite": Runtime(
        "tensorflow.lite.python.interpreter", ("tensorflow", "tensorflow-cpu", "tensorflow-aarch64", "tensorflow-macos")
    ),
}


def open_interpreter(
    runtime: str, content: bytes, threads: int, library: str = "", options: Mapping[str, str] | None = None
) -> Interpreter:
    """An interpreter over verified model bytes, with a delegate library where one is named.

    LiteRT's `Interpreter`, not its newer `CompiledModel`: that one kills the process on some Arm boards, even without a
    GPU.

    Raises:
        ModuleNotFoundError: the runtime is not installed.
        Exception: whatever the runtime or the delegate complains with.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow announces that its interpreter moves to LiteRT
        module = import_module(RUNTIMES[runtime].module)
        threads = min(threads, RUNTIMES[runtime].most_threads or threads)
        more: dict[str, Any] = {}
        if library:
            more["experimental_delegates"] = [module.load_delegate(library, dict(options or {}))]
        interpreter: Interpreter = module.Interpreter(model_content=content, num_threads=threads, **more)
    return interpreter
