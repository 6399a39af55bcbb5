"""A long run of `shipedge predict` on streams that are faster than the machine: is its memory flat, does it stay live?

    python tests/soak.py MINUTES [STREAMS]

Each stream gives 30 frames a second of 1920 x 1080: take so many that they are twice what the machine can do. Prints
the memory of the command and of its processes, the ages of the newest results and the number of the last frame every
minute.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import shipedge
from shipedge.events import Result
from shipedge.events.reading import log_files, parse_event, whole_lines
from streams_figures import with_cameras

SAMPLES = Path(shipedge.__file__).parent / "samples"


def resident_kb(process: int) -> tuple[int, int]:
    """Of a process, and of its children together."""

    def own(number: int) -> int:
        text = Path(f"/proc/{number}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) if "VmRSS:" in text else 0

    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return own(process), sum(own(int(child)) for child in children)


def results(folder: Path) -> list[Result]:
    """Those of the newest files."""
    found = []
    for path in log_files(folder / "predictions.jsonl")[-2:]:
        events = (parse_event(line) for _, _, line in whole_lines(path))
        found += [event for event in events if isinstance(event, Result)]
    return found


def main() -> None:
    """See above."""
    minutes, streams = float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    urls, servers = with_cameras(streams)
    folder = Path(tempfile.mkdtemp())
    command = [sys.executable, "-m", "shipedge", "predict", *urls, "--out", str(folder), "--threads", "1", "--json"]
    command += ["--duration", str(60 * minutes), "--rotate", "2MB", "--keep", "3", "--track"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    start, rows = time.monotonic(), []
    print(f"{'minute':>7}{'MB':>8}{'children':>10}{'age p50':>9}{'p95 ms':>9}{'last frame':>12}")
    while process.poll() is None:
        time.sleep(10)
        if process.poll() is not None:
            break
        own, children = (kb / 1e3 for kb in resident_kb(process.pid))
        rows.append((time.monotonic() - start, own, children))
        if len(rows) % 6 == 0:
            newest = results(folder)
            ages = np.percentile([float(result.age_ms) for result in newest], [50, 95]) if newest else (np.nan, np.nan)
            last = newest[-1].index if newest else -1
            print(f"{rows[-1][0] / 60:7.1f}{own:8.1f}{children:10.1f}{ages[0]:9.1f}{ages[1]:9.1f}{last:12}", flush=True)
    summary = json.loads(process.communicate()[0])
    servers.terminate()
    settled = [own for seconds, own, _ in rows if seconds > 60]
    print(f"{summary['frames']} frames, {summary['dropped']} dropped, {summary['failed']} failed; ", end="")
    if settled:
        print(f"memory after the first minute {min(settled):.1f} to {max(settled):.1f} MB")


if __name__ == "__main__":
    main()
