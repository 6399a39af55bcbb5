"""The classic Kaggle recipe, as hundreds of notebooks have it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shipedge.bench.peers.peer import Mask, Peer, Shape


def kaggle() -> Peer:
    """One loop over the runs in Python, one concatenation of all pixels."""
    return Peer(
        "kaggle recipe",
        {"parse": _parse, "decode": _decode, "union": _union, "encode": _encode, "batch": _batch},
    )


def _parse(text: str, _shape: Shape) -> NDArray[np.int64]:
    words = text.split()
    starts, lengths = (np.asarray(numbers, dtype=np.int64) for numbers in (words[::2], words[1::2]))
    return np.stack([starts - 1, lengths], axis=1)


def _decode(text: str, shape: Shape) -> Mask:
    flat = np.zeros(shape[0] * shape[1], np.uint8)
    for start, length in _parse(text, shape):
        flat[start : start + length] = 1
    return np.ascontiguousarray(flat.reshape(shape[::-1]).T)


def _union(texts: Sequence[str], shape: Shape) -> Mask:
    total = np.zeros(shape, np.int16)
    for text in texts:
        total += _decode(text, shape)
    return (total > 0).astype(np.uint8)


def _encode(mask: Mask) -> str:
    flat = np.concatenate([[0], mask.T.flatten(), [0]])
    edges = np.where(flat[1:] != flat[:-1])[0] + 1
    edges[1::2] -= edges[::2]
    return " ".join(str(number) for number in edges)


def _batch(rows: Sequence[Sequence[str]], out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    for texts, mask in zip(rows, out, strict=True):
        mask[...] = _union(texts, mask.shape)
    return out
