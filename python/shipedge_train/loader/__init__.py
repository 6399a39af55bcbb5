"""Batches straight from JPEG files and ship strings: NumPy arrays that any Keras backend takes.

`sampling` says what is in a batch, `decode` and `cache` where its pixels come from, `batches` makes it in threads;
`patches` makes those of a refiner.
"""

from shipedge_train.loader.batches import Batch, Loader, places_of, whole_images
from shipedge_train.loader.patches import PatchLoader, overlap, patches_of
from shipedge_train.loader.truth import presence_grid

__all__ = ["Batch", "Loader", "PatchLoader", "overlap", "patches_of", "places_of", "presence_grid", "whole_images"]
