"""What others use for run-length masks, for `shipedge.bench`: the NumPy recipes, and libraries that are installed.

A peer gets its input in the form it likes best before the clock starts (`prepared`); turning its result into our form
for the comparison (`plain`) is not timed either. So a peer is charged for its own work only.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge.rle import Rle, parse, to_coco

SIDE = 768  # all masks here are the Airbus picture

Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Peer:
    """A library: what it can do (`skills`), how it wants its input, and how its result becomes like ours (`plain`)."""

    name: str
    skills: dict[str, Callable[..., Any]]
    inputs: dict[str, Callable[..., Any]] = field(default_factory=dict)
    plain: dict[str, Callable[[Any], Any]] = field(default_factory=dict)

    def prepared(self, skill: str, given: Any) -> Callable[[], Any]:
        """The call to time: the input is converted once, here."""
        work = self.skills[skill]
        ready = self.inputs[skill](given) if skill in self.inputs else given
        return lambda: work(ready)


def installed() -> list[Peer]:
    """The NumPy recipes, and each known library that can be imported."""
    found = [Peer("numpy", _NUMPY)]
    for name, build in {"pycocotools": _pycocotools, "cv2": _opencv}.items():
        try:
            found.append(build())
        except ImportError:
            continue  # not installed: the table simply lacks its column
        except Exception as error:
            raise ImportError(f"{name} is installed but does not load: {error}", name=name) from error
    return found


def _numpy_parse(text: str) -> NDArray[np.int64]:
    numbers = np.array(text.split(), np.int64).reshape(-1, 2)
    numbers[:, 0] -= 1
    return numbers


def _numpy_fill(flat: Mask, text: str) -> None:
    for start, length in _numpy_parse(text).tolist():
        flat[start : start + length] = 1


def _numpy_decode(text: str) -> Mask:
    flat = np.zeros(SIDE * SIDE, np.uint8)
    _numpy_fill(flat, text)
    return np.ascontiguousarray(flat.reshape(SIDE, SIDE).T)


def _numpy_union(texts: Sequence[str]) -> Mask:
    flat = np.zeros(SIDE * SIDE, np.uint8)
    for text in texts:
        _numpy_fill(flat, text)
    return np.ascontiguousarray(flat.reshape(SIDE, SIDE).T)


def _numpy_encode(mask: Mask) -> str:
    flat = np.concatenate([[0], mask.T.ravel(), [0]])
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges[1::2] -= edges[::2]
    return " ".join(map(str, edges.tolist()))


_NUMPY: dict[str, Callable[..., Any]] = {
    "parse": _numpy_parse,
    "decode": _numpy_decode,
    "union": _numpy_union,
    "encode": _numpy_encode,
    "batch": lambda images: np.stack([_numpy_union(texts) for texts in images]),
}


def _pycocotools() -> Peer:
    """COCO's own masks: counts instead of texts, Fortran order instead of C order."""
    api = importlib.import_module("pycocotools.mask")

    def uncompressed(text: str) -> dict[str, Any]:
        return {"size": [SIDE, SIDE], "counts": to_coco(parse(text))}

    def compressed(values: Sequence[Rle]) -> list[Any]:
        return [
            api.frPyObjects({"size": list(value.shape), "counts": to_coco(value)}, *value.shape) for value in values
        ]

    def decode(counts: dict[str, Any]) -> Any:
        return np.ascontiguousarray(api.decode(api.frPyObjects(counts, SIDE, SIDE)))

    def union(many: Sequence[dict[str, Any]]) -> Any:
        merged = api.merge([api.frPyObjects(counts, SIDE, SIDE) for counts in many])
        return np.ascontiguousarray(api.decode(merged))

    return Peer(
        "pycocotools",
        {
            "decode": decode,
            "union": union,
            "encode": lambda mask: api.encode(np.asfortranarray(mask)),
            "iou": lambda values: api.iou(values, values, [0] * len(values)),
        },
        {"decode": uncompressed, "union": lambda texts: [uncompressed(text) for text in texts], "iou": compressed},
        {"encode": lambda counts: Rle.from_mask(api.decode(counts)).to_airbus()},
    )


def _opencv() -> Peer:
    """The usual way to split a mask: OpenCV's labels, then the NumPy recipe for each of them."""
    cv2 = importlib.import_module("cv2")

    def components(mask: Mask) -> list[str]:
        count, labels = cv2.connectedComponents(mask, connectivity=8)
        texts = [_numpy_encode((labels == label).astype(np.uint8)) for label in range(1, count)]
        return sorted(texts, key=lambda text: int(text.partition(" ")[0]))

    return Peer("opencv", {"components": components})
