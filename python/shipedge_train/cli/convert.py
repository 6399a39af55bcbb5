"""`shipedge convert`."""

from __future__ import annotations

from pathlib import Path

import click

from shipedge.cli.options import FloatRange, PathName
from shipedge.cli.terminal import say
from shipedge_train.cli.options import DatasetPath
from shipedge_train.cli.progress import steps
from shipedge_train.keras_settings import load_keras
from shipedge_train.progress import Console


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
    help="Share of images with ships where it will be used; thresholds are chosen for it.",
)
@click.option("--name", help="Name of the bundle.  [default: that of the folder]")
@click.option("--data", type=DatasetPath(), help="Dataset, if it moved since training, or for a bundle alone.")
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
    than 100 images are held back to choose on. A bundle alone is converted again from the weights that it carries,
    with images of --data to calibrate on; its thresholds stay.

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
    from shipedge_train.export import Conversion
    from shipedge_train.export import convert as run

    written = run(
        sources,
        out,
        Conversion([variant.strip() for variant in variants.split(",")], window or 0, ship_share, allow_drop),
        name=name,
        data=data,
        console=Console(say, steps),
    )
    say(f"Bundle: {written}")
