"""Memory of a run over very many images: `scale_memory.py FOLDER IMAGES`.

Everything is real but the models, which would take hours: a stand-in says of every image that it shows no ship, once
its pixels are decoded.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import numpy as np

from scale_results import archive, children
from shipedge.bundle import default_bundle
from shipedge.engines import host, processes
from shipedge.events import Start, utc
from shipedge.frame import Frame, FrameResult
from shipedge.images import AS_IT_IS
from shipedge.scale import work
from shipedge.scale.blocks import blocks
from shipedge.scale.inputs import items_of
from shipedge.scale.parts import Parts
from shipedge.scale.run import Progress, run
from shipedge.sources import EVERYTHING
from shipedge.system.child import Served, start_server


class _StandIn:
    """Says of every frame that it shows no ship."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __call__(self, frame: Frame) -> FrameResult:
        frame.raster(2)
        return FrameResult(frame.source, frame.index, None, frame.shape, 0.0, np.zeros((1, 1), np.uint8))


def main(*arguments: str) -> int:
    """The process of a worker with the stand-in."""
    work.Cascade = _StandIn
    return host.main(*arguments)


def _resident(process: int) -> int:
    """Mebibytes that belong to a process alone or with others."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) >> 10


def _measure(folder: Path, count: int) -> Iterator[str]:
    samples = Path(__file__).parents[1] / "edge" / "shipedge" / "samples"
    images = archive(folder / "images", sorted(samples.glob("*.jpg")), count)
    bundle = default_bundle()
    job = work.Job(bundle, bundle.thresholds, 1, False, "cpu", AS_IT_IS, None, EVERYTHING)
    start = Start(format=1, version="measured", time=utc(), bundle=bundle.name, batch="memory")
    said: list[str] = []
    began, step = monotonic(), max(count // 10, 1)

    def look(progress: Progress) -> None:
        if progress.images >= step * (len(said) + 1):
            own = Path("/proc/self")
            resident = _resident(int(own.resolve().name)), *map(_resident, children(int(own.resolve().name)))
            rate = progress.images / (monotonic() - began)
            said.append(f"{progress.images} images: {', '.join(map(str, resident))} MiB; {rate:.0f} images/s")
            print(said[-1], flush=True)

    with Parts(folder / "out", start, durable=False) as parts:
        engine = processes.Processes(job, 2)
        try:
            totals = run(blocks(items_of([str(images)], [])), engine, parts, look)
        finally:
            engine.close()
    yield str(totals)


def _start_stand_in(_: str) -> Served:
    return start_server("scale_memory", environment={"PYTHONPATH": str(Path(__file__).parent)})


if __name__ == "__main__":
    processes.start_server = _start_stand_in
    for line in _measure(Path(sys.argv[1]), int(sys.argv[2])):
        print(line)
