"""The works of the benchmark with the floors we hold ourselves to, and what each of them is done on."""

from typing import Any

import numpy as np

from shipedge import rle
from shipedge.bench import material
from shipedge.bench.material import LARGE, SHAPE, Mask, Material
from shipedge.bench.timing import Call
from shipedge.bench.work import Floor, Job, Skill, Work

_PIXELS = SHAPE[0] * SHAPE[1]
_BATCH = 64
_IMAGES = 300
_KEPT = 256


def _memset(size: int) -> tuple[str, Call]:
    pixels = np.zeros(size, np.uint8)
    return "memset", lambda: pixels.fill(0)


def _scan(mask: Mask) -> tuple[str, Call]:
    words = mask.reshape(-1).view(np.uint64)
    return "OR-scan", lambda: np.bitwise_or.reduce(words)


def _all_kept(way: Skill) -> Skill:
    return lambda many: [way(one, SHAPE) for one in many]


def _last_kept(way: Skill) -> Skill:
    def call(many: list[Any]) -> Any:
        for one in many:
            last = way(one, SHAPE)
        return last

    return call


def _parse(text: str) -> Job:
    return Job(rle.parse, "parse", lambda _: (text, SHAPE), plain=lambda value: value.runs, size=len(text))


def _decode(text: str) -> Job:
    return Job(rle.decode, "decode", lambda _: (text, SHAPE), limit=_memset(_PIXELS))


def _decode_kept(source: Material) -> Job:
    texts = source.many(_KEPT)
    return Job(rle.decode, "decode", lambda _: (texts,), wrap=_all_kept, items=_KEPT)


def _decode_into(text: str, out: Mask) -> Job:
    def ours(text: str, out: Mask) -> Mask:
        return rle.decode(text, LARGE, out=out)

    return Job(ours, "decode_into", lambda _: (text, out), limit=_memset(out.size), soiled=out)


def _encode(mask: Mask, skill: str = "encode") -> Job:
    return Job(rle.encode, skill, lambda _: (mask,), limit=_memset(mask.size))


def _encode_large() -> Job:
    mask = rle.decode(material.large_text(), LARGE)
    return Job(rle.encode, "encode", lambda _: (mask,), limit=_scan(mask))


def _union(texts: list[str]) -> Job:
    return Job(rle.decode_union, "union", lambda _: (texts, SHAPE), limit=_memset(_PIXELS))


def _one_by_one(source: Material) -> Job:
    rows = source.rows(_IMAGES)
    return Job(
        rle.decode_union,
        "union",
        lambda _: (rows,),
        limit=_memset(_PIXELS),
        wrap=_last_kept,
        check=_all_kept,
        items=_IMAGES,
    )


def _batch(source: Material) -> Job:
    rows, out = source.rows(_BATCH), np.zeros((_BATCH, *SHAPE), np.uint8)

    def ours(rows: list[list[str]], out: Any) -> Any:
        rle.decode_batch(rows, out)
        return out

    return Job(ours, "batch", lambda _: (rows, out), limit=_memset(out.size), soiled=out)


def _area_bbox(source: Material) -> Job:
    texts = source.many(1000)

    def ours(many: list[rle.Rle]) -> Any:
        return rle.areas(many), rle.bboxes(many)

    def plain(result: Any) -> Any:
        areas, boxes = result
        return np.column_stack([areas, boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])

    return Job(ours, "area_bbox", lambda native: ([native(text, SHAPE) for text in texts],), plain)


def _iou(source: Material) -> Job:
    texts = source.largest(200)

    def given(native: Any) -> Any:
        values = [native(text, SHAPE) for text in texts]
        return values[:100], values[100:]

    return Job(rle.iou_matrix, "iou", given)


def _unite(source: Material) -> Job:
    texts = source.crowd()

    def ours(values: list[rle.Rle]) -> rle.Rle:
        return rle.union(values, SHAPE)

    return Job(ours, "unite", lambda native: ([native(text, SHAPE) for text in texts],), rle.Rle.to_mask)


def _components(mask: Mask) -> Job:
    return Job(rle.component_texts, "components", lambda _: (mask,), order=sorted)


def _index(source: Material) -> Job:
    path = source.csv

    def plain(index: Any) -> Any:
        return {image: texts for image, texts in index.items() if texts}

    return Job(rle.open_csv, "index", lambda _: (path,), plain, limit=("read()", path.read_bytes))


_SLOW = ("kaggle recipe",)  # a gigabyte of 64-bit pixels

WORKS: tuple[Work, ...] = (
    Work("ship string -> runs, 34", Floor(peer=(5, 3)), lambda m: _parse(m.ship(34))),
    Work("ship string -> runs, 280", Floor(peer=(5, 3)), lambda m: _parse(m.ship(280))),
    Work("long string -> runs", Floor(gb_s=(8, 8)), lambda _: _parse(rle.encode(material.random_mask()))),
    Work("string -> mask, 34 runs", Floor((2, 1.3), (0.9, 1.2)), lambda m: _decode(m.ship(34))),
    Work("string -> mask, 280 runs", Floor(), lambda m: _decode(m.ship(280))),
    Work("the same, all results kept", Floor(), _decode_kept),
    Work("string -> mask, random 50 %", Floor((8, 3)), lambda _: _decode(rle.encode(material.random_mask()))),
    Work("string -> mask, checkerboard", Floor((4.5, 1.5)), lambda _: _decode(rle.encode(material.checkerboard()))),
    Work("mask -> string, ship", Floor((8, 4), (1.3, 2)), lambda m: _encode(rle.decode(m.ship(34)))),
    Work("mask -> string, random 50 %", Floor((10, 5)), lambda _: _encode(material.random_mask(), "encode_dense")),
    Work("union of 15 strings -> mask", Floor((5, 2)), lambda m: _union(m.crowd())),
    Work("rows of an image -> mask", Floor((1.8, 1.3), (1.5, 1.5)), _one_by_one),
    Work("batch of 64 -> given array", Floor((2, 2), (1.25, 1.25)), _batch),
    Work("CSV -> index of images", Floor((3, 3)), _index),
    Work("area + bbox of 1000", Floor((4, 4)), _area_bbox),
    Work("IoU 100 x 100", Floor((5, 5)), _iou),
    Work("union of 15 as runs", Floor((5, 5)), _unite),
    Work("10 parts -> strings", Floor((8, 8)), lambda m: _components(rle.decode_union(m.crowd(10)))),
    Work("900 parts -> strings", Floor((50, 50)), lambda _: _components(material.blobs())),
    Work("10k x 10k mask -> string", Floor((2, 2), (1.6, 1.6)), lambda _: _encode_large(), _SLOW),
    Work(
        "10k x 10k string -> given mask",
        Floor((1.3, 1.3), (1.7, 1.7)),
        lambda _: _decode_into(material.large_text(), np.zeros(LARGE, np.uint8)),
    ),
)
