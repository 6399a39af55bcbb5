"""Where frames come from: images, folders, globs, videos, cameras, streams."""

from shipedge.sources.ended import Ended, Joined
from shipedge.sources.limits import EVERYTHING, Limits
from shipedge.sources.resolve import Source, resolve, source_named

__all__ = ["EVERYTHING", "Ended", "Joined", "Limits", "Source", "resolve", "source_named"]
