"""Run contenders one after another, each in a process of its own, and put their figures side by side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2

from shipedge_train.dataset import read_dataset
from shipedge_train.loader.bench.contenders import CONTENDERS, Job

_LONGEST_S = 120


@dataclass(frozen=True)
class Row:
    """Crops per second of one contender; `failed` says why there are none."""

    name: str
    crop: int
    samples_per_s: float
    failed: str = ""


@contextmanager
def scratch(data: Path, peers: bool) -> Iterator[tuple[Path, Path]]:
    """Two folders that are gone afterwards: masks of all images as PNG (where there are peers), and an empty one.

    Raises:
        DatasetError: `data` is no dataset folder.
    """
    images = read_dataset(data)
    with tempfile.TemporaryDirectory(prefix="shipedge-bench-") as folder:
        masks, cache = Path(folder, "masks"), Path(folder, "cache")
        masks.mkdir()
        for image in images if peers else []:
            cv2.imwrite(str(masks / f"{image.path.stem}.png"), image.mask() * 255)
        yield masks, cache


def measure(name: str, job: Job) -> Row:
    """Check and time one contender."""
    plain = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(job).items()}
    command = [sys.executable, "-m", "shipedge_train.loader.bench.contenders", name, json.dumps(plain)]
    plain_keras = {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": os.devnull}  # no settings of other projects
    quiet = {**os.environ, **plain_keras, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=quiet, timeout=_LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        return Row(name, job.crop, 0.0, f"no end after {_LONGEST_S} s")
    if done.returncode or not done.stdout.strip():
        return Row(name, job.crop, 0.0, (done.stderr.strip().splitlines() or ["died"])[-1][:160])
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return Row(name, job.crop, round(found["samples_per_s"], 1), found["wrong"])


def table(rows: list[Row]) -> str:
    """Rows of one crop size, with the ratio to the best of each kind of peer."""
    best = {
        kind: max((row.samples_per_s for row in rows if CONTENDERS[row.name].peer == kind), default=0.0)
        for kind in ("a", "b", "a, cached")
    }
    kinds = [kind for kind in best if best[kind]]
    lines = [f"{f'crop {rows[0].crop}':<42}{'samples/s':>10}" + "".join(f"{f'x ({kind})':>14}" for kind in kinds)]
    for row in rows:
        own = [] if CONTENDERS[row.name].peer else kinds
        ratios = "".join(f"{row.samples_per_s / best[kind]:>14.1f}" for kind in own)
        lines.append(f"{row.name:<42}{row.failed or f'{row.samples_per_s:.0f}':>10}{ratios}")
    return "\n".join(lines)
