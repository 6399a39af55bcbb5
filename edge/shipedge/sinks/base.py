"""What the pipeline asks of a sink."""

from __future__ import annotations

from typing import Protocol

from shipedge.errors import ShipedgeError
from shipedge.events import Result
from shipedge.frame import Frame
from shipedge.sources import Source

__all__ = ["Sink", "keeps"]


class Sink(Protocol):
    """Makes something of frames and their results, which the log does not hold: images, videos."""

    def __enter__(self) -> Sink:
        """Opens what it writes to, so that a folder without permission is known before the first frame."""
        ...

    def write(self, frame: Frame, result: Result) -> None:
        """Takes one result and the frame it belongs to; of a frame that comes again after a killed run, too.

        Raises:
            SourceError: it cannot be taken, which does not stop anything else.
        """
        ...

    def end(self, source: Source) -> None:
        """Nothing more comes of a source: finishes its file. Raises SourceError where that did not become whole."""
        ...

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Puts the files in their place, or drops them if they may be broken."""
        ...


def keeps(kind: type[BaseException] | None) -> bool:
    """Whether what was written so far is worth keeping when the block ends with this exception.

    A camera that breaks, a model that fails or Ctrl-C leave whole lines and frames behind; a full disk does not.
    """
    return kind is None or issubclass(kind, (ShipedgeError, KeyboardInterrupt))
