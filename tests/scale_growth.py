"""How a run grows past the machines at hand: `scale_growth.py FOLDER`, used for docs/records/growth.md.

The plan, the retries and the halves are those of `shipedge.scale.run` itself; only the workers and the clock are
simulated. What a block costs the driver is measured first, with real files, real parts and an engine that answers at
once.
"""

from __future__ import annotations

import heapq
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from scale_results import archive
from shipedge.engines.engine import Died
from shipedge.events import Start, utc
from shipedge.scale.blocks import IMAGES, Block, Item, blocks
from shipedge.scale.inputs import items_of
from shipedge.scale.part import Part
from shipedge.scale.parts import Parts, Totals
from shipedge.scale.run import Task, run
from shipedge.scale.scenes import Seen

IMAGE_S = 0.012
"""A core is busy so long with an image of the samples (docs/records/growth.md)."""
RAY_S = 0.0012
"""What handing a block to an actor and taking 120 kB from it costs the driver; Ray 2.60, 2,000 blocks in a row."""
START_S = 3.0
"""Until a worker that takes the place of a dead one has opened its models; on Ray."""


class Trouble(NamedTuple):
    """What goes wrong.

    Attributes:
        slow_workers: share of the workers that take three times as long for everything.
        slow_blocks: share of the blocks that take ten times as long (large images, many ships).
        life_s: a worker dies after so many seconds in the mean.
    """

    slow_workers: float = 0.0
    slow_blocks: float = 0.0
    life_s: float = float("inf")


TROUBLES = {
    "nothing": Trouble(),
    "5 % of the workers three times slower": Trouble(slow_workers=0.05),
    "1 % of the blocks ten times slower": Trouble(slow_blocks=0.01),
    "every worker dies once an hour": Trouble(life_s=3600),
    "all three": Trouble(0.05, 0.01, 3600),
}


class Simulated:
    """Workers that only pass time, on a clock of their own; the driver does one thing after the other."""

    def __init__(self, workers: int, trouble: Trouble, driver_s: float, seed: int) -> None:
        self._random, self._trouble, self._driver_s = random.Random(seed), trouble, driver_s
        slow = round(workers * trouble.slow_workers)
        self._idle = [3.0] * slow + [1.0] * (workers - slow)
        self._random.shuffle(self._idle)
        self._at_work: list[tuple[float, int, float, Task, Part | Seen | Died]] = []
        self.now = self.worked = 0.0
        self._count = self.deaths = 0

    @property
    def free(self) -> int:
        return len(self._idle)

    @property
    def busy(self) -> bool:
        return bool(self._at_work)

    def submit(self, task: Task) -> None:
        assert isinstance(task, Block)
        slowness, trouble, count = self._idle.pop(), self._trouble, len(task.items)
        seconds = IMAGE_S * count * slowness * self._random.lognormvariate(0.0, 0.2)
        if self._random.random() < trouble.slow_blocks:
            seconds *= 10
        outcome: Part | Died = Part(b"", b"", count, ())
        if trouble.life_s < float("inf") and (life := self._random.expovariate(1 / trouble.life_s)) < seconds:
            outcome, seconds, self.deaths = Died("was ended by SIGKILL"), life + START_S, self.deaths + 1
        self.worked += seconds
        self._count += 1
        heapq.heappush(self._at_work, (self.now + seconds, self._count, slowness, task, outcome))

    def wait(self, timeout_s: float) -> list[tuple[Task, Part | Seen | Died]]:
        end, _, slowness, task, outcome = heapq.heappop(self._at_work)
        self.now = max(self.now, end) + self._driver_s
        self._idle.append(slowness)
        return [(task, outcome)]

    def close(self) -> None: ...


class _Written:
    """Parts that are counted only."""

    reused = 0

    def __init__(self) -> None:
        self.images = self.failed = 0

    def has(self, block: Block) -> bool:
        return False

    def write(self, block: Block, part: Part) -> None:
        self.images += part.frames
        self.failed += len(part.failed)

    def finish(self) -> Totals:
        return Totals(frames=self.images)


def _planned(images: int) -> Iterator[Block]:
    item = Item("image.jpg", "file")
    whole, rest = (item,) * IMAGES, images % IMAGES
    for number in range(images // IMAGES):
        yield Block(number, whole)
    if rest:
        yield Block(images // IMAGES, (item,) * rest)


def simulate(images: int, workers: int, trouble: Trouble, driver_s: float, seed: int = 1) -> tuple[float, int, int]:
    """Seconds of a run, workers that have died, and images that failed for it."""
    engine = Simulated(workers, trouble, driver_s, seed)
    parts: Any = _Written()
    run(_planned(images), engine, parts)
    assert parts.images + parts.failed == images, "a block was lost or came twice"
    return engine.now, engine.deaths, parts.failed


@dataclass
class _AtOnce:
    """A worker that has the answer, as many lines as a block of the samples gives."""

    lines: bytes
    record: bytes

    def __post_init__(self) -> None:
        self._done: list[tuple[Task, Part | Seen | Died]] = []

    free, busy = 1, False

    def submit(self, task: Task) -> None:
        assert isinstance(task, Block)
        self._done.append((task, Part(self.lines, self.record, len(task.items), ())))

    def wait(self, timeout_s: float) -> list[tuple[Task, Part | Seen | Died]]:
        done, self._done = self._done, []
        return done

    def close(self) -> None: ...


def driver_cost(folder: Path, images: int) -> tuple[float, float]:
    """Seconds that a block of files costs the driver, its parts surviving a power cut: of a core, and in all."""
    samples = Path(__file__).parents[1] / "edge" / "shipedge" / "samples"
    source = archive(folder / "images", sorted(samples.glob("*.jpg")), images)
    line = b'{"event":"frame","source":"' + b"x" * 1800 + b'","ships":[]}\n'
    start = Start(format=1, version="measured", time=utc(), bundle="none", batch="growth")
    with Parts(folder / "out", start) as parts:
        began = process_time(), perf_counter()
        run(blocks(items_of([str(source)], [])), _AtOnce(line * IMAGES, b"x" * 100 * IMAGES), parts)
        count = -(-images // IMAGES)
        return (process_time() - began[0]) / count, (perf_counter() - began[1]) / count


def main() -> None:
    """Measures the driver, then simulates."""
    processor_s, whole_s = driver_cost(Path(sys.argv[1]), 20_000)
    print(f"a block costs the driver {1e3 * processor_s:.2f} ms of a core, {1e3 * whole_s:.2f} ms with the disk")
    print("| images | workers | trouble | time | of the ideal | workers that died | images that failed |")
    print("|---|---|---|---|---|---|---|")
    for images, workers in ((1_000_000, 4), (1_000_000, 64), (1_000_000, 640), (100_000_000, 64), (100_000_000, 640)):
        for name, trouble in TROUBLES.items():
            seconds, deaths, failed = simulate(images, workers, trouble, processor_s + RAY_S)
            ideal = images * IMAGE_S / workers
            row = (f"{images:,}", workers, name, f"{seconds / 60:.1f} min", f"{seconds / ideal:.2f}", deaths, failed)
            print("|", " | ".join(map(str, row)), "|", flush=True)


if __name__ == "__main__":
    main()
