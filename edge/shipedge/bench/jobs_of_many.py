"""What is done on many images at once: batches, CSV files and folders of masks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge import rle
from shipedge.bench.jobs import memset
from shipedge.bench.material import SHAPE, Material
from shipedge.bench.work import Job, Skill

_BATCH = 64

Masks = NDArray[np.uint8]
Rows = list[list[str]]


def _decode_batch(threads: int) -> Skill:
    def ours(rows: Rows, out: Masks) -> Masks:
        rle.decode_batch(rows, out, threads)
        return out

    return ours


def batch(source: Material) -> Job:
    """64 images into an array that holds anything."""
    rows, out = source.rows(_BATCH), np.zeros((_BATCH, *SHAPE), np.uint8)
    return Job(_decode_batch(1), "batch", lambda _: (rows, out), limit=memset(out.size), soiled=out)


def batch_in_threads(source: Material) -> Job:
    """The same on two threads, beside one."""
    rows, out = source.rows(_BATCH), np.zeros((_BATCH, *SHAPE), np.uint8)
    others = {"1 thread": _decode_batch(1)}
    return Job(_decode_batch(2), "", lambda _: (rows, out), limit=memset(out.size), soiled=out, others=others)


def batch_again(source: Material) -> Job:
    """Two batches by turns into one array: the peers clear it, we know what we painted last."""
    turns = source.rows(_BATCH), source.rows(_BATCH, _BATCH)
    out = np.zeros((_BATCH, *SHAPE), np.uint8)
    known = rle.MaskBatch(np.zeros_like(out))

    def ours(rows: Rows, _out: Masks) -> Masks:
        return known.paint(rows)

    def by_turns(way: Skill) -> Skill:
        state = [0]

        def call(turns: tuple[Rows, Rows], out: Masks) -> Any:
            state[0] = 1 - state[0]
            return way(turns[state[0]], out)

        return call

    def each_turn(way: Skill) -> Skill:
        return lambda turns, out: [way(turns[i], out).copy() for i in (0, 1, 0)]

    return Job(
        ours,
        "batch",
        lambda _: (turns, out),
        limit=memset(out.size),
        wrap=by_turns,
        check=each_turn,
        soiled=out,
    )


def index(source: Material) -> Job:
    """The images of a CSV and where their strings are."""
    path = source.csv

    def plain(images: Any) -> Any:
        return {image: texts for image, texts in images.items() if texts}

    return Job(rle.open_csv, "index", lambda _: (path,), plain=plain, limit=("read()", path.read_bytes))
