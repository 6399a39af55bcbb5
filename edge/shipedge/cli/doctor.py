"""``shipedge doctor``: which runtimes and accelerators work on this machine, tried out for real."""

from __future__ import annotations

import json
from typing import Any

import click

from shipedge.backends.found import find_gpu, find_npu
from shipedge.backends.runtimes import RUNTIMES
from shipedge.cli.terminal import printable, say
from shipedge.system.child import Finding, python, run_probe
from shipedge.system.machine import describe

NAMES = ("core", "opencv")
FINDS = {"gpu": find_gpu, "npu": find_npu}
TRIAL_S = 900.0
"""Seconds for an accelerator: its programs are compiled."""


@click.command()
@click.option("--bundle", metavar="DIR", default="", help="Models to try.  [default: those of the package]")
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="auto|cpu|gpu|npu|LIBRARY[,KEY=VALUE...]",
    help="As predict takes it. One that is named is tried even where no device is found.",
)
@click.option("--train", is_flag=True, help="Try training instead: backend, devices, precision, a timed step on each.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(ctx: click.Context, bundle: str, device: str, train: bool, as_json: bool) -> None:
    """Say what works on this machine, and what to install.

    The ladder is what predict tries, from the first choice to the last, each rung in a process of its own, so that one
    that crashes is a line of the report. An accelerator is used where it is right (it says what the CPU says) and
    faster. What is found here is remembered, and predict goes by it. The exit code is 0 when `shipedge predict` with
    this device can run here, with --train when `shipedge train` can.

    \b
    Examples:
      shipedge doctor
      shipedge doctor --json
      shipedge doctor --bundle my-bundle/
      shipedge doctor --device gpu
      shipedge doctor --train
      shipedge doctor --device libedgetpu.so.1,device=usb
    """  # noqa: D301 - click wants the control character itself
    if train:
        from shipedge.cli.doctor_train import train_report

        ctx.exit(0 if train_report(as_json=as_json) else 1)
    findings = {name: probe(name) for name in NAMES}
    ladder = climb(bundle, device)
    chosen = next((rung for rung in ladder if rung["chosen"]), None)
    ready = all(finding.works for finding in findings.values()) and chosen is not None
    machine = describe()
    if as_json:
        probes = {name: finding._asdict() for name, finding in findings.items()}
        click.echo(json.dumps({"machine": machine, "probes": probes, "ladder": ladder, "ready": ready}))
    else:
        _print(machine, findings, ladder)
        command = "shipedge predict" + (f" --device {device}" if device != "auto" else "")
        say(f"{command} {'works' if ready else 'does not work'} here")
    ctx.exit(0 if ready else 1)


def probe(name: str, bundle: str = "", device: str = "", timeout_s: float = 60.0) -> Finding:
    """Tries one of `NAMES`, or a "rung", in a process of its own."""
    return run_probe(python("shipedge.backends.probe", name, bundle, device), timeout_s)


def climb(bundle: str, device: str) -> list[dict[str, Any]]:
    """Every rung for this device, from the first choice to the last.

    Returns:
        rung; found (it seems to be here); tried; works; ms and cpu_ms for one call of each model (None where not
        timed); chosen; says.
    """
    kinds = list(FINDS) if device == "auto" else [device] * (device != "cpu")
    ladder = [_accelerator(kind, bundle, asked=device != "auto") for kind in kinds]
    works = False
    for name, runtime in RUNTIMES.items():
        rung = _row(name, found=runtime.is_installed())
        if not rung["found"] or not works or name != "tf.lite":  # TensorFlow takes seconds to import
            _try(rung, bundle, name, 60.0)
        else:
            rung["says"] = f"{runtime.version()}, not tried: another runtime works"
        works = works or rung["works"]
        ladder.append(rung)
    usable = [rung for rung in ladder if rung["works"] and (rung["rung"] == device or rung["faster"] is not False)]
    if usable and (device in ("auto", "cpu") or usable[0]["rung"] == device):
        usable[0]["chosen"] = True
    return ladder


def _row(name: str, *, found: bool, says: str = "") -> dict[str, Any]:
    nothing = {"works": False, "faster": None, "ms": None, "cpu_ms": None, "chosen": False}
    return {"rung": name, "found": found, "tried": False, **nothing, "says": says}


def _accelerator(device: str, bundle: str, *, asked: bool) -> dict[str, Any]:
    node, reason = FINDS[device]() if device in FINDS else (device, "")
    rung = _row(device, found=bool(node), says=reason)
    if node or asked:
        click.echo(printable(f"trying {device}: its programs are compiled, which can take a minute"), err=True)
        _try(rung, bundle, device, TRIAL_S)
    return rung


def _try(rung: dict[str, Any], bundle: str, device: str, timeout_s: float) -> None:
    finding = probe("rung", bundle, device, timeout_s)
    rung["tried"] = rung["found"]
    if finding.works:
        rung.update(json.loads(finding.says), works=True, tried=True)
    else:
        rung["says"] = finding.says


def _print(machine: dict[str, Any], findings: dict[str, Finding], ladder: list[dict[str, Any]]) -> None:
    limit = f" (limited to the time of {machine['cpu_limit']:g})" if machine["cpu_limit"] else ""
    say(f"{machine['system']}, {machine['cores']} cores{limit}, Python {machine['python']}")
    for name, finding in findings.items():
        say(f"  {'yes' if finding.works else 'no':<4}{name:<16}{finding.says}")
    say("ladder, with the time of one call of each model:")
    width = max(len(rung["rung"]) for rung in ladder)
    for rung in ladder:
        mark = "->" if rung["chosen"] else "yes" if rung["works"] else "no"
        ms = f"{rung['ms']:.1f} ms" if rung["ms"] is not None else ""
        say(f"  {mark:<4}{rung['rung']:<{width}}{ms:>10}  {rung['says']}")
    for camera in machine["cameras"]:
        say(f"camera {camera['device']}: {camera['name']}")
    for zone in machine["thermal"]:
        limits = ", ".join(f"{kind} at {limit:g}" for kind, limit in zone["limits"].items())
        say(f"temperature {zone['zone']}: {zone['celsius']:.0f} degrees C{f' ({limits})' if limits else ''}")
