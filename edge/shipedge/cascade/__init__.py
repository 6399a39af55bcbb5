"""Detector, segmenter and refiner one after the other: from a frame to its ships."""

from shipedge.cascade.cascade import Cascade, ask_flipped, masked

__all__ = ["Cascade", "ask_flipped", "masked"]
