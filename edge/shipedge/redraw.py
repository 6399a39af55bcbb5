"""Images of a run that is over: the frames are read again, and what the log says of them is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from shipedge.errors import SourceError
from shipedge.events import Result
from shipedge.exports import results_of
from shipedge.frame import Frame
from shipedge.images import AS_IT_IS, Reading
from shipedge.sinks import Sink
from shipedge.sources import EVERYTHING, Ended, Limits, Source
from shipedge.sources.feeds import Feeds

__all__ = ["redraw"]


def redraw(
    log: Path,
    sources: Sequence[Source],
    sinks: Sequence[Sink],
    on_frame: Callable[[], None] = lambda: None,
    reading: Reading = AS_IT_IS,
    limits: Limits = EVERYTHING,
) -> list[str]:
    """Reads every frame of the log once more, for the sinks.

    Args:
        log: of a run over files.
        sources: those that are in the log, in its order.
        sinks: what is made of them.
        on_frame: called after each frame.
        reading: how images are read.
        limits: which frames of videos were looked at.

    Returns:
        One sentence for each source or file that failed.

    Raises:
        DatasetError: it is no log.
        OSError: a sink cannot write.
    """
    failed: list[str] = []
    results = results_of(log)
    due = next(results, None)

    def note(act: Callable[[], None]) -> None:
        try:
            act()
        except SourceError as error:
            if str(error) not in failed:
                failed.append(str(error))

    with ExitStack() as stack:
        for sink in sinks:
            stack.enter_context(sink)
        for item in stack.enter_context(Feeds(sources, reading=reading, limits=limits)):
            if isinstance(item, Ended):
                due = _end(item, due, results, failed)
                for sink in sinks:
                    note(lambda sink=sink, item=item: sink.end(item.source))  # type: ignore[misc]
            elif isinstance(item, Frame) and due and (due.source, due.index) == (item.source, item.index):
                for sink in sinks:
                    note(lambda sink=sink, item=item, due=due: sink.write(item, due))  # type: ignore[misc]
                due = next(results, None)
                on_frame()
    return failed


def _end(item: Ended, due: Result | None, results: Iterator[Result], failed: list[str]) -> Result | None:
    """The first result of another source; says where some of this one were not met."""
    missing = 0
    while due is not None and due.source == item.source.name:
        due, missing = next(results, None), missing + 1
    if item.error is not None:
        failed.append(str(item.error))
    elif missing:
        failed.append(f"{item.source.name}: {missing} frames of the log are not in it now: it has changed since")
    return due
