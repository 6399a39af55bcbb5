"""Where frames come from: images, folders, globs, videos, cameras."""

from shipedge.sources.resolve import Source, resolve, source_named

__all__ = ["Source", "resolve", "source_named"]
