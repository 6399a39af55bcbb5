"""The process behind `worker`: opens the models it is given, and runs the one it is asked for."""

from __future__ import annotations

import contextlib
import mmap
import os
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from shipedge.backends.base import Interpreted, Interpreter
from shipedge.backends.compiled import Compiled
from shipedge.backends.runtimes import RUNTIMES, open_interpreter
from shipedge.backends.worker import Setup
from shipedge.system.child import serve_only

__all__ = ["main"]

_DELEGATE = "DELEGATE"
"""Name of the node that stands for what a delegate took."""


def main(memory: str, channel: str, life: str) -> int:
    """Serves until the other side is gone.

    Args:
        memory: descriptor of the shared file: the largest input, then the largest answer.
        channel: descriptor of the connection.
        life: descriptor of a pipe whose other end closes when the parent ends.
    """
    serve_only(int(life))
    with Connection(int(channel)) as asked, contextlib.suppress(EOFError, ConnectionError):
        setup: Setup = asked.recv()
        size_in, _ = setup.sizes()
        shared = np.frombuffer(mmap.mmap(int(memory), sum(setup.sizes())), np.uint8)
        os.close(int(memory))
        try:
            models, says = _open(setup)
        except Exception as error:  # of all classes, as in `cpu`
            asked.send_bytes(_complaint(error))
            return 1
        asked.send_bytes(f"+{says}".encode())
        while True:
            k = asked.recv_bytes(1)[0]
            file = setup.files[k]
            try:
                found = models[k](shared[: int(np.prod(file.input))].reshape(file.input[1:]))
            except Exception as error:
                asked.send_bytes(_complaint(error.__cause__ or error))
                return 1
            shared[size_in : size_in + found.size] = found.ravel()
            asked.send_bytes(b"+")
    return 0


def _open(setup: Setup) -> tuple[list[Interpreted], str]:
    """The models, and how many of their nodes a delegate took."""
    models: list[Interpreted] = []
    taken, nodes = 0, 0
    for file in setup.files:
        try:
            if setup.accelerator:
                interpreter: Interpreter = Compiled(file.content, setup.accelerator)
            else:
                interpreter = open_interpreter(
                    _runtime(), file.content, setup.threads, setup.library, dict(setup.options)
                )
                counts = _delegated(interpreter)  # later on the nodes of XNNPACK look alike
                taken, nodes = taken + counts[0], nodes + counts[1]
            interpreter.allocate_tensors()
        except Exception as error:
            raise RuntimeError(f"{file.name}: {_words(error)}") from error
        models.append(Interpreted(file, interpreter, setup.name))
    return models, f"takes {taken} of {nodes} nodes" if nodes else ""


def _runtime() -> str:
    """The first runtime that is installed."""
    return next((name for name, runtime in RUNTIMES.items() if runtime.is_installed()), "litert")


def _delegated(interpreter: Interpreter) -> tuple[int, int]:
    """How many nodes of a graph a delegate has replaced, of how many; (0, 0) where the runtime does not tell.

    The nodes it replaced are still listed: those on the way from the inputs of its own node to the outputs.
    """
    try:
        listed: list[dict[str, Any]] = interpreter._get_ops_details()  # type: ignore[attr-defined]
    except AttributeError:
        return 0, 0
    plain = [node for node in listed if node["op_name"] != _DELEGATE]
    maker = {int(tensor): k for k, node in enumerate(plain) for tensor in node["outputs"]}
    replaced: set[int] = set()
    for own in (node for node in listed if node["op_name"] == _DELEGATE):
        known, wanted = {int(n) for n in own["inputs"]}, [int(n) for n in own["outputs"]]
        while wanted:
            tensor = wanted.pop()
            if tensor not in known and tensor in maker:
                replaced.add(maker[tensor])
                wanted += [int(n) for n in plain[maker[tensor]]["inputs"]]
            known.add(tensor)
    return len(replaced), len(plain)


def _complaint(error: BaseException) -> bytes:
    return f"-{_words(error)}"[:1000].encode("utf-8", "replace")


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()) or f"refused without a reason ({type(error).__name__})"
