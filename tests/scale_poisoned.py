"""A worker that an image kills, or keeps for ever: the name of the image asks for it."""

from __future__ import annotations

import os
import signal
from typing import Any

from shipedge.engines import host, rays
from shipedge.images import files


def main(*arguments: str) -> int:
    """The process of a worker."""
    poison()
    return host.main(*arguments)


def poison() -> None:
    """What is called poison-SIGNAL ends this process by that signal, and poison-hang is waited for."""
    open_descriptor = files._open

    def poisoned(path: str | os.PathLike[str], most_bytes: int | None) -> int:
        how = os.fspath(path).rpartition("poison-")[2].partition(".")[0] if "poison-" in os.fspath(path) else ""
        while how == "hang":
            signal.pause()
        if how:
            os.kill(os.getpid(), getattr(signal, how))
        return open_descriptor(path, most_bytes)

    files._open = poisoned


class PoisonedActor(rays.Actor):
    """An actor of Ray, likewise."""

    def __init__(self, job: Any) -> None:
        poison()
        super().__init__(job)


if __name__ == "__main__":  # `shipedge` with these actors
    from scale_poisoned import PoisonedActor as Importable
    from shipedge.cli import main as shipedge

    rays.Actor = Importable
    shipedge()
