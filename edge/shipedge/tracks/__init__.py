"""Ships through time: ids, speeds, and lines on annotated videos."""

from shipedge.tracks.draw import Tails, draw_tracks
from shipedge.tracks.tracker import Tracker

__all__ = ["Tails", "Tracker", "draw_tracks"]
