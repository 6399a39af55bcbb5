"""The COCO family: pycocotools and its faster kin. Counts instead of texts, Fortran order instead of C order.

None of them writes an Airbus text, and only the kin give their counts uncompressed, so only they take part in
"mask -> string".
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from shipedge.bench.peers.peer import Mask, Peer, Shape, counts_of, text_of

_AREAS = 255  # pycocotools counts the masks of one call in a byte


def pycocotools() -> Peer:
    """The original, in C through Cython."""
    api = importlib.import_module("pycocotools.mask")

    def native(text: str, shape: Shape) -> Any:
        return api.frPyObjects({"size": list(shape), "counts": counts_of(text, shape[0] * shape[1])}, *shape)

    def area_bbox(many: Sequence[Any]) -> Any:
        areas = [api.area(many[first : first + _AREAS]) for first in range(0, len(many), _AREAS)]
        return np.column_stack([np.concatenate(areas), api.toBbox(many)])

    return _family("pycocotools", native, api.encode, api.decode, api.merge, api.iou, area_bbox)


def hotcoco() -> Peer:
    """The same in Rust."""
    api = importlib.import_module("hotcoco").mask

    def counted(text: str, shape: Shape) -> dict[str, Any]:
        return {"size": list(shape), "counts": counts_of(text, shape[0] * shape[1]).tolist()}

    def native(text: str, shape: Shape) -> Any:
        return api.frPyObjects(counted(text, shape), *shape)

    def area_bbox(many: Sequence[Any]) -> Any:
        return np.column_stack([api.area(many), api.to_bbox(many)])

    # Its decode and merge also take uncompressed counts: no need to compress them first.
    return _family("hotcoco", native, api.encode, api.decode, api.merge, api.iou, area_bbox, counted)


def faster_coco_eval() -> Peer:
    """The same in C++."""
    api = importlib.import_module("faster_coco_eval.mask_api_new_cpp")

    def counted(text: str, shape: Shape) -> dict[str, Any]:
        return {"size": list(shape), "counts": counts_of(text, shape[0] * shape[1]).tolist()}

    def native(text: str, shape: Shape) -> Any:
        return api.frUncompressedRLE([counted(text, shape)])[0]

    def decode(value: Any) -> Any:
        return api.decode([value])[:, :, 0]

    def compressed(mask: Mask) -> Any:
        return api.encode(mask[:, :, None])[0]

    def encode(mask: Mask) -> str:
        pixels = np.asfortranarray(mask)[:, :, None]
        return text_of(api.rleToUncompressedRLE(api.rleEncode(pixels, *mask.shape, 1))[0]["counts"])

    def area_bbox(many: Sequence[Any]) -> Any:
        return np.column_stack([api.area(many), api.toBbox(many)])

    def iou(a: Sequence[Any], b: Sequence[Any], crowd: Sequence[int]) -> Any:
        return np.asarray(api.iou(a, b, crowd)).reshape(len(a), len(b))

    peer = _family("faster-coco-eval", native, compressed, decode, api.merge, iou, area_bbox)
    peer.skills["encode"] = encode
    return peer


def _family(
    name: str,
    native: Callable[[str, Shape], Any],
    encode: Callable[[Mask], Any],
    decode: Callable[[Any], Any],
    merge: Callable[[list[Any]], Any],
    iou: Callable[[Sequence[Any], Sequence[Any], Sequence[int]], Any],
    area_bbox: Callable[[Sequence[Any]], Any],
    decodable: Callable[[str, Shape], Any] | None = None,
) -> Peer:
    """What they have in common; `decodable` is the shorter way from a text to something that decodes, if any."""
    ready = decodable or native

    def pixels(value: Any) -> Mask:
        return np.ascontiguousarray(decode(value))

    return Peer(
        name,
        {
            "decode": lambda text, shape: pixels(ready(text, shape)),
            "union": lambda texts, shape: pixels(merge([ready(text, shape) for text in texts])),
            "area_bbox": area_bbox,
            "iou": lambda a, b: iou(a, b, [0] * len(b)),
            "unite": merge,
            "read_coco": decode,
            "write_coco": encode,
        },
        native,
        {"unite": pixels, "write_coco": lambda result: result["counts"].decode()},
    )
