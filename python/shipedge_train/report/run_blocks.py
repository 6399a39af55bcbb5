"""The part of the page about the run: how it went, beside another run, and with which choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.ticker import MaxNLocator

from shipedge.cli.terminal import printable
from shipedge_train.page import Block, Chart, Facts, Table, Text, new_figure
from shipedge_train.report.run import RunFolder
from shipedge_train.runs.folder import BEST

_NOT_CURVES = {"epoch", "minutes", "score"}


def run_blocks(run: RunFolder, other: RunFolder | None) -> list[Block]:
    """Where the run stands, its curves, and its choices (beside another's: only the different ones)."""
    blocks: list[Block] = [Facts(_facts(run), heading=f"Run: {_name(run)}")]
    if other is not None:
        blocks.append(Facts(_facts(other), heading=f"Against: {_name(other)}"))
        if other.task != run.task:
            blocks.append(Text(f"The two are different networks: {run.task} and {other.task}."))
    blocks += _curves(run, other)
    return [*blocks, *_choices(run, other)]


def _facts(run: RunFolder) -> dict[str, str | int | float | None]:
    kept, minutes = run.kept_epoch(), run.history.get("minutes", [])
    wanted = run.config.get("train.epochs")
    facts: dict[str, str | int | float | None] = {
        "network": run.task,
        "started": run.created[:16].replace("T", " "),
        "epochs": f"{len(run.epochs)} of {wanted}" if wanted else len(run.epochs),
        "minutes": minutes[-1] if minutes else None,
    }
    if kept is not None:
        facts["kept epoch"] = int(run.epochs[kept])
        facts["its score"] = run.history["score"][kept]
    if not (run.folder / BEST).is_file():
        facts["best weights"] = "none yet"
    return facts


def _name(run: RunFolder) -> str:
    return printable(run.folder.resolve().name)


def _curves(run: RunFolder, other: RunFolder | None) -> list[Block]:
    runs = [run] if other is None else [run, other]
    going = [one for one in runs if one.epochs]
    missing: list[Block] = [
        Text(f"{_name(one)} has no finished epoch yet, so there are no curves of it.") for one in runs if not one.epochs
    ]
    columns = dict.fromkeys(name for one in going for name in one.history if name not in _NOT_CURVES)
    charts: list[Block] = [_curve(name, going) for name in columns]
    if going and "learning_rate" not in columns:
        missing.append(Text("The learning rate was not recorded by this version's training."))
    return [*missing, *charts]


def _curve(name: str, runs: list[RunFolder]) -> Chart:
    figure, axes = new_figure(4.6, 2.7)
    for number, run in enumerate(runs):
        values, kept = run.history.get(name), run.kept_epoch()
        if values is None:
            continue
        label = f" {_name(run)}"  # a space, because a label that begins with _ is left out of the legend
        (line,) = axes.plot(run.epochs, values, ".-" if number == 0 else ".--", label=label)
        if kept is not None:
            axes.plot(run.epochs[kept], values[kept], "o", color=line.get_color(), markersize=8, fillstyle="none")
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(x=0.03)
    if len(runs) > 1:
        for text in axes.legend(frameon=False).get_texts():
            text.set_parse_math(False)  # a folder may have a $ in its name
    return Chart(figure, f"{name.replace('_', ' ')}; a ring marks the epoch that was kept")


def _choices(run: RunFolder, other: RunFolder | None) -> list[Block]:
    if other is None:
        return [
            Table(("choice", "value"), list(run.config.items()), heading="Configuration"),
            Table(("fact", "value"), [*run.data.items(), *run.versions.items()], heading="Data and versions"),
        ]
    head = ("choice", _name(run), _name(other))
    blocks: list[Block] = []
    for heading, mine, theirs in (
        ("Configuration: what differs", run.config, other.config),
        ("Data and versions: what differs", run.data | run.versions, other.data | other.versions),
    ):
        rows = differences(mine, theirs)
        blocks.append(Table(head, rows, heading=heading) if rows else Text("Nothing.", heading=heading))
    return blocks


def differences(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(name, mine, theirs) of all that is not the same; None where one side does not have it."""
    return [
        (name, mine.get(name), theirs.get(name)) for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)
    ]
