"""`shipedge train`."""

from __future__ import annotations

from pathlib import Path

import click

from shipedge.cli.options import FloatRange, PathName
from shipedge.cli.terminal import say
from shipedge_train.cli.options import CONFIG, DatasetPath, find_config
from shipedge_train.cli.progress import steps
from shipedge_train.keras_settings import load_keras
from shipedge_train.progress import Console

TASKS = ("detector", "segmenter", "cascade", "refiner")
"""Names of `shipedge_train.tasks.TASKS`, known here because loading that would load Keras."""


@click.command(short_help="Train the models of the cascade.")
@click.argument("task", type=click.Choice(TASKS))
@click.option(
    "--data", required=True, metavar="DIR|ZIP", type=DatasetPath(), help="images/ and ships.csv, or Kaggle's."
)
@CONFIG
@click.option("--out", type=PathName(path_type=Path), help="Run folder.  [default: runs/TASK]")
@click.option("--resume", is_flag=True, help="Go on from the last finished epoch of the run folder.")
@click.option(
    "--init",
    type=PathName(path_type=Path),
    multiple=True,
    help="Run or bundle to start from; several: their mean; or `imagenet`.",
)
@click.option("--find-lr", is_flag=True, help="Train nothing; find a learning rate and draw the curve into --out.")
@click.option("--max-minutes", type=FloatRange(min=0, min_open=True), help="Finish within this time.")
def train(
    task: str,
    data: Path,
    config: str,
    out: Path | None,
    resume: bool,
    init: tuple[Path, ...],
    find_lr: bool,
    max_minutes: float | None,
) -> None:
    """Train the detector, the segmenter, or both with one encoder (cascade), or the refiner on a dataset folder.

    KERAS_BACKEND chooses tensorflow (default), jax or torch. On jax every batch is shared by all devices, and by
    several hosts where KERAS_DISTRIBUTION_NUM_PROCESSES says so.

    \b
    Examples:
      shipedge train cascade --data data --config cascade --out runs/first --max-minutes 80
      shipedge train cascade --data data --config cascade --out runs/first --resume
      shipedge train cascade --data real --config finetune --init runs/first --out runs/fine
      shipedge train cascade --data data --config large --init imagenet --max-minutes 45
      shipedge train detector --data data --config detector --max-minutes 20
      shipedge train detector --data data --config detector --find-lr
      shipedge train refiner --data data --config refiner --out runs/refiner
    """  # noqa: D301 - click wants the control character itself
    if resume and init:
        raise click.UsageError("--init starts a new run and --resume goes on with an old one: give one of them")
    from shipedge_train.config import read_config

    choices = read_config(find_config(config))  # before the seconds that Keras needs to load
    load_keras()
    if find_lr:
        from shipedge_train.training.lr_finder import find_learning_rate

        place = out or Path("runs") / f"{task}-lr"
        best = find_learning_rate(task, data, choices, place)
        say(f"train.learning_rate = {best:.1e}  (curve: {place / 'learning_rate.png'})")
        return
    from shipedge_train.training.hosts import this_host
    from shipedge_train.training.run import train as run

    folder = run(
        task,
        data,
        choices,
        out or Path("runs") / task,
        resume=resume,
        init=init,
        max_minutes=max_minutes,
        console=Console(say, steps),
    )
    if this_host().first:
        say(f"Best weights: {folder / 'best.weights.h5'}")
