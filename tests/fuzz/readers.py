"""Breaks images, masks and label files by the million, and gives them to the readers of the package.

    python tests/fuzz/readers.py --seconds 20 --seed 1

Quicker than `commands.py`, which goes through the command line. What must hold: nothing but our own errors, no input
that takes ten seconds, no input that takes 600 MB.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import mutate
import numpy as np

from shipedge.errors import ShipedgeError
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import ImageList
from shipedge.formats.mask_image import decode_mask
from shipedge.images import decode_image, decode_reduced

SECONDS = 10.0
MEGABYTES = 600
ROUND = 200


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--seed", type=int, default=None)
    chosen = options.parse_args()
    seed = time.time_ns() % 2**32 if chosen.seed is None else chosen.seed
    rng = np.random.default_rng(seed)
    images, masks = [*mutate.images().values()], [*mutate.masks().values()]
    folder = Path(tempfile.mkdtemp(prefix="shipedge-fuzz-"))
    (folder / "labels").mkdir()
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    works: dict[str, tuple[Callable[[], bytes], Callable[[bytes], object]]] = {
        "images": (lambda: mutate.broken(one(rng, images), rng, images), lambda data: decode_image(data, "a")),
        "images, stretched": (
            lambda: mutate.broken(one(rng, images), rng, images), lambda data: decode_image(data, "a", "auto")
        ),
        "images, reduced": (
            lambda: mutate.broken(one(rng, images), rng, images), lambda data: decode_reduced(data, "a", 4, grey=True)
        ),
        "masks": (lambda: mutate.broken(one(rng, masks), rng, masks), lambda data: decode_mask(data, "a")),
        "COCO": (
            lambda: json.dumps(mutate.misshapen(mutate.coco(), rng)).encode(),
            lambda data: labels(folder / "a.json", data, "coco"),
        ),
        "CSV": (
            lambda: mutate.broken(mutate.airbus().encode(), rng, [b"\n,", b'"']),
            lambda data: labels(folder / "a.csv", data, "airbus"),
        ),
        "YOLO": (
            lambda: mutate.broken(mutate.yolo().encode(), rng, [b"\n0 ", b"1e9"]),
            lambda data: labels(folder / "labels" / "a.txt", data, "yolo"),
        ),
    }  # fmt: skip
    counts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    end = time.monotonic() + chosen.seconds
    while time.monotonic() < end:
        for name, (make, read) in works.items():
            for _ in range(ROUND):
                data, start = make(), time.monotonic()
                trouble = ""
                try:
                    read(data)
                except ShipedgeError:
                    refused[name] += 1
                except BaseException as error:
                    trouble = f"{type(error).__name__}: {error}"
                took = time.monotonic() - start
                grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 - base
                if trouble or took > SECONDS or grown > MEGABYTES:
                    (folder / "input").write_bytes(data)
                    print(f"seed {seed}: {name}: {trouble or f'{took:.1f} s, {grown} MB'}: {folder / 'input'}")
                    return 1
                counts[name] += 1
    for name, number in counts.items():
        print(f"{name:<20}{number:>10} inputs, {refused[name]} of them refused")
    print(f"{'all':<20}{sum(counts.values()):>10} inputs, no complaint, at most {grown} MB (seed {seed})")
    return 0


def one(rng: np.random.Generator, files: list[bytes]) -> bytes:
    return files[int(rng.integers(len(files)))]


def labels(path: Path, data: bytes, kind: str) -> None:
    """All labels of a file."""
    path.write_bytes(data)
    for _ in read_labelled(path.parent if kind == "yolo" else path, kind, ImageList(shape=mutate.SHAPE), []):
        pass


if __name__ == "__main__":
    sys.exit(main())
