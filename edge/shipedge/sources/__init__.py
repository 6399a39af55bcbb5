"""Where frames come from: pictures, folders, globs, videos, cameras."""

from shipedge.sources.resolve import Source, resolve

__all__ = ["Source", "resolve"]
