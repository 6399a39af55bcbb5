"""Everything at once on the compiled core: calls, writers, reshapers, forks and exits.

    python tests/stress.py --seconds 5 --core build/asan/_core.so

Ends with 0 where nothing crashed or hung and every result was a mask. `make asan` and `make tsan` run it on a core that
is built with a sanitizer; without --core it is the installed one.
"""

import argparse
import copy
import importlib.util
import os
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np

PATIENCE = 120  # seconds for a child under a sanitizer on a busy machine


def load_core(path):
    """Puts another build in the place of shipedge._core; before anything imports that."""
    spec = importlib.util.spec_from_file_location("shipedge._core", path)
    core = importlib.util.module_from_spec(spec)
    sys.modules["shipedge._core"] = core
    spec.loader.exec_module(core)


def reshape_in_place(array, shape):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer NumPy advises against it, and does it
        array.shape = shape


def expect_mask(value):
    """What every Rle promises: runs in order, apart from each other and inside the shape."""
    starts, lengths = value.runs.astype(np.int64).T
    ends = starts + lengths
    assert (lengths > 0).all(), value
    assert (starts[1:] > ends[:-1]).all(), value
    assert len(ends) == 0 or ends[-1] <= value.shape[0] * value.shape[1], value


class Shared:
    """Arrays and values that all threads use, and what each of them calls."""

    def __init__(self, rle):
        rng = np.random.default_rng(0)
        self.rle = rle
        self.width = 6000
        self.points = np.stack([np.linspace(0, self.width, 900), rng.random(900) * 200], axis=1)
        self.labels = rng.integers(0, 3, (40, 2500)).astype(np.int32)
        self.mask = (rng.random((190, 210)) < 0.2).astype(np.uint8)
        self.wide = self.mask.astype(">i4")
        self.values = rng.random((190, 210)).astype(np.float32)
        self.out = np.zeros((6, 40, 50), np.uint8)
        self.painted = np.zeros((6, 40, 50), np.uint8)
        self.painter = rle.MaskBatch(self.painted, 2)
        self.text = rle.encode(self.mask)
        self.value = rle.Rle.from_mask(self.mask)
        self.presence = np.full((6, 7), 200, np.uint8)
        self.pixels = rng.integers(0, 256, (190, 210, 3), np.uint8)

    def calls(self):
        """What the threads do."""
        from shipedge import _core as core

        rle = self.rle
        windows = [(0, 0, self.mask), (50, -40, self.mask.T), (-9, 80, self.mask[:, ::-1])]
        return [
            lambda: rle.from_polygons([self.points, self.points[::2]], (200, self.width)),
            lambda: rle.from_polygons([self.points, [[1, 1], [9, 1], [5, 8]]], (200, self.width), "union"),
            lambda: list(rle.from_labels(self.labels).values()),
            lambda: list(rle.from_labels(self.labels.T).values()),
            lambda: list(rle.from_labels(self.labels[:, ::2]).values()),
            lambda: [rle.Rle.from_mask(self.mask), rle.Rle.from_mask(self.mask.T), rle.Rle.from_mask(self.wide)],
            lambda: rle.components(self.mask)[:5],
            lambda: rle.parse(rle.encode(self.mask[::-1]), (190, 210)),
            lambda: rle.decode_batch([["1 5", None]] * 6, self.out, threads=3),
            lambda: rle.decode(self.text, (190, 210), out=self.mask),
            lambda: self.painter.paint([["7 2"]] * 6),
            lambda: rle.to_labels([self.value], (190, 210)),
            lambda: self.value.mean(self.values),
            lambda: [self.value.dilate(2), self.value.transpose(), self.value | ~self.value],
            lambda: rle.to_png(self.value),
            lambda: rle.iou_matrix([self.value], [self.value], crowd=self.mask[0, :1]),
            lambda: [one[0] for one in core.ship_components((190, 210), self.presence, windows, 1, 2, 9, True, True)],
            lambda: core.cut_patch(self.pixels, core.smallest_rectangle(self.value)),
        ]

    def with_own_arrays(self):
        """The same values, and arrays that no other thread uses."""
        own = copy.copy(self)
        for name in ("points", "labels", "mask", "wide", "values", "out", "presence", "pixels"):
            setattr(own, name, getattr(self, name).copy())
        return own

    def call(self, number):
        """Makes one of the calls and looks at what it gives; to be refused in words is fine."""
        try:
            calls = self.calls()
            result = calls[number % len(calls)]()
        except ValueError:
            return
        for value in result if isinstance(result, list) else [result]:
            if isinstance(value, self.rle.Rle):
                expect_mask(value)

    def write(self):
        """Moves points and changes pixels."""
        points, labels, mask = self.points.copy(), self.labels.copy(), self.mask.copy()
        self.points[:, 0] = self.width / 2
        self.labels[:] = 0
        self.mask[:] = 255
        self.points[:], self.labels[:], self.mask[:] = points, labels, mask

    def reshape(self):
        """Gives the arrays other shapes, and tries to take their memory away."""
        for array in (self.out, self.painted):
            reshape_in_place(array, (1, 6 * 40, 50))
            time.sleep(0)
            reshape_in_place(array, (6, 40, 50))
        for array in (self.values, self.wide):
            reshape_in_place(array, (210, 190))
            time.sleep(0)
            reshape_in_place(array, (190, 210))
        for array in (self.points, self.mask, self.out):
            try:
                array.resize((1, 1))
            except ValueError:  # somebody uses it
                continue
            raise AssertionError("an array that is in use was resized")


def in_a_loop(work, stopped, failures):
    """A daemon thread that works until it is stopped; what goes wrong is put down."""

    def loop():
        number = 0
        while not stopped.is_set():
            try:
                work(number)
            except BaseException as error:
                failures.append(f"{type(error).__name__}: {error}")
                return
            number += 1

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    return thread


def fork_once(shared, turn):
    """A child that works and ends: at once, or as programs end, or so while a daemon thread is inside the core."""
    child = os.fork()
    if child == 0:
        for number in range(turn, turn + 4):
            shared.call(number)
        if turn % 3 == 0:
            os._exit(0)
        if turn % 3 == 1:
            in_a_loop(lambda number: shared.call(number + turn), threading.Event(), [])
            time.sleep(0.01)
        sys.exit(0)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return None if status == 0 else f"a forked child ended with status {status}"
        time.sleep(0.001)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return f"a forked child hung for {PATIENCE} s"


def leave_once(options):
    """A process that ends while daemon threads are inside the core."""
    done = subprocess.run(
        [sys.executable, __file__, "--leave", *options],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode == 0 and not done.stderr:
        return None
    return f"a process with daemon threads ended with {done.returncode}: {done.stderr[-3000:]}"


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--core", help="the _core module to load in place of the installed one")
    options.add_argument(
        "--calm", action="store_true", help="each thread has its own arrays, no forks: for ThreadSanitizer"
    )
    options.add_argument(
        "--no-forks",
        action="store_true",
        help="for GCC's AddressSanitizer: a child hangs where another thread held a lock of its allocator",
    )
    options.add_argument("--leave", action="store_true", help="only end while daemon threads work")
    chosen = options.parse_args()
    if chosen.core:
        load_core(Path(chosen.core).resolve())
    from shipedge import rle

    shared, stopped, failures = Shared(rle), threading.Event(), []
    users = [shared.with_own_arrays() if chosen.calm else shared for _ in range(4)]
    threads = [in_a_loop(lambda n, k=k: users[k].call(n + 4 * k), stopped, failures) for k in range(4)]
    if chosen.leave:
        time.sleep(0.3)
        return 0
    if not chosen.calm:
        threads += [in_a_loop(lambda _: shared.write(), stopped, failures)]
        threads += [in_a_loop(lambda _: shared.reshape(), stopped, failures)]
    end, turn = time.monotonic() + chosen.seconds, 0
    while time.monotonic() < end and not failures:
        if chosen.calm or chosen.no_forks or turn % 8 == 0:
            trouble = leave_once([argument for argument in sys.argv[1:] if argument != "--leave"])
        else:
            trouble = fork_once(shared, turn)
        failures += [trouble] if trouble else []
        turn += 1
    stopped.set()
    for thread in threads:
        thread.join(PATIENCE)
    hung = sum(thread.is_alive() for thread in threads)
    failures += [f"{hung} threads hang"] if hung else []
    print(*failures or [f"{turn} turns, no complaint"], sep="\n")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
