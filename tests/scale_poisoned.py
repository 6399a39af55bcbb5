"""A worker that an image kills: the process ends itself by a signal where the name of the image asks for it."""

from __future__ import annotations

import os
import signal

from shipedge.engines import host, rays
from shipedge.scale import work


def main(*arguments: str) -> int:
    """The process of a worker."""
    poison()
    return host.main(*arguments)


def poison() -> None:
    """What is called poison-SIGNAL ends this process by that signal."""
    scene_of = work.scene_of

    def poisoned(name: str, *others: object) -> object:
        if "poison-" in name:
            os.kill(os.getpid(), getattr(signal, name.rpartition("poison-")[2].partition(".")[0]))
        return scene_of(name, *others)

    work.scene_of = poisoned


class PoisonedActor(rays.Actor):
    """An actor of Ray, likewise."""

    def __init__(self, job: work.Job) -> None:
        poison()
        super().__init__(job)


if __name__ == "__main__":  # `shipedge` with these actors
    from scale_poisoned import PoisonedActor as Importable
    from shipedge.cli import main as shipedge

    rays.Actor = Importable
    shipedge()
