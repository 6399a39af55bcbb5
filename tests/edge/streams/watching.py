"""What every live source has to keep, whatever happens to it."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

import numpy as np

from shipedge.events import Gap, Notice
from shipedge.frame import Frame
from shipedge.sources import EVERYTHING, Ended, resolve
from shipedge.sources.feeds import Feeds
from shipedge.sources.stream import Patience

QUICK = Patience(open_s=5, read_s=0.6, frozen_s=0.5, corrupt_s=0.3, first_wait_s=0.02, most_wait_s=0.2)
"""For servers on loopback that answer within milliseconds."""
LIMIT_S = 60


class Watched:
    """What came of some sources until `enough(self)`; every rule is checked on the way."""

    def __init__(self, urls, enough, limits=EVERYTHING, patience=QUICK, act=lambda watched: None):
        self.items: list = []
        self.frames: list[Frame] = []
        self.pixels: list = []
        self.gaps: list[Gap] = []
        self.notices: list[str] = []
        self.ends: list[Ended] = []
        self._open: dict[str, Gap] = {}
        self._last: dict[str, Frame] = {}
        end = monotonic() + LIMIT_S
        sources = urls if not isinstance(urls[0], str) else resolve(urls)
        with Feeds(sources, lambda: enough(self) or monotonic() > end, limits=limits, patience=patience) as feeds:
            for item in feeds:
                self._take(item)
                act(self)
        self.dropped = feeds.dropped
        assert monotonic() < end, (self.gaps, self.notices, len(self.frames))

    @property
    def reasons(self):
        """Of the gaps, in order."""
        return [gap.reason for gap in self.gaps]

    def _take(self, item):
        self.items.append(item)
        if isinstance(item, Frame):
            assert item.source not in self._open, "a frame from inside a gap"
            before = self._last.get(item.source)
            if before is not None:
                assert item.index == before.index + 1 or item.captured is None  # of files, the number in the file
                assert item.time_s > before.time_s
                same = item.pixels.shape == before.pixels.shape and np.array_equal(item.pixels, before.pixels)
                assert not same, "a frame twice"
            for gap in self.gaps:
                if gap.source == item.source and gap.end is not None:
                    moment = item.captured.time.timestamp() + 0.002  # the log has milliseconds
                    assert moment >= _time(gap.end), "a frame from inside a gap"
            self._last[item.source] = item
            self.frames.append(item)
        elif isinstance(item, Gap):
            if item.end is None:
                assert item.source not in self._open
                self._open[item.source] = item
            else:
                begun = self._open.pop(item.source)
                assert (item.start, item.reason) == (begun.start, begun.reason)
                assert item.start <= item.end
                self.gaps.append(item)
        elif isinstance(item, Notice):
            self.notices.append(item.message)
        else:
            self.ends.append(item)


def _time(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
