"""An accelerator for the models of a bundle: opened in a worker, compared with the CPU, timed, and judged."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shipedge.backends.base import Model
from shipedge.backends.cache import Verdict, forget_verdict, read_verdict, write_verdict
from shipedge.backends.cpu import NotInstalledError, RefusedError, models_for, open_models
from shipedge.backends.device import Device
from shipedge.backends.found import driver_identity, find_npu, library_identity
from shipedge.backends.runtimes import RUNTIMES
from shipedge.backends.worker import Setup, Worker
from shipedge.bundle import Bundle, Models
from shipedge.errors import BackendError
from shipedge.system.opencv_wheels import extra_of_device

__all__ = ["Accelerated", "accelerate", "key_of"]

_GPU, _OTHERS = ("float16", "none"), ("int8", "float16", "none")
_MOST_WORDS = 300
"""Letters of an error that are remembered."""
_SLOW_S = 2.0
"""A first call that takes longer is told of."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class Accelerated:
    """An accelerator that runs the models, and what was found about it.

    Attributes:
        worker: the process that holds the models.
        verdict: what was found.
        key: what a failure in a run is remembered under.
    """

    worker: Worker
    verdict: Verdict
    key: list[str]

    @property
    def models(self) -> Sequence[Model]:
        """The models, in the order of the files."""
        return self.worker.models

    def give_up(self, error: BackendError) -> None:
        """Ends the worker after a failure, which is remembered: until `shipedge doctor`, "auto" does not take it."""
        self.worker.close()
        says = f"failed in a run on {time.strftime('%Y-%m-%d')}: {str(error)[:_MOST_WORDS]}"
        write_verdict(self.key, Verdict(False, 0.0, 0.0, says))

    def describe(self) -> str:
        """What was found, for people."""
        takes = f"{self.worker.says}, " if self.worker.says else ""
        pace = "faster" if self.verdict.faster else "not faster"
        return f"{takes}is right and {pace} than the CPU: {_times(self.verdict)}"


def key_of(bundle: Bundle, device: Device, threads: int | None) -> list[str]:
    """What a verdict is about: bundle, runtime, driver and library; threads of the CPU where it was timed beside it."""
    files = [file for models in (bundle.models, *bundle.variants.values()) for file in models]
    return [
        device.kind,
        str(threads),
        *(hashlib.sha256(file.content).hexdigest() for file in files),
        *(f"{name} {runtime.version()}" for name, runtime in RUNTIMES.items() if runtime.is_installed()),
        *driver_identity(),
        *(library_identity(device.library) if device.library else []),
        *(f"{key}={value}" for key, value in device.options),
    ]


def accelerate(
    bundle: Bundle, device: Device, threads: int, report: Report, *, asked: bool, anew: bool = False
) -> Accelerated:
    """Opens the models of a bundle on an accelerator, and compares it with the CPU.

    It must always be right. Where it was not asked for by name it must be faster, too, and must not have failed in the
    middle of a run; what an earlier start found about this saves the trial.

    Args:
        bundle: the models.
        device: which accelerator.
        threads: threads of the CPU.
        report: is told what takes long, and what comes out.
        asked: it was asked for by name.
        anew: try it whatever an earlier start found.

    Raises:
        RefusedError: it is not used, and why.
    """
    if device.kind != "library" and not RUNTIMES["litert"].is_installed():
        raise RefusedError(f'needs LiteRT: pip install "shipedge[{extra_of_device()}]"')
    if device.kind == "npu" and not (npu := find_npu())[0]:
        raise RefusedError(npu[1])
    if device.kind == "library" and os.sep in device.library and not Path(device.library).exists():
        raise RefusedError("no such file")
    key = key_of(bundle, device, threads)
    if not asked and (failed := read_verdict(key_of(bundle, device, None))):
        report(f"{_name(device)} {failed.says}; shipedge doctor tries it again")
        raise RefusedError(failed.says)
    known = None if anew else read_verdict(key)
    if known and not asked and not known.faster:
        raise RefusedError(known.says or _slow(known))
    if not known:
        report(f"trying {_name(device)}: its programs are compiled, which can take a minute")
    try:
        found = _try(bundle, device, threads, report, known)
    except NotInstalledError:
        raise
    except RefusedError as error:
        write_verdict(key, Verdict(False, 0.0, 0.0, str(error)))
        raise
    if known != found.verdict:
        write_verdict(key, found.verdict)
    if anew:
        forget_verdict(found.key)
    if not found.verdict.faster and not asked:
        found.worker.close()
        raise RefusedError(_slow(found.verdict))
    if not known:
        report(f"{_name(device)} {found.describe()}")
    return found


def _try(bundle: Bundle, device: Device, threads: int, report: Report, known: Verdict | None) -> Accelerated:
    from shipedge.backends.agreement import disagreement, milliseconds  # decodes an image: not for runs on the CPU

    files = _files(bundle, device)
    library = device.kind == "library"
    setup = Setup(
        device.library if library else device.kind,
        tuple(files),
        threads,
        "" if library else device.kind,
        device.library,
        device.options,
    )
    cpu = _open_on_cpu(files, threads)
    worker = Worker(setup)
    try:
        says, seconds = disagreement(files, cpu, worker.models, bundle.thresholds)
        if says:
            raise RefusedError(says)
        if sum(seconds) > _SLOW_S:
            report(f"{_name(device)} was ready after {sum(seconds):.0f} s")
        if known is None or not known.right:
            usual = models_for(bundle, RUNTIMES["litert"].precisions)
            usual_cpu = cpu if usual is files else _open_on_cpu(usual, threads)
            ms, cpu_ms = milliseconds((files, worker.models), (usual, usual_cpu))
            known = Verdict(True, round(ms, 3), round(cpu_ms, 3), "")
    except BackendError as error:
        worker.close()
        raise error if isinstance(error, RefusedError) else RefusedError(str(error)) from None
    except BaseException:
        worker.close()
        raise
    return Accelerated(worker, known, key_of(bundle, device, None))


def _files(bundle: Bundle, device: Device) -> Models:
    if device.kind != "gpu":
        return models_for(bundle, _OTHERS)
    files = models_for(bundle, _GPU)
    if any(file.quantize == "int8" for file in files):
        raise RefusedError("the bundle has no float16 files, which GPUs need")
    return files


def _open_on_cpu(files: Models, threads: int) -> list[Model]:
    for runtime in RUNTIMES:
        try:
            return open_models(files, threads, runtime)
        except NotInstalledError:
            continue
        except RefusedError as error:
            raise RefusedError(f"nothing to compare it with: {runtime} refuses {error.file} ({error})") from None
    raise NotInstalledError("no TFLite runtime is installed")


def _name(device: Device) -> str:
    return device.library if device.kind == "library" else f"the {device.kind.upper()}"


def _slow(verdict: Verdict) -> str:
    return f"not faster than the CPU: {_times(verdict)}"


def _times(verdict: Verdict) -> str:
    return f"{verdict.ms:.1f} ms instead of {verdict.cpu_ms:.1f} for one call of each model"
