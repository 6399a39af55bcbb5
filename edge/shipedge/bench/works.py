"""The works of the benchmark, with the floors we hold ourselves to."""

import numpy as np

from shipedge import rle
from shipedge.bench import jobs, material
from shipedge.bench import jobs_of_many as many
from shipedge.bench.material import LARGE
from shipedge.bench.work import Floor, Work

_SLOW = ("kaggle recipe",)  # a gigabyte of 64-bit pixels

WORKS: tuple[Work, ...] = (
    Work("ship string -> runs, 34", Floor(peer=(5, 3)), lambda m: jobs.parse(m.ship(34))),
    Work("ship string -> runs, 280", Floor(peer=(5, 3)), lambda m: jobs.parse(m.ship(280))),
    Work("long string -> runs", Floor(gb_s=(8, 8)), lambda _: jobs.parse(rle.encode(material.random_mask()))),
    Work("string -> mask, 34 runs", Floor((2, 1.3), (0.9, 1.2)), lambda m: jobs.decode(m.ship(34))),
    Work("string -> mask, 280 runs", Floor(), lambda m: jobs.decode(m.ship(280))),
    Work("the same, all results kept", Floor(), jobs.decode_kept),
    Work("string -> mask, random 50 %", Floor((8, 3)), lambda _: jobs.decode(rle.encode(material.random_mask()))),
    Work("string -> mask, checkerboard", Floor((4.5, 1.5)), lambda _: jobs.decode(rle.encode(material.checkerboard()))),
    Work("mask -> string, ship", Floor((8, 4), (1.3, 2)), lambda m: jobs.encode(rle.decode(m.ship(34)))),
    Work("mask -> string, random 50 %", Floor((10, 5)), lambda _: jobs.encode(material.random_mask(), "encode_dense")),
    Work("COCO string -> mask, ship", Floor(), lambda m: jobs.read_coco(m.ship(34))),
    Work("Fortran mask -> COCO string", Floor(), lambda m: jobs.write_coco(m.ship(34))),
    Work("union of 15 strings -> mask", Floor((5, 2)), lambda m: jobs.union(m.crowd())),
    Work("rows of an image -> mask", Floor((1.8, 1.3), (1.5, 1.5)), jobs.one_by_one),
    Work("batch of 64 -> given array", Floor((2, 2), (1.25, 1.25)), many.batch),
    Work("batch of 64, 2 threads", Floor(), many.batch_in_threads),
    Work("batch of 64, erasing the last", Floor((5, 5), (0.4, 0.4)), many.batch_again),
    Work("CSV -> index of images", Floor((3, 3)), many.index),
    Work("rows -> PNG folder", Floor((30, 30), (1.5, 1.5)), many.images),
    Work("rows -> PNG, 2 threads", Floor(limit=(1.5, 1.5)), many.images_in_threads),
    Work("area + bbox of 1000", Floor((4, 4)), jobs.area_bbox),
    Work("IoU 100 x 100", Floor((5, 5)), jobs.iou),
    Work("union of 15 as runs", Floor((5, 5)), jobs.unite),
    Work("10 parts -> strings", Floor((8, 8)), lambda m: jobs.components(rle.decode_union(m.crowd(10)))),
    Work("900 parts -> strings", Floor((50, 50)), lambda _: jobs.components(material.blobs())),
    Work("10k x 10k mask -> string", Floor((2, 2), (1.6, 1.6)), lambda _: jobs.encode_large(), _SLOW),
    Work(
        "10k x 10k string -> given mask",
        Floor((1.3, 1.3), (1.7, 1.7)),
        lambda _: jobs.decode_into(material.large_text(), np.zeros(LARGE, np.uint8)),
    ),
)
