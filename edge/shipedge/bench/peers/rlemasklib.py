"""rlemasklib: run-length masks in C, counts in and out."""

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge.bench.peers.peer import Mask, Peer, Shape, counts_of, text_of


def rlemasklib() -> Peer:
    """Its `RLEMask`, without the checks that it lets one turn off."""
    masks = importlib.import_module("rlemasklib").RLEMask

    def native(text: str, shape: Shape) -> Any:
        return masks.from_counts(counts_of(text, shape[0] * shape[1]).astype(np.uint32), shape, validate_sum=False)

    def decode_into(text: str, out: Mask) -> Mask:
        native(text, out.shape).decode_into(out, 1, 0)
        return out

    def union(texts: Sequence[str], shape: Shape) -> Mask:
        mask = np.zeros(shape, np.uint8)
        for text in texts:
            native(text, shape).decode_into(mask, 1)
        return mask

    def batch(rows: Sequence[Sequence[str]], out: NDArray[np.uint8]) -> NDArray[np.uint8]:
        out.fill(0)
        for texts, mask in zip(rows, out, strict=True):
            for text in texts:
                native(text, mask.shape).decode_into(mask, 1)
        return out

    def components(mask: Mask) -> list[str]:
        return [text_of(part.counts) for part in masks.from_array(mask).connected_components(connectivity=8)]

    return Peer(
        "rlemasklib",
        {
            "decode": lambda text, shape: native(text, shape).to_array(order="C"),
            "decode_into": decode_into,
            "union": union,
            "batch": batch,
            "encode": lambda mask: text_of(masks.from_array(mask).counts),
            "encode_dense": lambda mask: text_of(masks.from_array(mask, is_sparse=False).counts),
            "components": components,
            "area_bbox": lambda many: [(mask.area(), *mask.bbox()) for mask in many],
            "iou": masks.iou_matrix,
            "unite": masks.union,
            "read_coco": lambda value: masks.from_dict(value).to_array(),
            "write_coco": lambda mask: masks.from_array(mask).to_dict(),
        },
        native,
        {"unite": lambda mask: mask.to_array(order="C"), "write_coco": lambda result: result["counts"].decode()},
    )
