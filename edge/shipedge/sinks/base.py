"""What the pipeline asks of a sink."""

from __future__ import annotations

from typing import Protocol

from shipedge.errors import ShipedgeError
from shipedge.frame import Frame, FrameResult

__all__ = ["Sink", "keeps"]


class Sink(Protocol):
    """Takes every result; its files appear whole when the `with` block ends."""

    def __enter__(self) -> Sink:
        """Opens what it writes to, so that a folder without permission is known before the first frame."""
        ...

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Takes one result and the frame it belongs to."""
        ...

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Puts the files in their place, or drops them if they may be broken."""
        ...


def keeps(kind: type[BaseException] | None) -> bool:
    """Whether what was written so far is worth keeping when the block ends with this exception.

    A camera that breaks, a model that fails or Ctrl-C leave whole lines and frames behind; a full disk does not.
    """
    return kind is None or issubclass(kind, (ShipedgeError, KeyboardInterrupt))
