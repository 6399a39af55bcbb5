"""``shipedge doctor``: which runtimes and accelerators work on this machine, tried out for real."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from typing import NamedTuple

import click

NAMES = ("core", "opencv", "litert", "tflite-runtime", "litert-gpu")
TIMEOUT_S = 60.0


class Finding(NamedTuple):
    """Whether a thing works here, and what it said."""

    works: bool
    says: str


@click.command()
@click.option("--bundle", metavar="DIR", default="", help="Models to try.  [default: those of the package]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(ctx: click.Context, bundle: str, as_json: bool) -> None:
    """Say what works on this machine, and what to install.

    Every runtime is tried in a process of its own, so one that crashes is a line of the report. The exit code is 0
    when `shipedge predict` can run here. The GPU is only looked at: predict does not use it.

    \b
    Examples:
      shipedge doctor
      shipedge doctor --json
      shipedge doctor --bundle my-bundle/
    """  # noqa: D301 - click wants the control character itself
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    machine = {"system": platform.platform(), "cores": cores, "python": platform.python_version()}
    findings = {name: probe(name, bundle) for name in NAMES}
    runtime = findings["litert"].works or findings["tflite-runtime"].works
    ready = findings["core"].works and findings["opencv"].works and runtime
    if as_json:
        probes = {name: finding._asdict() for name, finding in findings.items()}
        click.echo(json.dumps({"machine": machine, "probes": probes, "ready": ready}))
    else:
        click.echo(f"{machine['system']}, {cores} cores, Python {machine['python']}")
        for name, finding in findings.items():
            click.echo(f"  {'yes' if finding.works else 'no':<4}{name:<16}{finding.says}")
        click.echo(f"shipedge predict {'works' if ready else 'does not work'} here")
    ctx.exit(0 if ready else 1)


def probe(name: str, bundle: str = "", timeout_s: float = TIMEOUT_S) -> Finding:
    """Tries one of `NAMES` in a process of its own."""
    return run_probe([sys.executable, "-m", "shipedge.probe", name, bundle], timeout_s)


def run_probe(command: list[str], timeout_s: float = TIMEOUT_S) -> Finding:
    """The finding of a probe process: its last line of output, or how it died."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:backslashreplace"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False, env=environment)
    except subprocess.TimeoutExpired:
        return Finding(False, f"no answer within {timeout_s:g} s")
    if done.returncode < 0:
        return Finding(False, f"crashes with {signal.Signals(-done.returncode).name}")
    # Runtimes chat on both streams; ours is the last line of stdout, and without one Python's own last words.
    lines = (done.stdout.strip() or done.stderr.strip()).decode("utf-8", "replace").splitlines()
    return Finding(done.returncode == 0, lines[-1] if lines else f"exit code {done.returncode}, no output")
