"""What is done on one text, one mask or one list of masks, and by which function of ours."""

from typing import Any

import numpy as np

from shipedge import rle
from shipedge.bench import material
from shipedge.bench.material import LARGE, SHAPE, Mask, Material
from shipedge.bench.timing import Call
from shipedge.bench.work import Job, Skill

_PIXELS = SHAPE[0] * SHAPE[1]
_IMAGES = 300
_KEPT = 256


def memset(size: int) -> tuple[str, Call]:
    """Setting so many bytes that are in a cache if they fit."""
    pixels = np.zeros(size, np.uint8)
    return "memset", lambda: pixels.fill(0)


def scan(mask: Mask) -> tuple[str, Call]:
    """Looking at every pixel once, eight at a time."""
    words = mask.reshape(-1).view(np.uint64)
    return "OR-scan", lambda: np.bitwise_or.reduce(words)


def all_kept(way: Skill) -> Skill:
    """One after the other, all results kept."""
    return lambda many: [way(one, SHAPE) for one in many]


def last_kept(way: Skill) -> Skill:
    """One after the other, each result dropped for the next one."""

    def call(many: list[Any]) -> Any:
        for one in many:
            last = way(one, SHAPE)
        return last

    return call


def parse(text: str) -> Job:
    """A string to runs."""
    return Job(rle.parse, "parse", lambda _: (text, SHAPE), plain=lambda value: value.runs, size=len(text))


def decode(text: str) -> Job:
    """A string to a mask."""
    return Job(rle.decode, "decode", lambda _: (text, SHAPE), limit=memset(_PIXELS))


def read_coco(text: str) -> Job:
    """COCO's compressed counts to a mask, for the peers in the order they like (Fortran)."""
    value = {"size": list(SHAPE), "counts": rle.to_coco(rle.parse(text, SHAPE), compressed=True).encode()}

    def ours(value: dict[str, Any]) -> Mask:
        return rle.from_coco(value["counts"], value["size"]).to_mask()

    return Job(ours, "read_coco", lambda _: (value,), limit=memset(_PIXELS))


def write_coco(text: str) -> Job:
    """A mask in Fortran order to COCO's compressed counts."""
    mask = np.asfortranarray(rle.decode(text, SHAPE))

    def ours(mask: Mask) -> str:
        return rle.to_coco(rle.Rle.from_mask(mask), compressed=True)

    return Job(ours, "write_coco", lambda _: (mask,), limit=memset(_PIXELS))


def decode_kept(source: Material) -> Job:
    """Strings to masks that are all kept: fresh memory costs page faults."""
    texts = source.many(_KEPT)
    return Job(rle.decode, "decode", lambda _: (texts,), wrap=all_kept, items=_KEPT)


def decode_into(text: str, out: Mask) -> Job:
    """A string to a given large mask."""

    def ours(text: str, out: Mask) -> Mask:
        return rle.decode(text, LARGE, out=out)

    return Job(ours, "decode_into", lambda _: (text, out), limit=memset(out.size), soiled=out)


def encode(mask: Mask, skill: str = "encode") -> Job:
    """A mask to a string."""
    return Job(rle.encode, skill, lambda _: (mask,), limit=memset(mask.size))


def encode_large() -> Job:
    """A large mask to a string."""
    mask = rle.decode(material.large_text(), LARGE)
    return Job(rle.encode, "encode", lambda _: (mask,), limit=scan(mask))


def union(texts: list[str]) -> Job:
    """The strings of one image to its mask."""
    return Job(rle.decode_union, "union", lambda _: (texts, SHAPE), limit=memset(_PIXELS))


def one_by_one(source: Material) -> Job:
    """The same for image after image as they come."""
    rows = source.rows(_IMAGES)
    limit, clear = memset(_PIXELS)
    return Job(
        rle.decode_union,
        "union",
        lambda _: (rows,),
        limit=(limit, lambda: [clear() for _ in rows]),
        wrap=last_kept,
        check=all_kept,
        items=_IMAGES,
    )


def area_bbox(source: Material) -> Job:
    """Areas and boxes (left, top, width, height)."""
    texts = source.many(1000)

    def ours(many: list[rle.Rle]) -> Any:
        return rle.areas(many), rle.bboxes(many)

    def plain(result: Any) -> Any:
        areas, boxes = result
        return np.column_stack([areas, boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])

    return Job(ours, "area_bbox", lambda native: ([native(text, SHAPE) for text in texts],), plain)


def iou(source: Material) -> Job:
    """Every ship of 100 with every one of 100 others."""
    texts = source.largest(200)

    def given(native: Any) -> Any:
        values = [native(text, SHAPE) for text in texts]
        return values[:100], values[100:]

    return Job(rle.iou_matrix, "iou", given)


def unite(source: Material) -> Job:
    """One mask of many, as runs."""
    texts = source.crowd()

    def ours(values: list[rle.Rle]) -> rle.Rle:
        return rle.union(values, SHAPE)

    return Job(ours, "unite", lambda native: ([native(text, SHAPE) for text in texts],), rle.Rle.to_mask)


def components(mask: Mask) -> Job:
    """A mask to the strings of its 8-connected parts."""
    return Job(rle.component_texts, "components", lambda _: (mask,), order=sorted)
