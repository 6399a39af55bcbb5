"""Runs over archives and what they leave: used by the tests, and by the measurements of docs/records/scale.md."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

TIMES = ("time", "timings_ms", "part", "inputs", "batch")


def results(folder: Path) -> list[dict[str, Any]]:
    """Every frame and failure of a run, or of one of its parts, by source and index, without times."""
    from shipedge.events.reading import LOG, log_lines

    events = [json.loads(line) for _, _, line in log_lines(folder / LOG if folder.is_dir() else folder)]
    kept = [event for event in events if event["event"] in ("frame", "error")]
    clean = [{key: value for key, value in event.items() if key not in TIMES} for event in kept]
    return sorted(clean, key=lambda event: (event["source"], event.get("index", -1)))


def digest(folder: Path) -> str:
    """A hash of `results`."""
    return hashlib.sha256("\n".join(json.dumps(one, sort_keys=True) for one in results(folder)).encode()).hexdigest()


def files(folder: Path) -> dict[str, str]:
    """{path in the folder: hash of what is in the file} of all files."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def archive(folder: Path, images: list[Path], count: int) -> Path:
    """A folder with so many hard links of some images."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        image = images[number % len(images)]
        os.link(image, folder / f"{number:07d}{image.suffix}")
    return folder


def start(sources: list[str], out: Path, *options: str) -> subprocess.Popen[bytes]:
    """A run of `shipedge predict`."""
    command = [sys.executable, "-m", "shipedge", "predict", *sources, "--out", str(out), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def children(process: int, called: bytes = b"") -> list[int]:
    """The processes that a process has started, and those that these have, where their command begins so."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found, young = [], [process]
    while young:
        young = [child for child, parent in parents.items() if parent in young]
        found += young if called else []
        if not called:
            return young
    return [child for child in found if _command(child).startswith(called)]


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def kill_workers(
    run: subprocess.Popen[bytes], kills: int, chance: random.Random, pause_s: float = 0.4, called: bytes = b""
) -> int:
    """Kills one worker after the other while a run lasts; how many there were."""
    done = 0
    while done < kills and run.poll() is None:
        workers = children(run.pid, called)
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)
                done += 1
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.wait(chance.uniform(pause_s / 2, 2 * pause_s) if workers else 0.05)
    return done


def kill_driver(
    sources: list[str],
    out: Path,
    kills: int,
    chance: random.Random,
    *options: str,
    after_s: tuple[float, float] = (0.8, 4.0),
) -> int:
    """Starts a run and kills it after it has begun, again and again; how often, until it came to its end or `kills`."""
    done = 0
    while done < kills:
        run = start(sources, out, *options)
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.communicate(timeout=chance.uniform(*after_s))
            return done
        run.kill()
        run.communicate()
        done += 1
    return done


def main() -> None:
    """`scale_results.py FOLDER IMAGES KILLS [ray]`: kills of workers and drivers, beside a run that nobody disturbs."""
    work, count, kills, ray = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:] == ["ray"]
    samples = Path(__file__).parents[1] / "edge" / "shipedge" / "samples"
    source = [str(archive(work / "images", sorted(samples.glob("*.jpg")), count))]
    chance = random.Random(4)
    options = ["--workers", "2", "--threads", "1", "--block-images", "16", *(["--engine", "ray"] if ray else [])]
    # Ray and its actors need seconds to start.
    pause_s, after_s, called = (3.0, (4.0, 9.0), b"ray::Actor") if ray else (0.4, (0.8, 4.0), b"")
    calm = start(source, work / "one")
    calm.communicate()
    print("one process:", calm.returncode, digest(work / "one"), flush=True)
    run = start(source, work / "workers", *options)
    killed = kill_workers(run, kills, chance, pause_s, called)
    _, error = run.communicate()
    print(f"{killed} workers killed:", run.returncode, digest(work / "workers"), error.decode()[-300:], flush=True)
    killed = kill_driver(source, work / "driver", kills, chance, *options, after_s=after_s)
    run = start(source, work / "driver", *options)
    out, _ = run.communicate()
    print(f"{killed} drivers killed:", run.returncode, digest(work / "driver"), out.decode()[-300:])


if __name__ == "__main__":
    main()
