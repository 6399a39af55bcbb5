"""Trained networks -> a bundle: converted, checked, compared with Keras, thresholds chosen, written once."""

from shipedge_train.export.job import convert
from shipedge_train.export.part import Conversion

__all__ = ["Conversion", "convert"]
