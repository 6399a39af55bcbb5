"""Fair times: the same work, results compared first, contenders in turns, medians.

A contender whose result differs from ours, or that fails, is named and not timed. The physical limit of a work (setting
the memory, reading the file) takes its turns in the same rounds, so that a busy machine slows all of them alike.
"""

import random
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

OURS = "shipedge"
LIMIT = "limit"

_TURN_S = 1e-3  # shorter calls are repeated until their turn lasts so long
_ROUNDS = 301

Call = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Contender:
    """Someone's way to do a work.

    Attributes:
        call: what is timed.
        result: returns its result in comparable form.
        prepare: called before either of them.
    """

    call: Call
    result: Call
    prepare: Call = lambda: None


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds per call: medians and minima by contender; `failed` says what is wrong with those that are not timed."""

    median: dict[str, float]
    minimum: dict[str, float]
    failed: dict[str, str]


def compare(contenders: dict[str, Contender], limit: Call | None, budget_s: float) -> Times:
    """Check every contender against the first one, then time the right ones in turns.

    Args:
        contenders: by name; the first one's result is the truth.
        limit: what no way can beat.
        budget_s: seconds that each contender may use; every one has three turns at least.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a peer's own affair
        calls, failed = _check(contenders)
        if limit is not None:
            calls[LIMIT] = Contender(limit, limit)
        turns = _take_turns(calls, budget_s)
    return Times(
        {name: statistics.median(seconds) for name, seconds in turns.items()},
        {name: min(seconds) for name, seconds in turns.items()},
        failed,
    )


def _check(contenders: dict[str, Contender]) -> tuple[dict[str, Contender], dict[str, str]]:
    """Those whose results are as the first one's, and what is wrong with the others."""
    failed: dict[str, str] = {}
    truth: Any = None
    calls: dict[str, Contender] = {}
    for name, contender in contenders.items():
        contender.prepare()
        try:
            result = contender.result()
        except Exception as error:
            if not calls:
                raise
            failed[name] = f"{type(error).__name__}: {error}"[:80]
            continue
        if not calls:
            truth = _kept(result)
        elif not _same(truth, result):
            failed[name] = "WRONG"
            continue
        calls[name] = contender
    return calls, failed


def _take_turns(contenders: dict[str, Contender], budget_s: float) -> dict[str, list[float]]:
    """Seconds per call of each turn. A slow contender leaves once its budget is used; the others go on.

    The order is drawn anew for each round: whoever comes after memset finds its memory in no cache.
    """
    order = random.Random(0)
    first = {name: _seconds(contender, 1) for name, contender in contenders.items()}
    repeats = {name: max(1, int(_TURN_S / max(seconds, 1e-7))) for name, seconds in first.items()}
    turns = {name: [seconds] if repeats[name] == 1 else [] for name, seconds in first.items()}
    left = dict.fromkeys(contenders, budget_s)
    for _ in range(_ROUNDS):
        playing = [name for name in contenders if left[name] > 0 or len(turns[name]) < 3]
        if not playing:
            break
        order.shuffle(playing)
        for name in playing:
            count = repeats[name]
            if count > 1:
                _seconds(contenders[name], 1)  # warms what the one before left cold
            seconds = _seconds(contenders[name], count)
            left[name] -= seconds
            turns[name].append(seconds / count)
    return turns


def _seconds(contender: Contender, count: int) -> float:
    contender.prepare()
    call = contender.call
    began = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - began


def _kept(result: Any) -> Any:
    """A copy that later calls cannot change; a truth may lie in a buffer that all contenders write to."""
    if isinstance(result, dict):
        return {key: _kept(value) for key, value in result.items()}
    if isinstance(result, list):
        return [_kept(item) for item in result]
    return result if isinstance(result, str) else np.array(result, copy=True)


def _same(truth: Any, result: Any) -> bool:
    if isinstance(truth, dict):
        return truth.keys() == result.keys() and all(_same(truth[key], result[key]) for key in truth)
    if isinstance(truth, list):
        return len(truth) == len(result) and all(_same(*pair) for pair in zip(truth, result, strict=True))
    if isinstance(truth, str):
        return bool(truth == result)
    if truth.dtype.kind == "f":
        return truth.shape == np.shape(result) and bool(np.allclose(truth, result, rtol=0, atol=1e-6))
    return np.array_equal(truth, result)
