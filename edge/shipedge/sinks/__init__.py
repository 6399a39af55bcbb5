"""Where results go: JSON Lines, CSV, GeoJSON, COCO, annotated images and videos."""

from shipedge.sinks.base import Sink

__all__ = ["Sink"]
