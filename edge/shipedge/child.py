"""Processes of our own, in which something is tried that may end the process that tries it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import NamedTuple

TIMEOUT_S = 60.0


class Finding(NamedTuple):
    """Whether a thing works here, and what it said."""

    works: bool
    says: str


def python(module: str, *arguments: str) -> list[str]:
    """The command that calls ``module.main(*arguments)`` and exits with what it returns.

    Not ``python -m``, which looks into the working folder first: a numpy.py among downloaded images would be run.
    """
    start = f"import sys; sys.path[:] = filter(None, sys.path); from {module} import main"
    return [sys.executable, "-c", f"{start}; sys.exit(main(*sys.argv[1:]))", *arguments]


def run_probe(command: list[str], timeout_s: float = TIMEOUT_S, given: bytes = b"") -> Finding:
    """The finding of a process: its last line of output, or how it died; ``given`` is its standard input.

    Raises:
        OSError: the process cannot be started.
    """
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:backslashreplace"}
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=timeout_s, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return Finding(False, f"no answer within {timeout_s:g} s")
    if done.returncode < 0:
        return Finding(False, f"crashes with {signal.Signals(-done.returncode).name}")
    # Runtimes chat on both streams; ours is the last line of stdout, and without one Python's own last words.
    lines = (done.stdout.strip() or done.stderr.strip()).decode("utf-8", "replace").splitlines()
    return Finding(done.returncode == 0, lines[-1] if lines else f"exit code {done.returncode}, no output")
