"""Which runtime runs a model: the first of the ladder that is installed and accepts it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from shipedge.backends import litert, tflite, trial
from shipedge.backends.base import Interpreter, Model
from shipedge.bundle import ModelFile
from shipedge.errors import BackendError
from shipedge.opencv_wheels import extra_of_device

__all__ = ["LADDER", "default_threads", "open_model"]

LADDER: Mapping[str, Callable[[bytes, int], Interpreter]] = {
    "litert": litert.open_interpreter,
    "tflite-runtime": tflite.open_interpreter,
}


def default_threads() -> int:
    """Threads for a model: the cores this process may use, at most 4 (these models gain nothing beyond)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, 4)


def open_model(
    file: ModelFile, threads: int, ladder: Mapping[str, Callable[[bytes, int], Interpreter]] = LADDER
) -> Model:
    """The model on the first runtime that works here; a file that is not trusted is first tried in another process.

    Raises:
        BackendError: no runtime is installed, or each one refuses the model; the message says why for each.
    """
    if threads < 1:
        raise BackendError(f"threads is {threads}, expected at least 1")
    reasons = []
    for name, open_interpreter in ladder.items():
        if not file.trusted and (complaint := trial.complaint(file, name, threads)):
            reasons.append(f"{name}: {complaint}")
            continue
        try:
            interpreter = open_interpreter(file.content, threads)
            interpreter.allocate_tensors()
        except ModuleNotFoundError:
            continue
        # A runtime that is broken here must not stop the next one; its complaints come in all classes (ImportError for
        # a missing system library, AttributeError for a wrong NumPy, ValueError for a model).
        except Exception as error:
            reasons.append(f"{name}: {' '.join(str(error).split())}")
            continue
        return Model(file, interpreter, name)
    if reasons:
        raise BackendError(f"no runtime can run {file.name} ({'; '.join(reasons)})")
    raise BackendError(f'no TFLite runtime is installed; install one with: pip install "shipedge[{extra_of_device()}]"')
