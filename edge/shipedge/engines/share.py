"""A function of many items, shared among workers: the answers come in the order of the items, whoever gives them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable
from itertools import count, islice
from time import monotonic
from typing import TypeVar

from shipedge.engines.engine import Died, Engine
from shipedge.engines.tries import Share, Tries

__all__ = ["share"]

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

_PATIENCE_S = 0.2
"""Between two chances for a signal to be heard."""
_LAST_S = 5.0
"""For the tasks in hand, where nobody wants further ones."""


def share(
    items: Iterable[Item],
    size: int,
    engine: Engine[Share[Item], Outcome],
    failed: Callable[[Item, str], Outcome],
) -> Generator[tuple[int, list[Outcome]], None, None]:
    """What comes of all items.

    A worker has one task at a time, a `Share` of the items, and one share waits. Closing it, or
    an error, waits for the tasks in hand (5 s at most) and drops the others: files that are being written become whole.

    Args:
        items: all; those of a share are asked for together.
        size: of a share.
        engine: who does the work; it is left open.
        failed: the outcome of an item that no worker survives, with a text that says so.

    Yields:
        How many items, and what became of them: one outcome, or several in order where workers have died over them.

    Raises:
        Exception: what a worker raises, see `Job`.
    """
    left = iter(items)
    shares = map(Share, count(), iter(lambda: tuple(islice(left, size)), ()))

    def fail(piece: Share[Item], died: Died) -> Outcome:
        (item,) = piece.items
        return failed(item, died.text(piece.deaths + 1))

    tries = Tries[Share[Item], Outcome](fail)
    waiting: dict[int, tuple[Share[Item], list[Outcome]]] = {}
    in_hand = number = 0
    try:
        following = next(shares, None)
        while following is not None or tries or waiting:
            while engine.free and (tries.again or following is not None):
                if tries.again:
                    engine.submit(tries.again.popleft())
                elif following is not None:
                    tries.begin(following)
                    engine.submit(following)
                    following = next(shares, None)
                in_hand += 1
            while number in waiting:
                whole, outcomes = waiting.pop(number)
                number += 1
                yield len(whole.items), outcomes
            for piece, outcome in engine.wait(_PATIENCE_S) if following is not None or tries else ():
                in_hand -= 1
                if (done := tries.take(piece, outcome)) is not None:
                    waiting[piece.number] = done
    finally:
        until = monotonic() + _LAST_S
        with contextlib.suppress(Exception):
            while in_hand and engine.busy and monotonic() < until:
                in_hand -= len(engine.wait(_PATIENCE_S))
