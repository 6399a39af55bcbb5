"""Where results go: JSON Lines, CSV, GeoJSON, COCO, annotated pictures and videos."""

from shipedge.sinks.base import Sink

__all__ = ["Sink"]
