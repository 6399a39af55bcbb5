"""Models on the CPU, in this process: on the first runtime that is installed and accepts them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from shipedge.backends import trial
from shipedge.backends.base import Interpreted, Interpreter, Model
from shipedge.backends.runtimes import RUNTIMES, open_interpreter
from shipedge.bundle import Bundle, ModelFile, Models
from shipedge.errors import BackendError
from shipedge.system.opencv_wheels import extra_of_device

__all__ = [
    "LADDER",
    "NotInstalledError",
    "RefusedError",
    "default_threads",
    "models_for",
    "nothing_works",
    "open_model",
    "open_models",
]

Open = Callable[[bytes, int], Interpreter]
LADDER: Mapping[str, Open] = {name: partial(open_interpreter, name) for name in RUNTIMES}


class NotInstalledError(BackendError):
    """The runtime is not installed."""


class RefusedError(BackendError):
    """What should run a model does not; the text says why, `file` which model, where it is one of several."""

    def __init__(self, reason: str, file: str = "") -> None:
        super().__init__(reason)
        self.file = file


def default_threads() -> int:
    """Threads for a model: the cores this process may use, at most 4 (these models gain nothing beyond)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, 4)


def open_model(file: ModelFile, threads: int, ladder: Mapping[str, Open] = LADDER) -> Model:
    """The model on the first runtime that works here; a file that is not trusted is first tried in another process.

    Raises:
        BackendError: no runtime is installed, or each one refuses the model; the message says why for each.
    """
    refused = {}
    for name, open_ in ladder.items():
        try:
            return open_models([file], threads, name, open_)[0]
        except NotInstalledError:
            continue
        except RefusedError as error:
            refused[name] = error
    raise nothing_works(refused)


def open_models(files: Iterable[ModelFile], threads: int, runtime: str, open_: Open | None = None) -> list[Model]:
    """All models on one runtime.

    Raises:
        NotInstalledError: it is not installed.
        RefusedError: it refuses one of them, or is broken here.
        BackendError: a file is not the model that the manifest describes.
    """
    if threads < 1:
        raise BackendError(f"threads is {threads}, expected at least 1")
    open_ = open_ or LADDER[runtime]
    models: list[Model] = []
    for file in files:
        if not file.trusted and (complaint := trial.complaint(file, runtime, threads)):
            raise RefusedError(complaint, file.name)
        try:
            interpreter = open_(file.content, threads)
            interpreter.allocate_tensors()
        except ModuleNotFoundError:
            raise NotInstalledError(f"{runtime} is not installed") from None
        # A runtime that is broken here must not stop the next one; its complaints come in all classes (ImportError for
        # a missing system library, AttributeError for a wrong NumPy, ValueError for a model).
        except Exception as error:
            raise RefusedError(" ".join(str(error).split()) or type(error).__name__, file.name) from error
        models.append(Interpreted(file, interpreter, runtime))
    return models


def models_for(bundle: Bundle, precisions: Iterable[str]) -> Models:
    """The files in the first of these precisions that the bundle has, or those that run where nothing is chosen."""
    return next((files for name in precisions if (files := bundle.variant(name)) is not None), bundle.models)


def nothing_works(refused: Mapping[str, RefusedError]) -> BackendError:
    """The sentence for models that no runtime runs, with the reason of each that is installed."""
    if not refused:
        extra = extra_of_device()
        return BackendError(f'no TFLite runtime is installed; install one with: pip install "shipedge[{extra}]"')
    files = " and ".join(dict.fromkeys(error.file for error in refused.values()))
    return BackendError(f"no runtime can run {files} ({'; '.join(f'{name}: {e}' for name, e in refused.items())})")
