"""What a run is told before it begins, and whom it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shipedge.events import Event, Summary
from shipedge.images import AS_IT_IS, Reading
from shipedge.region import Region
from shipedge.sources import EVERYTHING, Limits
from shipedge.sources.feeds import Feeds

__all__ = ["DEFAULT", "NOBODY", "Listener", "Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What of the sources is looked at, and how.

    Attributes:
        reading: how images are read.
        region: where ships count, None: everywhere.
        limits: which frames are looked at.
        track: ships are followed through videos, cameras and streams.
        most_failures: the run ends when more than this share of at least 20 sources have failed.
        endless: the run goes on without a source, since some may be added.
    """

    reading: Reading = AS_IT_IS
    region: Region | None = None
    limits: Limits = EVERYTHING
    track: bool = False
    most_failures: float = 1.0
    endless: bool = False


@dataclass(frozen=True, slots=True)
class Listener:
    """Whom a run tells how it goes, and asks whether to go on.

    Attributes:
        on_progress: is called after each frame.
        on_note: is told what is found of earlier runs, and what becomes of live sources.
        should_stop: is asked between frames.
        finish: is called when nothing is read any more, and before the log says that the run is through.
        on_event: is called with each event, once it is written.
        on_feeds: is given what reads the sources, to which some can be added while it runs.
    """

    on_progress: Callable[[Summary], None] = lambda summary: None
    on_note: Callable[[str], None] = lambda text: None
    should_stop: Callable[[], bool] = lambda: False
    finish: Callable[[Summary], None] = lambda summary: None
    on_event: Callable[[Event], None] = lambda event: None
    on_feeds: Callable[[Feeds], None] = lambda feeds: None


DEFAULT, NOBODY = Settings(), Listener()
