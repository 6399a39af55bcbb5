"""The commands `shipedge train`, `shipedge convert` and `shipedge crossval`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from shipedge.cli.options import FloatRange, PathName
from shipedge.cli.terminal import say
from shipedge_train.keras_settings import load_keras


def _bar(batches: Iterator[Any], count: int, label: str) -> Iterator[Any]:
    """An epoch's batches behind a progress bar (only on a terminal)."""
    with click.progressbar(range(count), label=label, show_pos=True) as numbers:
        for _ in numbers:
            yield next(batches)


@click.command(short_help="Train the models of the cascade.")
@click.argument("kind", type=click.Choice(["detector", "segmenter", "cascade", "refiner"]))
@click.option("--data", required=True, type=PathName(path_type=Path), help="Folder with images/ and ships.csv.")
@click.option("--config", "config_path", required=True, type=PathName(path_type=Path), help="TOML file.")
@click.option("--out", type=PathName(path_type=Path), help="Run folder.  [default: runs/KIND]")
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
    kind: str,
    data: Path,
    config_path: Path,
    out: Path | None,
    resume: bool,
    init: tuple[Path, ...],
    find_lr: bool,
    max_minutes: float | None,
) -> None:
    """Train the detector, the segmenter, or both with one encoder (cascade), or the refiner on a dataset folder.

    KERAS_BACKEND chooses tensorflow (default), jax or torch.

    \b
    Examples:
      shipedge train cascade --data data --config python/configs/cascade.toml --out runs/first --max-minutes 80
      shipedge train cascade --data data --config python/configs/cascade.toml --out runs/first --resume
      shipedge train cascade --data real --config python/configs/finetune.toml --init runs/first --out runs/fine
      shipedge train cascade --data data --config python/configs/large.toml --init imagenet --max-minutes 45
      shipedge train detector --data data --config python/configs/detector.toml --max-minutes 20
      shipedge train detector --data data --config python/configs/detector.toml --find-lr
      shipedge train refiner --data data --config python/configs/refiner.toml --out runs/refiner
    """  # noqa: D301 - click wants the control character itself
    if resume and init:
        raise click.UsageError("--init starts a new run and --resume goes on with an old one: give one of them")
    from shipedge_train.config import read_config

    config = read_config(config_path)  # before the seconds that Keras needs to load
    load_keras()
    if find_lr:
        from shipedge_train.lr_finder import find_learning_rate

        place = out or Path("runs") / f"{kind}-lr"
        best = find_learning_rate(kind, data, config, place)
        say(f"train.learning_rate = {best:.1e}  (curve: {place / 'learning_rate.png'})")
        return
    from shipedge_train.train import train as run

    folder = run(
        kind,
        data,
        config,
        out or Path("runs") / kind,
        resume=resume,
        init=init,
        max_minutes=max_minutes,
        report=say,
        steps=_bar,
    )
    say(f"Best weights: {folder / 'best.weights.h5'}")


@click.command(short_help="Turn trained models into a verified TFLite bundle.")
@click.argument("sources", nargs=-1, required=True, type=PathName(path_type=Path))
@click.option(
    "--variants",
    default="int8,float16",
    show_default=True,
    help="Of int8, float16 and none: numbers of the files; the first runs where nothing else is chosen.",
)
@click.option("-o", "--out", required=True, type=PathName(path_type=Path), help="Bundle folder, replaced whole.")
@click.option("--window", type=int, help="Side of the segmenter's window, pixels.  [default: the bundle's, or 768]")
@click.option(
    "--ship-share",
    type=FloatRange(0, 1),
    default=0.22,
    show_default=True,
    help="Share of pictures with ships where it will be used; thresholds are chosen for it.",
)
@click.option("--name", help="Name of the bundle.  [default: that of the folder]")
@click.option(
    "--data", type=PathName(path_type=Path), help="Dataset, if it moved since training, or for a bundle alone."
)
@click.option("--allow-drop", is_flag=True, help="Write a file that differs too much from Keras all the same.")
def convert(
    sources: tuple[Path, ...],
    variants: str,
    out: Path,
    window: int | None,
    ship_share: float,
    name: str | None,
    data: Path | None,
    allow_drop: bool,
) -> None:
    """Convert the run of a cascade, or those of a detector and a segmenter, to a bundle.

    The run of a refiner may be given with them. A bundle and the run of a segmenter (or of a cascade, which gives its
    segmenter), of a refiner or of both give a bundle with these in place of its own; its thresholds stay where fewer
    than 100 pictures are held back to choose on. A bundle alone is converted again from the weights that it carries,
    with pictures of --data to calibrate on; its thresholds stay.

    Calibrates on the training split, compares with Keras and chooses thresholds on the validation split, and writes
    it all into the manifest. A file that differs too much from Keras is refused, and a table shows in which layers.
    Needs TensorFlow, whatever the runs were trained with.

    \b
    Examples:
      shipedge convert runs/cascade -o bundle
      shipedge convert runs/detector runs/segmenter -o bundle
      shipedge convert bundle runs/refiner -o bundle
      shipedge convert bundle runs/fine -o mine
      shipedge convert runs/detector runs/segmenter -o bundle --variants float16 --window 384
      shipedge convert bundle --data scenes -o new
    """  # noqa: D301 - click wants the control character itself
    load_keras()
    from shipedge_train.export import convert as run

    written = run(
        sources,
        out,
        variants=[variant.strip() for variant in variants.split(",")],
        window=window,
        ship_share=ship_share,
        name=name,
        data=data,
        allow_drop=allow_drop,
        report=say,
        progress=_bar,
    )
    say(f"Bundle: {written}")


@click.command(short_help="Score a recipe by cross-validation.")
@click.option("--data", required=True, type=PathName(path_type=Path), help="Dataset folder with splits.csv.")
@click.option("--config", "config_path", required=True, type=PathName(path_type=Path), help="TOML file.")
@click.option("--out", type=PathName(path_type=Path), default="runs/crossval", show_default=True, help="Folder.")
@click.option("--init", type=PathName(path_type=Path), help="Run or bundle each fold starts from, or `imagenet`.")
@click.option("--fold", "folds", type=click.IntRange(min=0), multiple=True, help="Only this one now (repeatable).")
@click.option("--detector", type=PathName(path_type=Path), help="Bundle whose detector judges, not the folds' own.")
@click.option("--refiner", type=PathName(path_type=Path), help="Bundle whose refiner has the last look at each ship.")
@click.option("--max-minutes", type=FloatRange(min=0, min_open=True), help="Training time of each fold.")
def crossval(
    data: Path,
    config_path: Path,
    out: Path,
    init: Path | None,
    folds: tuple[int, ...],
    detector: Path | None,
    refiner: Path | None,
    max_minutes: float | None,
) -> None:
    """Train one cascade per fold of a dataset and judge every picture by one that never saw it.

    Nothing is chosen on the fold that is judged: weights are those of the last epoch, thresholds are tuned on the
    judgements of the other folds. Compared are the cascade, the same with test-time flips, without post-processing, and
    the segmenter alone; each leaves VARIANT/predictions.jsonl for `shipedge evaluate`. A fold that was judged is not
    done again, one that was interrupted goes on, and with --fold several machines can share the work.

    \b
    Examples:
      shipedge data split real --test-share 0
      shipedge crossval --data real --config python/configs/finetune.toml --init bundle --max-minutes 10
      shipedge evaluate runs/crossval/cascade runs/crossval/truth.csv --images real/images --worst 20
    """  # noqa: D301 - click wants the control character itself
    from shipedge_train.config import read_config

    config = read_config(config_path)
    load_keras()
    from shipedge_train.crossval import SCORES, cross_validate

    found = cross_validate(
        data,
        config,
        out,
        init=init,
        only=folds,
        detector=detector,
        refiner=refiner,
        max_minutes=max_minutes,
        report=say,
        steps=_bar,
    )
    if found is not None:
        say(f"Scores: {out / SCORES}")
