"""Throughput of the ways to share work, in alternating runs: `scale_speed.py FOLDER IMAGES ROUNDS`.

IMAGES is a number, or a file: a scene.

Of each run the images per second of the whole command count, with starting processes and opening models; the table
gives medians and the ratio to one process, round by round.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from shutil import rmtree
from time import perf_counter

from scale_results import archive, digest, start

WAYS = {
    "one process, 2 threads per model": ["--threads", "2"],
    "one process, 1 thread per model": ["--threads", "1"],
    "local, 1 worker, 2 threads": ["--workers", "1", "--threads", "2"],
    "local, 2 workers, 1 thread": ["--workers", "2", "--threads", "1"],
    "local, 2 workers, 2 threads": ["--workers", "2", "--threads", "2"],
    "Ray, 1 worker, 2 threads": ["--engine", "ray", "--workers", "1", "--threads", "2"],
    "Ray, 2 workers, 1 thread": ["--engine", "ray", "--workers", "2", "--threads", "1"],
}


def main() -> None:
    """Runs and prints."""
    work, given, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    samples = Path(__file__).parents[1] / "edge" / "shipedge" / "samples"
    count = int(given) if given.isdigit() else 1
    source = [str(archive(work / "images", sorted(samples.glob("*.jpg")), count)) if given.isdigit() else given]
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    digests = set()
    for _ in range(rounds):
        for way, options in WAYS.items():
            out = work / "out"
            rmtree(out, ignore_errors=True)
            began = perf_counter()
            run = start(source, out, *options)
            _, error = run.communicate()
            if run.returncode:
                sys.exit(error.decode())
            rates[way].append(count / (perf_counter() - began))
            digests.add(digest(out))
        print({way: round(found[-1], 3) for way, found in rates.items()}, flush=True)
    first = next(iter(rates.values()))
    for way, found in rates.items():
        ratio = statistics.median(one / base for one, base in zip(found, first, strict=True))
        print(f"| {way} | {statistics.median(found):.3g} | {ratio:.2f} |")
    print(f"all results are the same: {len(digests) == 1}")


if __name__ == "__main__":
    main()
