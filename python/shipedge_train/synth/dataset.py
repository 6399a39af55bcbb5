"""Writes scenes as an Airbus-style folder: images/*.jpg and ships.csv, in parallel, and goes on after a stop."""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from shipedge import rle
from shipedge.airbus import write_airbus
from shipedge.errors import DatasetError
from shipedge.files.atomic import own_folder, write_atomic
from shipedge.files.json_text import loads
from shipedge_train.synth.scene import render_scene, sample_count

JOURNAL = "synth.jsonl"
# Raised whenever the same seed would render something else, so that no folder mixes two renderers.
RENDERER = 5
_CHUNK = 8

Row = tuple[str, list[str]]


@dataclass(frozen=True, slots=True)
class SynthParams:
    """What decides every pixel of a dataset; its size is not among it."""

    seed: int
    ship_share: float = 0.221
    renderer: int = RENDERER


def render_index(params: SynthParams, index: int) -> tuple[Row, bytes]:
    """Render scene `index`: ((ImageId, one Airbus string per ship), JPEG file)."""
    rng = np.random.default_rng([params.seed, index])
    count = sample_count(rng) if rng.random() < params.ship_share else 0
    scene = render_scene(rng, count)
    return (f"s{params.seed}-{index:06d}.jpg", [rle.encode(mask) for mask in scene.masks()]), scene.jpeg


def _render_chunk(params: SynthParams, images: Path, indices: list[int]) -> list[Row]:
    rows = []
    for index in indices:
        row, jpeg = render_index(params, index)
        write_atomic(images / row[0], jpeg)
        rows.append(row)
    return rows


def _read_journal(path: Path, params: SynthParams) -> dict[str, list[str]]:
    """Rows of the scenes finished so far; a last line cut by a kill is dropped.

    Raises:
        DatasetError: The folder was begun with other parameters.
    """
    lines = path.read_text(encoding="utf-8").split("\n")
    try:
        begun = loads(lines[0])
    except ValueError:
        begun = None
    if begun != asdict(params):
        raise DatasetError(f"{path.parent} holds scenes of {begun}, expected {asdict(params)}: choose another folder")
    rows: dict[str, list[str]] = {}
    for line in lines[1:]:
        try:
            name, ships = loads(line)
        except (ValueError, TypeError):  # cut, or not of ours
            continue
        rows[name] = ships
    return rows


def _open_folder(out: Path, params: SynthParams) -> dict[str, list[str]]:
    """Prepare `out` and return the rows of scenes that are already there."""
    images, journal = out / "images", out / JOURNAL
    if journal.is_file():
        rows = _read_journal(journal, params)
    else:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise DatasetError(f"{out} exists and holds no {JOURNAL}: expected a new or empty folder")
        rows = {}
    try:
        own_folder(images)
        for part in (*images.glob(".*.tmp"), *images.glob(".*.part")):
            part.unlink()
        lines = [asdict(params), *([name, ships] for name, ships in rows.items())]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        write_atomic(journal, text.encode())
    except OSError as error:
        raise DatasetError(f"cannot write to {out}: {error.strerror}") from error
    return {name: ships for name, ships in rows.items() if (images / name).is_file()}


def _render_all(params: SynthParams, images: Path, indices: list[int], workers: int) -> Iterator[list[Row]]:
    """Yield rows as chunks finish, in any order; keeps few chunks in flight so that a stop is quick."""
    chunks = [indices[start : start + _CHUNK] for start in range(0, len(indices), _CHUNK)]
    if workers == 1:
        for chunk in chunks:
            yield _render_chunk(params, images, chunk)
        return
    # A fresh interpreter per worker: forking a process that has threads (OpenCV, TensorFlow) can hang.
    context = multiprocessing.get_context("spawn")
    # Ctrl-C reaches the whole group: only this process answers, workers finish their chunk.
    quiet = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=signal.signal, initargs=quiet) as pool:
        flying: set[Future[list[Row]]] = set()
        try:
            while chunks or flying:
                while chunks and len(flying) < 2 * workers:
                    flying.add(pool.submit(_render_chunk, params, images, chunks.pop(0)))
                done, flying = wait(flying, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in flying:
                future.cancel()


def render_scenes(
    out: Path,
    params: SynthParams,
    count: int,
    workers: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[int, int]:
    """Render scenes 0 .. count-1 into `out`; scenes already there are kept.

    Args:
        out: A new or empty folder, or one begun with the same parameters.
        params: Seed, share of ship images, renderer.
        count: Scenes wanted.
        workers: Processes.
        progress: Called with the number of scenes just finished.

    Returns:
        (images with ships, ships) of the whole dataset.

    Raises:
        DatasetError: `out` holds something else, or cannot be written to.
    """
    rows = _open_folder(out, params)
    names = [f"s{params.seed}-{index:06d}.jpg" for index in range(count)]
    missing = [index for index, name in enumerate(names) if name not in rows]
    progress(count - len(missing))
    try:
        with (out / JOURNAL).open("a", encoding="utf-8") as journal:
            for finished in _render_all(params, out / "images", missing, workers):
                for name, ships in finished:
                    rows[name] = ships
                    journal.write(json.dumps([name, ships]) + "\n")
                journal.flush()
                progress(len(finished))
    except OSError as error:
        raise DatasetError(f"cannot write to {out}: {error.strerror}") from error
    except BrokenProcessPool as error:
        raise DatasetError("a rendering process died, often for lack of memory: try fewer --workers") from error
    everything = sorted(rows)  # A folder grown larger earlier keeps all its images in ships.csv.
    write_airbus(out / "ships.csv", [(name, rows[name]) for name in everything])
    return sum(1 for name in everything if rows[name]), sum(len(rows[name]) for name in everything)
