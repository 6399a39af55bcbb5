"""A dataset folder: its images and ships, and who learns from which of them."""

from shipedge_train.dataset.images import SHAPE, Image, pick_evenly, read_dataset, scenes_of, split_by_scene
from shipedge_train.dataset.layout import Layout, find_layout

__all__ = ["SHAPE", "Image", "Layout", "find_layout", "pick_evenly", "read_dataset", "scenes_of", "split_by_scene"]
