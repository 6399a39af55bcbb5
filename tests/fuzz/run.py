"""Runs every fuzz target of a build for some seconds, shared by all kernels that this machine has.

    python tests/fuzz/run.py build/fuzz --seconds 20

A target that crashes, hangs or asks for memory without bound ends the run with its words and the input that did it.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from seeds import SEEDS

from shipedge._core import tiers

LARGEST_MIB = 256  # no input of a few kilobytes may make the core ask for more at once


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("build", type=Path)
    options.add_argument("--seconds", type=int, default=20, help="for each target, shared by all kernels")
    options.add_argument("--only", default="", help="only targets whose name contains this")
    chosen = options.parse_args()
    programs = sorted(
        p for p in (chosen.build / "tests" / "fuzz").glob("fuzz_*") if p.is_file() and os.access(p, os.X_OK)
    )
    missing = sorted(SEEDS.keys() ^ {program.name for program in programs})
    if missing:
        print(f"seeds and programs differ: {', '.join(missing)}; expected both for each fuzz_*.cpp")
        return 1
    return max(
        [run(program.resolve(), chosen.build, chosen.seconds) for program in programs if chosen.only in program.name]
    )


def run(program: Path, build: Path, seconds: int) -> int:
    """0 if the target ran its time, 1 if it failed."""
    found, seeds = (build / folder / program.name for folder in ("corpus", "seeds"))
    for folder in (found, seeds):
        folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(SEEDS[program.name]()):
        (seeds / f"{number:03}").write_bytes(data)
    share = max(1, seconds // len(tiers))
    for kernels in tiers:
        done = subprocess.run(
            [program, f"-max_total_time={share}", "-timeout=60", "-max_len=4096", found.resolve(), seeds.resolve()],
            cwd=build,
            env={
                **os.environ,
                "SHIPEDGE_KERNELS": kernels,
                "ASAN_OPTIONS": f"max_allocation_size_mb={LARGEST_MIB}:detect_leaks=1",
                "UBSAN_OPTIONS": "print_stacktrace=1",
            },
            capture_output=True,
            text=True,
            errors="replace",
            timeout=share + 120,
            check=False,
        )
        if done.returncode:
            print(f"{program.name} failed with SHIPEDGE_KERNELS={kernels}:\n{done.stderr[-8000:]}")
            return 1
        runs = re.search(r"^Done (\d+) runs", done.stderr, re.MULTILINE)
        print(f"{program.name:<16}{kernels:>9}: {runs[1] if runs else '?'} runs, no complaint", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
