"""`shipedge crossval`."""

from __future__ import annotations

from pathlib import Path

import click

from shipedge.cli.options import FloatRange, PathName
from shipedge.cli.terminal import say
from shipedge_train.cli.options import CONFIG, DatasetPath, find_config
from shipedge_train.cli.progress import steps
from shipedge_train.keras_settings import load_keras
from shipedge_train.progress import Console


@click.command(short_help="Score a recipe by cross-validation.")
@click.option("--data", required=True, type=DatasetPath(), help="Dataset folder with splits.csv.")
@CONFIG
@click.option("--out", type=PathName(path_type=Path), default="runs/crossval", show_default=True, help="Folder.")
@click.option("--init", type=PathName(path_type=Path), help="Run or bundle each fold starts from, or `imagenet`.")
@click.option("--fold", "folds", type=click.IntRange(min=0), multiple=True, help="Only this one now (repeatable).")
@click.option("--detector", type=PathName(path_type=Path), help="Bundle whose detector judges, not the folds' own.")
@click.option("--refiner", type=PathName(path_type=Path), help="Bundle whose refiner has the last look at each ship.")
@click.option("--max-minutes", type=FloatRange(min=0, min_open=True), help="Training time of each fold.")
def crossval(
    data: Path,
    config: str,
    out: Path,
    init: Path | None,
    folds: tuple[int, ...],
    detector: Path | None,
    refiner: Path | None,
    max_minutes: float | None,
) -> None:
    """Train one cascade per fold of a dataset and judge every image by one that never saw it.

    Nothing is chosen on the fold that is judged: weights are those of the last epoch, thresholds are tuned on the
    judgements of the other folds. Compared are the cascade, the same with test-time flips, without post-processing, and
    the segmenter alone; each leaves VARIANT/predictions.jsonl for `shipedge evaluate`. A fold that was judged is not
    done again, one that was interrupted goes on, and with --fold several machines can share the work.

    \b
    Examples:
      shipedge data split real --test-share 0
      shipedge crossval --data real --config finetune --init bundle --max-minutes 10
      shipedge evaluate runs/crossval/cascade runs/crossval/truth.csv --images real/images --worst 20
    """  # noqa: D301 - click wants the control character itself
    from shipedge_train.config import read_config

    choices = read_config(find_config(config))
    load_keras()
    from shipedge_train.crossval import SCORES, Others, cross_validate

    scores = cross_validate(
        data,
        choices,
        out,
        init=init,
        only=folds,
        others=Others(detector, refiner),
        max_minutes=max_minutes,
        console=Console(say, steps),
    )
    if scores is not None:
        say(f"Scores: {out / SCORES}")
