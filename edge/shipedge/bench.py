"""Times of the run-length core beside what else is installed: same work, same rounds, equality first.

Each work is done by us and by every peer that can do it. A peer whose result differs is listed as wrong and not timed.
The contenders take turns, round by round, and medians count, so that a busy machine slows all of them alike. The time
to set (`memset`) or copy (`memcpy`) one mask is measured in the same rounds, and so is each work's own limit: setting
all pixels that it writes or reads.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge import peers, rle

SHAPE = (768, 768)
OURS = "shipedge"
LIMITS = ("memset", "memcpy")

Mask = NDArray[np.uint8]
Call = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Work:
    """One task: who can do it, how results are made comparable, and setting as many pixels as it touches (`limit`)."""

    name: str
    calls: dict[str, Call]
    plain: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    limit: Call | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of one work in microseconds per call; `wrong` are the peers whose result differed."""

    name: str
    times_us: dict[str, float]
    wrong: tuple[str, ...]
    limit_us: float | None

    @property
    def best_peer(self) -> str | None:
        """The fastest peer, or None where nobody else does this work."""
        others = {name: us for name, us in self.times_us.items() if name not in (OURS, *LIMITS)}
        return min(others, key=others.__getitem__) if others else None

    @property
    def times_faster(self) -> float | None:
        """Time of the best peer over ours."""
        return self.times_us[self.best_peer] / self.times_us[OURS] if self.best_peer else None

    @property
    def of_limit(self) -> float | None:
        """Our time over the limit's."""
        return self.times_us[OURS] / self.limit_us if self.limit_us else None


def ship_texts(count: int, seed: int = 1) -> list[str]:
    """Airbus texts of oriented rectangles, sizes spread as ships are (many small, few large), none empty."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    texts: list[str] = []
    while len(texts) < count:
        length = float(np.clip(rng.lognormal(3.6, 0.8), 5, 400))
        angle = rng.uniform(0, np.pi)
        dy, dx = y - rng.uniform(0, SHAPE[0]), x - rng.uniform(0, SHAPE[1])
        along = np.abs(dx * np.cos(angle) + dy * np.sin(angle)) <= length / 2
        across = np.abs(dy * np.cos(angle) - dx * np.sin(angle)) <= max(1.5, length / 9)
        if text := rle.encode(along & across):
            texts.append(text)
    return texts


def works(images: Sequence[Sequence[str]], installed: Sequence[peers.Peer]) -> list[Work]:
    """The tasks, on the ships of these images (each with one ship or more) and on one random mask."""
    ships = sorted((text for image in images for text in image), key=len)
    ship = ships[len(ships) // 2]
    ship_mask = rle.decode(ship)
    noise_mask: Mask = (np.random.default_rng(0).random(SHAPE) < 0.5).astype(np.uint8)
    noise = rle.encode(noise_mask)
    many = (ships * 15)[:: max(1, len(ships) // 15)][:15]
    batch = [list(images[i % len(images)]) for i in range(64)]
    crowd = rle.decode_union(many)
    boxes = [rle.parse(text) for text in (ships * 100)[:100]]
    out: Mask = np.zeros(SHAPE, np.uint8)
    stack: Mask = np.zeros((len(batch), *SHAPE), np.uint8)

    def decode_batch() -> Mask:
        rle.decode_batch(batch, stack)
        return stack

    runs = f"{ship.count(' ') // 2 + 1} runs"
    clear, clear_all = (lambda: out.fill(0)), (lambda: stack.fill(0))
    table: list[tuple[str, str, Any, Call, Call | None]] = [
        (f"ship text -> runs ({runs})", "parse", ship, lambda: rle.parse(ship, SHAPE), None),
        (f"ship text -> mask ({runs})", "decode", ship, lambda: rle.decode(ship, SHAPE), clear),
        ("the same into a given mask", "decode", ship, lambda: rle.decode(ship, SHAPE, out=out), clear),
        ("random 50 % text -> mask", "decode", noise, lambda: rle.decode(noise, SHAPE), None),
        (f"ship mask -> text ({runs})", "encode", ship_mask, lambda: rle.encode(ship_mask), clear),
        ("random 50 % mask -> text", "encode", noise_mask, lambda: rle.encode(noise_mask), None),
        ("15 texts -> one mask", "union", many, lambda: rle.decode_union(many, SHAPE), clear),
        ("64 images -> given array", "batch", batch, decode_batch, clear_all),
        ("parts of a mask -> texts", "components", crowd, lambda: _texts(rle.components(crowd)), None),
        ("IoU 100 x 100", "iou", boxes, lambda: rle.iou_matrix(boxes, boxes), None),
    ]
    made = []
    for name, skill, given, ours, limit in table:
        able = [peer for peer in installed if skill in peer.skills]
        calls = {OURS: ours} | {peer.name: peer.prepared(skill, given) for peer in able}
        plain = {peer.name: peer.plain[skill] for peer in able if skill in peer.plain}
        made.append(Work(name, calls, {OURS: _runs if skill == "parse" else _same, **plain}, limit))
    return made


def measure(work: Work, rounds: int, round_s: float) -> Result:
    """Checks every contender against our result, then times the right ones in turns.

    Args:
        work: The task.
        rounds: How often each contender has its turn.
        round_s: About how long a turn lasts, in seconds.
    """
    truth = np.array(_plain(work, OURS), copy=True)
    wrong = tuple(name for name in work.calls if not np.array_equal(truth, _plain(work, name)))
    one, other = np.zeros(SHAPE, np.uint8), np.ones(SHAPE, np.uint8)
    calls = {name: call for name, call in work.calls.items() if name not in wrong}
    calls |= {"memset": lambda: one.fill(0), "memcpy": lambda: np.copyto(one, other)}
    if work.limit is not None:
        calls["limit"] = work.limit
    repeats = {name: max(1, int(round_s / max(_seconds(call, 1), 1e-7))) for name, call in calls.items()}
    turns: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            turns[name].append(_seconds(call, repeats[name]) / repeats[name])
    medians = {name: statistics.median(times) * 1e6 for name, times in turns.items()}
    limit_us = medians.pop("limit", None)
    return Result(work.name, medians, wrong, limit_us)


def _seconds(call: Call, repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        call()
    return time.perf_counter() - began


def _plain(work: Work, name: str) -> Any:
    return work.plain.get(name, _same)(work.calls[name]())


def _same(result: Any) -> Any:
    return result


def _runs(value: rle.Rle) -> Any:
    return value.runs


def _texts(parts: Sequence[rle.Rle]) -> list[str]:
    return [part.to_airbus() for part in parts]
