"""One large scene on many workers: each looks at a share of its tiles, then at some of its windows; one ends it.

What the models say of tiles and windows does not depend on who asks them, and ships are made of all of it together by
the same code that makes those of a small image. So the result is that of one process.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shipedge.cascade.ships import Window
from shipedge.engines.engine import Died
from shipedge.scale.blocks import Block
from shipedge.scale.part import Part, failed_part

__all__ = ["Look", "SceneWork", "Seen"]

_SHARE = 1 << 23
"""Pixels of which a worker looks at the tiles at a time."""
_WINDOWS = 32
"""Windows that a worker looks at together."""
_CHANCES = 2
"""Times that a piece is tried again over which a worker has died."""


class Look(NamedTuple):
    """A piece of the work on a scene.

    Attributes:
        block: that the scene is.
        step: what is to be done: tiles for the detector, the choice of windows, windows for the segmenter, ships.
        number: of the piece among those of its step.
        share: of the tiles, see `Cascade.detect`.
        origins: of the windows.
        presence: of the whole scene.
        windows: what the segmenter says of all.
        deaths: workers that died over it.
    """

    block: Block
    step: Literal["tiles", "plan", "windows", "ships"]
    number: int = 0
    share: tuple[int, int] = (0, 1)
    origins: tuple[tuple[int, int], ...] = ()
    presence: NDArray[np.uint8] | None = None
    windows: tuple[Window, ...] = ()
    deaths: int = 0


class Seen(NamedTuple):
    """What a worker says of a piece.

    Attributes:
        presence: of its tiles.
        valid: cells of the scene in which something was measured, as far as they were read; None: all.
        area: cells in which ships count, None: all.
        origins: of the windows that the segmenter is to see.
        windows: what the segmenter says of them.
        trouble: why the scene cannot be read; "" where it can.
    """

    presence: NDArray[np.uint8] | None = None
    valid: NDArray[np.bool_] | None = None
    area: NDArray[np.bool_] | None = None
    origins: tuple[tuple[int, int], ...] = ()
    windows: tuple[Window, ...] = ()
    trouble: str = ""


class SceneWork:
    """How far the work on one scene is."""

    def __init__(self, block: Block) -> None:
        """Takes the block, of which the scene is the only item."""
        self._block = block
        (self._item,) = block.items
        self._seen: dict[int, Seen] = {}
        self._count = 0
        self._presence: NDArray[np.uint8] | None = None

    def begin(self) -> list[Look]:
        """The pieces to begin with."""
        count = max(self._item.pixels // _SHARE, 1)
        return self._ask([Look(self._block, "tiles", k, (k, count)) for k in range(count)])

    def take(self, look: Look, outcome: Part | Seen | Died) -> list[Look] | Part:
        """What is to be done after a piece; the part of the scene where that is all."""
        if isinstance(outcome, Died):
            if look.deaths < _CHANCES:
                return [look._replace(deaths=look.deaths + 1)]
            outcome = Seen(trouble=f"{self._item.name}: {outcome.text(look.deaths + 1)}")
        if isinstance(outcome, Part):
            return outcome
        self._seen[look.number] = outcome
        if len(self._seen) < self._count:
            return []
        seen = [self._seen[number] for number in sorted(self._seen)]
        self._seen = {}
        if troubles := [one.trouble for one in seen if one.trouble]:
            return failed_part(self._item, troubles[0])
        if look.step == "tiles":
            self._presence = _whole(seen)
            return self._ask([Look(self._block, "plan", presence=self._presence)])
        if look.step == "plan" and (origins := seen[0].origins):
            shares = [origins[k : k + _WINDOWS] for k in range(0, len(origins), _WINDOWS)]
            return self._ask([Look(self._block, "windows", k, origins=share) for k, share in enumerate(shares)])
        windows = tuple(window for one in seen for window in one.windows)
        return self._ask([Look(self._block, "ships", presence=self._presence, windows=windows)])

    def _ask(self, looks: list[Look]) -> list[Look]:
        self._count = len(looks)
        return looks


def _whole(seen: list[Seen]) -> NDArray[np.uint8]:
    """The presence of the whole scene from those of its shares."""
    presence: NDArray[np.uint8] = np.maximum.reduce([one.presence for one in seen if one.presence is not None])
    valid = [one.valid for one in seen if one.valid is not None]
    if valid:
        presence[~np.logical_or.reduce(valid)] = 0
    if seen[0].area is not None:
        presence[~seen[0].area] = 0
    return presence
