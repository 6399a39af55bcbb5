"""What a careful NumPy user writes, with OpenCV for transposing and labelling."""

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge.bench.peers.peer import Mask, Peer, Shape, numbers_of, text_of_edges

_MANY = 4000  # runs from which one cumulative sum over all pixels beats a slice for each run


def careful() -> Peer:
    """Slices of one flat buffer, one transposition, edges only inside the bounding box."""
    recipe = _Recipe(importlib.import_module("cv2"))
    return Peer(
        "numpy + opencv",
        {
            "parse": lambda text, _shape: numbers_of(text).reshape(-1, 2) - [1, 0],
            "decode": lambda text, shape: recipe.union([text], shape),
            "decode_into": recipe.decode_into,
            "union": recipe.union,
            "batch": recipe.batch,
            "encode": recipe.encode,
            "components": recipe.components,
        },
    )


class _Recipe:
    def __init__(self, cv2: Any) -> None:
        self.cv2 = cv2

    def union(self, texts: Sequence[str], shape: Shape) -> Mask:
        flat = np.zeros(shape[0] * shape[1], np.uint8)
        for text in texts:
            _fill(flat, text)
        turned: Mask = self.cv2.transpose(flat.reshape(shape[::-1]))
        return turned

    def decode_into(self, text: str, out: Mask) -> Mask:
        flat = np.zeros(out.size, np.uint8)
        _fill(flat, text)
        self.cv2.transpose(flat.reshape(out.shape[::-1]), dst=out)
        return out

    def batch(self, rows: Sequence[Sequence[str]], out: NDArray[np.uint8]) -> NDArray[np.uint8]:
        for texts, mask in zip(rows, out, strict=True):
            mask[...] = self.union(texts, mask.shape)
        return out

    def encode(self, mask: Mask) -> str:
        return self._part(mask, self.cv2.boundingRect(mask), mask.shape[0])

    def components(self, mask: Mask) -> list[str]:
        count, labels, stats, _ = self.cv2.connectedComponentsWithStats(mask, connectivity=8)
        boxes = [tuple(stats[label, :4].tolist()) for label in range(count)]
        return [self._part(labels == label, boxes[label], mask.shape[0]) for label in range(1, count)]

    def _part(self, mask: NDArray[Any], box: tuple[int, int, int, int], height: int) -> str:
        """The text of what lies in the box; a row of background below it keeps the columns apart."""
        left, top, width, rows = box
        if rows == height:
            top, rows = 0, height
        gap = int(rows < height)
        flat = np.zeros(1 + width * (rows + gap) + 1, np.uint8)
        cut = mask[top : top + rows, left : left + width].view(np.uint8)
        flat[1:-1].reshape(width, rows + gap)[:, :rows] = self.cv2.transpose(cut) if cut.size else 0
        edges = np.flatnonzero(flat[1:] != flat[:-1])
        if gap:
            edges = (edges // (rows + 1) + left) * height + edges % (rows + 1) + top
        else:
            edges += left * height
        return text_of_edges(edges)


def _fill(flat: NDArray[np.uint8], text: str) -> None:
    numbers = numbers_of(text)
    starts = numbers[::2] - 1
    ends = starts + numbers[1::2]
    if starts.size > _MANY:
        steps = np.zeros(flat.size + 1, np.int8)
        steps[starts] += 1
        steps[ends] -= 1
        flat |= np.cumsum(steps[:-1], dtype=np.int8).view(np.uint8)
        return
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        flat[start:end] = 1
