"""The first load and run of a model file, in a process of its own.

A checksum says that a file is the one of the manifest, not that it is harmless: runtimes trust the numbers in a model
file, and a wrong one ends the process without a word. So a file that never ran on this machine is tried where that
harms nobody. That it ran is remembered by an empty file in the cache folder, whose name says everything.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from importlib import import_module
from pathlib import Path

from shipedge.backends.cache import cache_folder, is_own_file
from shipedge.backends.runtimes import RUNTIMES, open_interpreter
from shipedge.bundle import ModelFile
from shipedge.system.child import Finding, python, run_probe

__all__ = ["complaint", "main"]

TIMEOUT_S = 60.0
MEMORY = 512 << 20
"""Bytes that a model may take; ours take 20 MB. One wrong number in a file asks for gigabytes."""
_RUNS = Finding(True, "runs")


def complaint(file: ModelFile, runtime: str, threads: int) -> str | None:
    """What goes wrong when `runtime` loads and runs the file; None when nothing does, or it is not installed."""
    if not RUNTIMES[runtime].is_installed():
        return None
    mark = _mark(file, runtime)
    if mark is not None and is_own_file(mark):
        return None
    try:
        found = run_probe(python(__name__, runtime, str(threads)), TIMEOUT_S, file.content)
    except OSError as error:  # a program that embeds Python, no processes left
        return f"cannot be tried in a process of its own ({error.strerror})"
    if found != _RUNS:
        return found.says
    if mark is not None:
        _leave(mark)
    return None


def _mark(file: ModelFile, runtime: str) -> Path | None:
    """The file that says that this model ran with this version of the runtime on this machine; None without a home."""
    version = RUNTIMES[runtime].version()
    parts = (hashlib.sha256(file.content).hexdigest(), runtime, version, platform.machine(), platform.node())
    folder = cache_folder()
    return folder and folder / "ran" / hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _leave(mark: Path) -> None:
    """Makes the file; where that is not possible, the next start tries the model again."""
    try:
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:
        pass


def main(runtime: str, threads: str) -> int:
    """Loads the model on standard input and runs it twice, on zeros and on noise. Prints one line; exit code 0 if well.

    Raises nothing: a runtime's complaint is the finding.
    """
    import numpy as np

    noise = np.random.default_rng(0)
    try:
        import_module(RUNTIMES[runtime].module)  # what the runtime itself takes is not the model's
        _limit_memory()
        interpreter = open_interpreter(runtime, sys.stdin.buffer.read(), int(threads))
        interpreter.allocate_tensors()
        for high in (1, 256):
            for entry in interpreter.get_input_details():
                value = noise.integers(0, high, entry["shape"], np.uint8).astype(entry["dtype"])
                interpreter.set_tensor(entry["index"], value)
            interpreter.invoke()
            for entry in interpreter.get_output_details():
                interpreter.get_tensor(entry["index"])
    except Exception as error:  # of all classes, see the ladder
        print(" ".join(str(error).split()) or type(error).__name__)
        return 1
    print(_RUNS.says)
    return 0


def _limit_memory() -> None:
    """Lets this process take no more than `MEMORY` from here on, where the system can (Linux)."""
    try:
        import resource

        lines = Path("/proc/self/status").read_text().splitlines()
    except (ImportError, OSError):
        return
    used = next(int(line.split()[1]) for line in lines if line.startswith("VmData"))  # in KiB
    limit = used * 1024 + MEMORY
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if hard == resource.RLIM_INFINITY or hard > limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
