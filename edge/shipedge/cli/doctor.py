"""``shipedge doctor``: which runtimes and accelerators work on this machine, tried out for real."""

from __future__ import annotations

import json
import os
import platform

import click

from shipedge.child import Finding, python, run_probe
from shipedge.cli.terminal import say

NAMES = ("core", "opencv", "litert", "tflite-runtime", "litert-gpu")


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
        say(f"{machine['system']}, {cores} cores, Python {machine['python']}")
        for name, finding in findings.items():
            say(f"  {'yes' if finding.works else 'no':<4}{name:<16}{finding.says}")
        say(f"shipedge predict {'works' if ready else 'does not work'} here")
    ctx.exit(0 if ready else 1)


def probe(name: str, bundle: str = "") -> Finding:
    """Tries one of `NAMES` in a process of its own."""
    return run_probe(python("shipedge.probe", name, bundle))
