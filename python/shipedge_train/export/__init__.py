"""Trained networks -> a bundle: converted, checked, compared with Keras, thresholds chosen, written once."""

from shipedge_train.export.job import convert

__all__ = ["convert"]
