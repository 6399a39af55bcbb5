"""Everybody who makes crops: ours with each means that makes it faster, and others; each in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from shipedge_train.config import AugmentConfig, DataConfig
from shipedge_train.dataset import read_dataset
from shipedge_train.loader.batches import Loader
from shipedge_train.loader.bench.plan import FLIPS, SEED, make_plan

_CHECKED = 4  # batches
_PLANNED = 300  # batches
_WARM = 40  # batches, and at least as many as fill a cache
_TOLERANCE = 2.0  # grey levels on average; TensorFlow trades exactness of the inverse cosine transform for speed


@dataclass(frozen=True)
class Contender:
    """A way to make batches: `open(job, shuffle)` starts them; `checked`: its crops are those of the plan."""

    open: Callable[[Job, bool], Iterator[tuple[Any, Any]]]
    peer: str = ""
    checked: bool = True


@dataclass(frozen=True)
class Job:
    """What is measured: the dataset, its masks as PNG files, a folder for a cache, sizes."""

    data: Path
    masks: Path
    cache: Path
    crop: int
    workers: int
    seconds: float

    def config(self) -> DataConfig:
        """The loader's configuration without any cache."""
        return DataConfig(crop=self.crop, batch=8, workers=self.workers, cache_gb=0.0)


def _ours(job: Job, _shuffle: bool, varied: bool = False, **changes: Any) -> Iterator[tuple[Any, Any]]:
    if "disk_cache" in changes:
        changes["disk_cache"] = str(job.cache)
    config = replace(job.config(), **changes)
    return Loader(read_dataset(job.data), config, AugmentConfig() if varied else FLIPS, SEED).batches()


def _tf_data(job: Job, shuffle: bool, decode: str) -> Iterator[tuple[Any, Any]]:
    from shipedge_train.loader.bench.peers import tf_data

    return tf_data(make_plan(read_dataset(job.data), job.masks, job.config(), _PLANNED), shuffle, decode)


def _py_dataset(job: Job, shuffle: bool, processes: bool) -> Iterator[tuple[Any, Any]]:
    from shipedge_train.loader.bench.peers import py_dataset

    plan = make_plan(read_dataset(job.data), job.masks, job.config(), _PLANNED)
    return py_dataset(plan, shuffle, job.workers, processes)


CONTENDERS = {
    "tf.data, decode_jpeg": Contender(partial(_tf_data, decode="whole"), "a"),
    "tf.data, decode_and_crop_jpeg": Contender(partial(_tf_data, decode="crop"), "a"),
    "tf.data, decoded images in memory": Contender(partial(_tf_data, decode="cache"), "a, cached"),
    "PyDataset, threads": Contender(partial(_py_dataset, processes=False), "b"),
    "PyDataset, processes": Contender(partial(_py_dataset, processes=True), "b"),
    "shipedge, every crop decoded": Contender(_ours),
    "shipedge, 4 crops per decoded image": Contender(partial(_ours, crops_per_image=4), checked=False),
    "shipedge, decoded images on disk": Contender(partial(_ours, disk_cache="", disk_cache_gb=20.0)),
    "shipedge, decoded images in memory": Contender(partial(_ours, cache_gb=6.0)),
    "shipedge, every crop decoded, augmented": Contender(partial(_ours, varied=True), checked=False),
    "shipedge, in memory, augmented": Contender(partial(_ours, varied=True, cache_gb=6.0), checked=False),
}


def check(name: str, job: Job) -> str:
    """Compare a contender's first batches with the plainest of ours; what is wrong with them, or "".

    Masks must be the same; pixels may differ by what two JPEG decoders differ by.
    """
    if not CONTENDERS[name].checked:
        return ""
    truth, given = _ours(job, False), CONTENDERS[name].open(job, False)
    for _ in range(_CHECKED):
        (images, masks), (others, other_masks) = next(truth), next(given)
        if not np.array_equal(masks, np.asarray(other_masks)):
            return "other masks"
        if np.abs(images.astype(int) - np.asarray(others)).mean() > _TOLERANCE:
            return "other pixels"
    return ""


def samples_per_s(name: str, job: Job) -> float:
    """Crops per second, once the pipeline runs full."""
    batches = CONTENDERS[name].open(job, True)
    started = time.perf_counter()
    for k in range(_PLANNED):
        next(batches)
        if k >= _WARM and time.perf_counter() - started > job.seconds:
            break
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < job.seconds:
        images, _ = next(batches)
        count += len(images)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    name, plain = sys.argv[1], json.loads(sys.argv[2])
    job = Job(**plain | {key: Path(plain[key]) for key in ("data", "masks", "cache")})
    wrong = check(name, job)
    rate = 0.0 if wrong else samples_per_s(name, job)
    sys.stdout.write(json.dumps({"wrong": wrong, "samples_per_s": rate}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the peers' pools do not always end
