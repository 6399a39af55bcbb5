"""Ships through time: ids and speeds."""

from shipedge.tracks.sources import Trackers
from shipedge.tracks.tracker import Tracker

__all__ = ["Tracker", "Trackers"]
