"""The one progress bar: on standard error, and only where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import click

from shipedge.cli.terminal import printable

T = TypeVar("T")


@contextmanager
def progress(label: str, length: int) -> Iterator[Callable[[int], object]]:
    """A bar of so many steps; what it gives is called with the number of steps just finished."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=length, label=printable(label), show_pos=True, file=sys.stderr) as bar:
        yield bar.update


def steps(items: Iterator[T], count: int, label: str, /) -> Iterator[T]:
    """The first `count` items behind a bar, as `shipedge_train.progress.Progress`."""
    with progress(label, count) as advance:
        for item in islice(items, count):
            yield item
            advance(1)
