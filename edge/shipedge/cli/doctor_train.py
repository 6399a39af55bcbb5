"""``shipedge doctor --train``: what training would use here, tried in a process of its own."""

from __future__ import annotations

import json
from typing import Any

import click

from shipedge.cli.terminal import say
from shipedge.system.child import python, run_probe
from shipedge.system.machine import describe

__all__ = ["train_report"]

_TRIAL_S = 600.0
"""Seconds: TensorFlow is imported, and the first step of each device is compiled."""


def train_report(*, as_json: bool) -> bool:
    """Print what the probe of the training package finds; True where training works."""
    click.echo("trying one training step on each device, which can take a minute", err=True)
    finding = run_probe(python("shipedge_train.cli.probe"), _TRIAL_S)
    report: dict[str, Any] = json.loads(finding.says) if finding.works else {"says": finding.says}
    machine = describe()
    if as_json:
        click.echo(json.dumps({"machine": machine, "train": report, "ready": finding.works}))
        return finding.works
    say(f"{machine['system']}, {machine['cores']} cores, Python {machine['python']}")
    if finding.works:
        _print(report)
    else:
        say(f"  no  {finding.says}")
    say(f"shipedge train {'works' if finding.works else 'does not work'} here")
    return finding.works


def _print(report: dict[str, Any]) -> None:
    installed = ", ".join(f"{name} {number}" for name, number in report["installed"].items())
    say(f"Keras {report['keras']} on {report['backend']} (installed: {installed}), {report['workers']} loader threads")
    say(f"one step of a segmenter, crops of {report['crop']} px:")
    for i, step in enumerate(report["steps"]):
        mark = "->" if i == 0 else "yes"
        rate = f"{1000 * step['batch'] / step['ms']:.0f} crops/s"
        figures = f"{step['ms']:.1f} ms for {step['batch']} crops ({rate})"
        say(f"  {mark:<4}{step['device']:<7}{step['precision']:<10}{figures}  {step['model']}".rstrip())
    if report["devices"] > 1:
        say(f"every batch is shared by {report['devices']} devices")
    if report["advice"]:
        say(report["advice"])
