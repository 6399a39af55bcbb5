"""Installs every wheel of dist/ as a newcomer would: ``packaging/try_wheels.py [EXTRA [cp311-x86_64 ...]]``.

The environment is new, its home folder empty, no compiler is on its PATH, and nothing is built: what comes, comes as a
wheel. Seconds are those from `pip install` to the first ships, downloads included. All wheels must find the same ships;
a wheel for whose Python this machine has none is named as not tried.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from wheels import BUILD, DIST, ROOT, TOOLS, Target, find_debian, find_python


class Trial(NamedTuple):
    """Seconds for the installation and for the first run, and the masks of the ships that it found, by image."""

    install_s: float
    predict_s: float
    ships: dict[str, list[str]]


def main(extra: str = "headless", *names: str) -> int:
    """Print a line for each wheel; 1 where one does not work or finds other ships."""
    found: dict[str, dict[str, list[str]]] = {}
    for wheel in sorted(DIST.glob("*.whl")):
        target = target_of(wheel)
        if names and target.name not in names:
            continue
        python = interpreter(target)
        if python is None:
            print(f"{target.name}: not tried, no Python {target.version} for {target.machine} is here", flush=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            trial = try_wheel(wheel, python, extra, Path(folder))
        found[target.name] = trial.ships
        count, total = sum(map(len, trial.ships.values())), trial.install_s + trial.predict_s
        seconds = f"installed in {trial.install_s:.1f} s, ships after {total:.1f} s"
        print(f"{target.name}: {seconds}; {count} ships in {len(trial.ships)} images, by {python}", flush=True)
    first = next(iter(found.values()), None)
    different = [name for name, ships in found.items() if ships != first]
    if different or not first or not any(first.values()):
        print(f"the ships are not the same everywhere: {different}" if different else "no wheel found a ship")
        return 1
    return 0


def target_of(wheel: Path) -> Target:
    """What a wheel is for, by its name."""
    match = re.search(r"-cp3\d+-cp3(\d+t?)-.*manylinux_2_17_(\w+)\.whl$", wheel.name)
    if match is None:
        sys.exit(f"{wheel.name} is none of packaging/wheels.py")
    return Target(f"3.{match[1]}", match[2])


def interpreter(target: Target) -> Path | None:
    """A Python that runs on this machine, or in an emulator on it; a free-threaded one cannot be had."""
    if target.version.endswith("t"):
        return None
    return find_python(target.version) if target.machine == "x86_64" else find_debian(target.version, target.machine)


def try_wheel(wheel: Path, python: Path, extra: str, folder: Path) -> Trial:
    """Install a wheel into a new environment below `folder` and predict the samples that come with it."""
    home, new = folder / "home", folder / "env"
    home.mkdir()
    clean = {"HOME": str(home), "PATH": str(new / "bin"), "LANG": "C.UTF-8"}
    for compiler in ("cc", "gcc", "g++", "clang", "zig"):
        assert shutil.which(compiler, path=clean["PATH"]) is None
    if BUILD in python.parents:  # unpacked from Debian's packages: a copy is a new environment, the installer is ours
        shutil.copytree(python.parents[1], new)
        pip = [TOOLS / "pip", "--python", new / "bin" / "python"]
    else:
        run(clean, python, "-m", "venv", new)
        pip = [new / "bin" / "python", "-m", "pip"]
    began = time.monotonic()
    run(clean, *pip, "install", "--quiet", "--only-binary", ":all:", f"shipedge[{extra}] @ {wheel.as_uri()}")
    installed = time.monotonic()
    samples = ROOT / "edge" / "shipedge" / "samples"
    out = folder / "out"
    run(clean, new / "bin" / "python", "-m", "shipedge", "predict", samples, "--device", "cpu", "--out", out)
    ended = time.monotonic()
    events = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    frames = [event for event in events if event["event"] == "frame"]
    ships = {Path(frame["source"]).name: [ship["rle"] for ship in frame["ships"]] for frame in frames}
    return Trial(installed - began, ended - installed, ships)


def run(environment: dict[str, str], *command: str | Path) -> None:
    """Where the command fails, its words and the end of this program."""
    words = list(map(str, command))
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=environment["HOME"])
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout[-4000:]}{done.stderr[-8000:]}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
