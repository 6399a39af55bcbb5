"""Times of `masks`, `data verify` and `evaluate` on threads and on workers: `scale_commands.py FOLDER IMAGES ROUNDS`.

Of each run the whole command counts, with starting processes; the table gives medians and the ratio to the command as
it is without options, round by round. IMAGES are hard links of copies of the samples; of masks and scores there are
fifty times as many.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from shutil import copy, rmtree
from time import perf_counter

import numpy as np

from scale_results import archive, files
from shipedge import rle
from shipedge.airbus import write_airbus

WAYS = {
    "as it is": [],
    "`--workers 1`": ["--workers", "1"],
    "`--workers 2`": ["--workers", "2"],
    "`--engine ray --workers 2`": ["--engine", "ray", "--workers", "2"],
}
SHAPE = 768, 768


def _made(folder: Path, count: int) -> dict[str, list[str]]:
    """FOLDER/data and FOLDER/found.csv of so many images, FOLDER/truth.csv and FOLDER/said.csv of many more."""
    samples = Path(__file__).parents[1] / "edge" / "shipedge" / "samples"
    (folder / "samples").mkdir(parents=True, exist_ok=True)
    copied = [Path(copy(path, folder / "samples")) for path in sorted(samples.glob("*.jpg"))]
    images = archive(folder / "data" / "images", copied, count)
    draw = np.random.default_rng(1)

    def ship(shift: int) -> str:
        mask = np.zeros(SHAPE, np.uint8)
        mask[shift : shift + 40, 300 + shift : 360 + shift] = 1
        return rle.encode(mask)

    texts = [ship(shift) for shift in range(80)]

    def rows(names: list[str], moved: int) -> list[tuple[str, list[str]]]:
        chosen = draw.integers(0, 30, len(names))
        return [(name, [texts[k + moved]] if k % 3 else []) for name, k in zip(names, chosen, strict=True)]

    few, many = sorted(path.name for path in images.iterdir()), [f"{k:07d}.jpg" for k in range(50 * count)]
    for name, names, moved in (("data/ships", few, 0), ("found", few, 45), ("truth", many, 0), ("said", many, 2)):
        draw = np.random.default_rng(1)
        write_airbus(folder / f"{name}.csv", rows(names, moved))
    return {
        "masks": ["masks", "truth.csv", "out"],
        "data verify": ["data", "verify", "data", "--save", "out/f.json"],
        "evaluate": ["evaluate", "said.csv", "truth.csv", "--save", "out/f.json"],
        "evaluate --images": [
            "evaluate",
            "found.csv",
            "data/ships.csv",
            "--images",
            "data/images",
            "--save",
            "out/f.json",
        ],
    }


def main() -> None:
    """Runs and prints."""
    work, count, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for what, command in _made(work, count).items():
        seconds: dict[str, list[float]] = {way: [] for way in WAYS}
        made = []
        for _ in range(rounds):
            for way, options in WAYS.items():
                rmtree(work / "out", ignore_errors=True)
                (work / "out").mkdir()
                began = perf_counter()
                called = [sys.executable, "-m", "shipedge", *command, *options]
                done = subprocess.run(called, cwd=work, capture_output=True, text=True, check=False)
                seconds[way].append(perf_counter() - began)
                if done.stderr:
                    sys.exit(done.stderr)
                made.append(files(work / "out"))
        first = next(iter(seconds.values()))
        for way, times in seconds.items():
            ratios = [base / one for one, base in zip(times, first, strict=True)]
            print(
                f"| {what} | {way} | {statistics.median(times):.2f} s | {statistics.median(ratios):.2f} |", flush=True
            )
        print(f"all files are the same: {all(one == made[0] for one in made)}", flush=True)


if __name__ == "__main__":
    main()
