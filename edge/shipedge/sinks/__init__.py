"""Where results go: JSON Lines, the Airbus submission CSV, annotated pictures and videos."""

from shipedge.sinks.base import Sink

__all__ = ["Sink"]
