"""How long the cascade takes on a frame, stage by stage, beside any other model on the same pixels."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from shipedge.backends.runtimes import open_interpreter
from shipedge.cascade import Cascade
from shipedge.errors import BackendError
from shipedge.frame import FrameResult
from shipedge.images import Reading
from shipedge.sources.files import read_frame

__all__ = ["Other", "Times", "measure"]

STAGES = ("decode", "detector", "segmenter", "post", "refiner")
LEAST_ROUNDS = 3

Run = Callable[[str], dict[str, float]]
"""One frame by the name of its file -> milliseconds by stage."""


@dataclass(slots=True)
class Times:
    """Milliseconds of every frame: the median of its rounds, by stage; "all" is the whole."""

    frames: list[dict[str, float]] = field(default_factory=list)

    def mean(self, stage: str, chosen: Sequence[bool]) -> float:
        """Mean over the chosen frames, NaN for none."""
        values = [frame.get(stage, 0.0) for frame, is_chosen in zip(self.frames, chosen, strict=True) if is_chosen]
        return statistics.fmean(values) if values else float("nan")


class Other:
    """Another model: its network alone on the same pixels, whatever it makes of them."""

    def __init__(self, path: Path, threads: int) -> None:
        """Opens the file. Raises BackendError where it is no model with one image as input."""
        try:
            self._interpreter = open_interpreter("litert", path.read_bytes(), threads)
            self._interpreter.allocate_tensors()
            (entry,) = self._interpreter.get_input_details()
        except (OSError, RuntimeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or " ".join(str(error).split())
            raise BackendError(f"{path}: {reason}, expected a model with one input") from None
        shape = [int(n) for n in entry["shape"]]
        if len(shape) != 4 or shape[0] != 1 or 3 not in (shape[1], shape[3]):
            raise BackendError(f"{path}: its input is {shape}, expected one image of three colors")
        self._index, self._dtype, self._channels_first = entry["index"], entry["dtype"], shape[3] != 3
        self._sides = (shape[2], shape[3]) if self._channels_first else (shape[1], shape[2])

    def __call__(self, pixels: NDArray[np.uint8]) -> dict[str, float]:
        """Runs it on a frame, resized to what it takes; only the run itself counts."""
        rows, columns = (np.arange(n) * m // n for n, m in zip(self._sides, pixels.shape[:2], strict=True))
        value = pixels[rows][:, columns][np.newaxis]
        value = value.transpose(0, 3, 1, 2) if self._channels_first else value
        if self._dtype == np.float32:
            value = value.astype(np.float32) / 255
        elif self._dtype == np.int8:
            value = (value.astype(np.int16) - 128).astype(np.int8)
        self._interpreter.set_tensor(self._index, np.ascontiguousarray(value, self._dtype))
        start = perf_counter()
        self._interpreter.invoke()
        return {"all": (perf_counter() - start) * 1e3}


def measure(
    names: Sequence[str], cascades: dict[str, Cascade], others: dict[str, Other], seconds: float
) -> tuple[dict[str, Times], list[FrameResult]]:
    """Times all contenders frame by frame in turns, and what the first cascade found.

    Args:
        names: image files; of a cascade reading and decoding count.
        cascades: by name; all must find the same ships.
        others: by name.
        seconds: how long, at least `LEAST_ROUNDS` rounds over all frames.

    Raises:
        BackendError: two cascades disagree, so that their times could not be compared.
    """
    results = [[_look(cascade, name)[0] for name in names] for cascade in cascades.values()]
    for other, name in zip(results[1:], [*cascades][1:], strict=True):
        for first, second in zip(results[0], other, strict=True):
            if _found(first) != _found(second):
                raise BackendError(f"{name} finds other ships in {first.source}")
    runs: dict[str, Run] = {name: _timed(cascade) for name, cascade in cascades.items()}
    runs |= {name: _with_pixels(other) for name, other in others.items()}
    rounds: dict[str, list[list[dict[str, float]]]] = {who: [[] for _ in names] for who in runs}
    end = perf_counter() + seconds
    for number in cycle(range(len(names))):
        if number == 0 and len(rounds[next(iter(runs))][-1]) >= LEAST_ROUNDS and perf_counter() > end:
            break
        for who, run in runs.items():
            rounds[who][number].append(run(names[number]))
    return {who: Times([_median(frame) for frame in frames]) for who, frames in rounds.items()}, results[0]


def _median(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    return {stage: statistics.median(one[stage] for one in rounds) for stage in rounds[0]}


def _look(cascade: Cascade, name: str) -> tuple[FrameResult, float]:
    start = perf_counter()
    result = cascade(read_frame(name, Reading(half=cascade.bundle.detector.reduce == 2)))
    return result, (perf_counter() - start) * 1e3


def _timed(cascade: Cascade) -> Run:
    def run(name: str) -> dict[str, float]:
        result, ms = _look(cascade, name)
        return result.timings_ms | {"all": ms}

    return run


def _with_pixels(other: Other) -> Run:
    return lambda name: other(read_frame(name).pixels)


def _found(result: FrameResult) -> object:
    return [ship.rle.to_airbus() for ship in result.ships]
