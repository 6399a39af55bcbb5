"""What others use for run-length masks: two NumPy recipes, and libraries that are installed (extra `bench`).

A peer starts from the form it likes best, and turning its result into our form for the comparison is not timed either.
But where a work starts from a string, so does the peer, by the fastest glue there is.
"""

from collections.abc import Callable

from shipedge.bench.peers.careful import careful
from shipedge.bench.peers.coco import faster_coco_eval, hotcoco, pycocotools
from shipedge.bench.peers.images import painters
from shipedge.bench.peers.kaggle import kaggle
from shipedge.bench.peers.numba import numba
from shipedge.bench.peers.peer import Peer
from shipedge.bench.peers.rlemasklib import rlemasklib
from shipedge.bench.peers.tables import pandas, polars

__all__ = ["Peer", "installed"]

_ALL: tuple[Callable[[], Peer], ...] = (
    kaggle,
    careful,
    numba,
    pycocotools,
    faster_coco_eval,
    hotcoco,
    rlemasklib,
    pandas,
    polars,
)


def installed() -> tuple[list[Peer], list[str]]:
    """The peers that can be imported here, and a sentence for each that cannot."""
    found, missing = [], []
    for build in _ALL:
        try:
            found.append(build())
        except Exception as error:  # broken installations raise whatever they like
            missing.append(f"{build.__name__} is left out: {error}")
    if any(peer.name == "numpy + opencv" for peer in found):
        found += list(painters(found))
    return found, missing
