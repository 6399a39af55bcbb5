"""Batches straight from JPEG files and ship strings: NumPy arrays that any Keras backend takes.

`sampling` says what is in a batch, `decode` and `cache` where its pixels come from, `batches` makes it in threads;
`patches` makes those of a refiner.
"""

from shipedge_train.loader.batches import Batch, Loader, whole_pictures
from shipedge_train.loader.patches import PatchLoader, overlap, patches_of
from shipedge_train.loader.truth import presence_grid

__all__ = ["Batch", "Loader", "loader_of", "overlap", "patches_of", "presence_grid", "whole_pictures"]


def loader_of(kind: str) -> type[Loader] | type[PatchLoader]:
    """What makes the batches for a kind of network."""
    return PatchLoader if kind == "refiner" else Loader
