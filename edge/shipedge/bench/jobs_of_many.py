"""What is done on many images at once: batches, CSV files and folders of masks."""

import importlib
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge import rle
from shipedge.bench.jobs import memset
from shipedge.bench.material import SHAPE, Material
from shipedge.bench.work import Job, Skill
from shipedge.masks import MaskBuilder, mask_name

_BATCH = 64
_IMAGES = 200

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


def images(source: Material) -> Job:
    """Ship images to files of masks."""
    return _images(source, 1)


def images_in_threads(source: Material) -> Job:
    """The same on two threads, beside one."""
    return _images(source, 2)


def _images(source: Material, threads: int) -> Job:
    index = rle.open_csv(source.csv)
    rows = {image: index[image] for image in index.ship_ids()[:_IMAGES]}
    numbers = itertools.count()

    def new_folder() -> Path:
        folder = source.folder / f"{id(numbers)}-{next(numbers)}"
        folder.mkdir()
        return folder

    def ours(threads: int) -> Skill:
        def write(rows: dict[str, list[str]], _shape: Any, folder: Path) -> Path:
            MaskBuilder(source.csv, folder).build(index, list(rows), [mask_name(image) for image in rows], threads)
            return folder

        return write

    def create(folder: Path, names: list[str]) -> None:
        data = bytes(900)
        for name in names:
            file = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.write(file, data)
            os.close(file)

    pool = ThreadPoolExecutor(threads)
    shares = [[mask_name(image) for image in rows][first::threads] for first in range(threads)]
    return Job(
        ours(threads),
        "images" if threads == 1 else "",
        lambda _: (rows, SHAPE),
        order=_some_pixels,
        limit=("files", lambda: [*pool.map(create, itertools.repeat(new_folder()), shares)]),
        wrap=lambda way: lambda rows, shape: way(rows, shape, new_folder()),
        items=len(rows),
        others={} if threads == 1 else {"1 thread": ours(1)},
    )


def _some_pixels(folder: Path) -> list[Masks]:
    """What the first files hold, by OpenCV's word."""
    cv2 = importlib.import_module("cv2")
    files = sorted(folder.iterdir())
    return [len(files), *(cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in files[:20])]
