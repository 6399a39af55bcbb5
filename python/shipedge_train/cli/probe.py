"""Tries to train here: ``shipedge doctor --train`` runs `main` in a process of its own, since backends may end it."""

from __future__ import annotations

import json
import os
import shutil
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from shipedge_train.keras_settings import load_keras

CROP = 256
_TIMED = 3  # steps after the first, which compiles

_INSTALL = {
    "tensorflow": 'pip uninstall -y tensorflow-cpu && pip install "tensorflow[and-cuda]"',
    "jax": 'pip install "jax[cuda13]" ("jax[cuda12]" with drivers before 580)',
    "torch": "pip install --force-reinstall torch, without the index of CPU builds",
}
_DISTRIBUTIONS = ("tensorflow", "tensorflow-cpu", "jax", "torch")


def main() -> int:
    """Print one JSON object: the backend, a step on each device, advice. Exit code 0 when training works."""
    try:
        load_keras()
        print(json.dumps(_report()))
    except ModuleNotFoundError as error:
        print(f'{error.name} is not installed (pip install "shipedge[train]")')
        return 1
    except Exception as error:  # whatever it is, it is the finding
        print(" ".join(str(error).split()) or type(error).__name__)
        return 1
    return 0


def _report() -> dict[str, Any]:
    import keras

    from shipedge_train.threads import default_workers
    from shipedge_train.training.devices import Device, accelerators, used_devices

    backend, found = keras.backend.backend(), accelerators()
    first, *others = (*found, Device("cpu:0"))
    steps = [_step(first)]
    if (
        backend != "torch"
    ):  # of which Keras trains on the first device alone: variables made for another get no gradient
        for device in others:
            with keras.device(device.name):
                steps.append(_step(device))
    return {
        "keras": keras.__version__,
        "backend": backend,
        "installed": {name: number for name in _DISTRIBUTIONS if (number := _version(name))},
        "crop": CROP,
        "workers": default_workers(),
        "steps": steps,
        "devices": used_devices(),
        "advice": advice(backend, used=bool(found)),
    }


def _step(device: Any) -> dict[str, Any]:
    """Milliseconds of a step of a segmenter in the arithmetic that suits the device."""
    import numpy as np

    from shipedge_train.config import Config, TrainConfig
    from shipedge_train.tasks import task_named
    from shipedge_train.training.model import build_trainable

    task, config = task_named("segmenter"), Config(train=TrainConfig(precision=device.precision))
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (device.batch, CROP, CROP, 3), np.uint8)
    truth = task.truth((random.random((device.batch, CROP, CROP, 1)) > 0.9).astype(np.float32))
    model = build_trainable(task, config)
    times = []
    for _ in range(1 + _TIMED):
        began = time.perf_counter()
        float(np.asarray(model.train_on_batch(images, truth)).reshape(-1)[0])
        times.append(1000 * (time.perf_counter() - began))
    return {
        "device": device.name,
        "model": device.model,
        "precision": device.precision,
        "batch": device.batch,
        "ms": round(min(times[1:]), 1),
    }


def advice(backend: str, *, used: bool, dev: Path = Path("/dev")) -> str:
    """What to do about TensorFlow installed twice, or about a GPU that is here and unused; "" where all is well."""
    if backend == "tensorflow" and _version("tensorflow") and _version("tensorflow-cpu"):
        return (
            "tensorflow and tensorflow-cpu are both installed and spoil each other's files: "
            "pip uninstall -y tensorflow tensorflow-cpu, then install one of them"
        )
    signs = [*sorted(str(path) for path in dev.glob("nvidia[0-9]*")), *filter(None, [shutil.which("nvidia-smi")])]
    if used or not signs:
        return ""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return f"a GPU is here ({signs[0]}), and CUDA_VISIBLE_DEVICES hides it: unset CUDA_VISIBLE_DEVICES"
    return f"a GPU is here ({signs[0]}), and {backend} does not use it: {_INSTALL[backend]}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
