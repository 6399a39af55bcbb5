"""`shipedge data compare` and `shipedge data judge`: how unlike two dataset folders are."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipedge.cli.options import FORCE, PathName
from shipedge.cli.terminal import say
from shipedge_train.cli.options import DatasetPath
from shipedge_train.cli.progress import progress

if TYPE_CHECKING:
    from shipedge_train.data.compare.distances import Gap
    from shipedge_train.data.compare.judge import Verdict

_FOLDER = PathName(path_type=Path)


def _row(gap: Gap) -> str:
    one, other = (" ".join(f"{value:7.2f}" for value in side) for side in (gap.one, gap.other))
    return f"{gap.name:28} {gap.ks:4.2f} {gap.wasserstein:5.2f}  {one} | {other}"


@click.command(short_help="Measure how two datasets differ, and see them side by side.")
@click.argument("one", type=DatasetPath())
@click.argument("other", type=DatasetPath())
@click.option("--out", type=_FOLDER, help="Folder for gaps.json and the sheet sides.png.")
@FORCE
@click.option("--images", type=click.IntRange(min=2), default=300, show_default=True, help="At most, of each side.")
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="Gaps to print.")
@click.option("--json", "as_json", is_flag=True, help="Print all gaps as JSON.")
def compare(one: Path, other: Path, out: Path | None, force: bool, images: int, top: int, as_json: bool) -> None:
    """Compare the images and the labelled ships of two dataset folders, number by number.

    Prints the widest gaps first: Kolmogorov-Smirnov distance (0 alike, 1 apart), Wasserstein distance in standard
    deviations, and the 5, 25, 50, 75 and 95 % quantiles of ONE | OTHER.

    \b
    Examples:
      shipedge data compare real rendered
      shipedge data compare real rendered --out pages/compare --top 40
      shipedge data compare real rendered --json > gaps.json
    """  # noqa: D301 - click wants the control character itself
    from shipedge.errors import DatasetError
    from shipedge.files.atomic import write_atomic
    from shipedge.files.outputs import check_outputs
    from shipedge_train.data.compare.collect import collect
    from shipedge_train.data.compare.distances import gaps
    from shipedge_train.data.compare.sheet import encode_sheet, side_by_side
    from shipedge_train.dataset import find_layout, pick_evenly, read_dataset

    if out is not None and out.is_dir():
        inputs = [find_layout(one).images, find_layout(other).images]
        check_outputs({out / "gaps.json": "JSON", out / "sides.png": "PNG"}, inputs, force=force)
    sides = [pick_evenly(read_dataset(folder), images) for folder in (one, other)]
    with progress("measuring", sum(map(len, sides))) as advance:
        found = gaps(*(collect(side, lambda: advance(1)) for side in sides))
    document = json.dumps([asdict(gap) for gap in found], indent=1)
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
            write_atomic(out / "gaps.json", document.encode())
            write_atomic(out / "sides.png", encode_sheet(side_by_side(sides[0], sides[1]), ".png"))
        except OSError as error:
            raise DatasetError(f"cannot write to {out}: {error.strerror}") from error
    if as_json:
        click.echo(document)
        return
    say(f"{len(sides[0])} images | {len(sides[1])} images; KS, Wasserstein, quantiles 5 25 50 75 95 %")
    for gap in found[:top]:
        click.echo(_row(gap))
    if out is not None:
        say(f"{out}: gaps.json, sides.png ({one} left, {other} right)")


def _sentence(verdict: Verdict) -> str:
    return f"right in {verdict.accuracy:.3f} of the crops (95 % interval {verdict.low:.3f} to {verdict.high:.3f})"


@click.command(short_help="Let a classifier tell crops of two datasets apart.")
@click.argument("one", type=DatasetPath())
@click.argument("other", type=DatasetPath())
@click.option("--crops", type=click.IntRange(min=1), default=6, show_default=True, help="From each image.")
@click.option("--folds", type=click.IntRange(2, 20), default=5, show_default=True, help="Of the cross-validation.")
@click.option("--network", is_flag=True, help="Train a small convolutional network, too (minutes; needs Keras).")
@click.option("--epochs", type=click.IntRange(min=1), default=12, show_default=True, help="Of the network.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def judge(one: Path, other: Path, crops: int, folds: int, network: bool, epochs: int, as_json: bool) -> None:
    """Train a plain classifier to tell crops of ONE from crops of OTHER: 0.5 is guessing, 1 is always right.

    Crops are 128 px; both sides give as many images with ships and as many without; all cuts of one scene stay in
    one fold, so nobody is judged on a scene that was learnt.

    \b
    Examples:
      shipedge data judge real rendered
      shipedge data judge real rendered --network --folds 3
    """  # noqa: D301 - click wants the control character itself
    from shipedge_train.data.compare.crops import cut
    from shipedge_train.data.compare.judge import judge_statistics
    from shipedge_train.dataset import read_dataset

    seen = cut(read_dataset(one), read_dataset(other), crops, folds)
    with progress("measuring", len(seen.side)) as advance:
        plain, given_away = judge_statistics(seen, lambda: advance(1))
    report = {"crops": len(seen.side), "scenes": len(set(seen.group.tolist()))}
    result: dict[str, object] = {**report, "statistics": _numbers(plain), "given_away_by": given_away}
    if network:
        from shipedge_train.keras_settings import load_keras

        load_keras()
        from shipedge_train.data.compare.network import judge_network

        with progress("training", folds * epochs) as advance:
            trained = judge_network(seen, epochs, lambda: advance(1))
        result["network"] = _numbers(trained)
    if as_json:
        click.echo(json.dumps(result, indent=1))
        return
    say(f"{report['crops']} crops of {report['scenes']} scenes, {folds} folds")
    say(f"statistics: {_sentence(plain)}")
    for name, share in list(given_away.items())[:8]:
        say(f"  {share:5.1%}  {name}")
    if network:
        say(f"network: {_sentence(trained)}")


def _numbers(verdict: Verdict) -> dict[str, float]:
    return {"accuracy": verdict.accuracy, "low": verdict.low, "high": verdict.high}
