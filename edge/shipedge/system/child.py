"""Processes of our own, in which something is tried that may end the process that tries it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection, Pipe
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


class Served(NamedTuple):
    """A process that answers, the channel to it, and the end of a pipe that closes when this process ends."""

    process: subprocess.Popen[bytes]
    channel: Connection
    life: int


def start_server(module: str, passed: Sequence[int] = (), environment: Mapping[str, str] | None = None) -> Served:
    """Starts ``module.main(*passed, channel, life)``, all of them numbers of descriptors.

    Raises:
        OSError: the process cannot be started.
    """
    here, there = Pipe()
    watched, life = os.pipe()
    given = [*passed, there.fileno(), watched]
    try:
        process = subprocess.Popen(
            python(module, *map(str, given)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if sys.stderr is None else None,
            pass_fds=given,
            start_new_session=True,  # Ctrl-C asks this process to finish its frame, and the server with it
            env=None if environment is None else {**os.environ, **environment},
        )
    except BaseException:
        os.close(life)
        here.close()
        raise
    finally:
        os.close(watched)
        there.close()
    return Served(process, here, life)


def end_server(served: Served, owner: int) -> None:
    """Ends the process at once; nothing where ``owner``, the number of the process that started it, is another."""
    if os.getpid() != owner:  # a forked child, which leaves the process to its parent
        return
    served.process.kill()
    served.process.wait()
    served.channel.close()
    os.close(served.life)


def serve_only(life: int) -> None:
    """Called first in a server: it ends with its parent, whatever ends that, ignores what asks to stop, dumps no core.

    Args:
        life: descriptor of a pipe whose other end closes when the parent ends.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # asks the parent to stop, in order
        signal.signal(number, signal.SIG_IGN)
    _die_with_parent(life)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with_parent(life: int) -> None:
    """Ends this process when the parent's end of the pipe closes, also in the middle of a call that hangs."""
    try:
        import fcntl

        fcntl.fcntl(life, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
    except (ImportError, AttributeError, OSError):  # not Linux: a thread, which a call that holds the interpreter stops
        threading.Thread(target=lambda: (os.read(life, 1), os._exit(1)), daemon=True).start()
        return
    if select.select([life], [], [], 0)[0]:  # it was closed before
        sys.exit(1)
