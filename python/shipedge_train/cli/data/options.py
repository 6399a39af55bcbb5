"""What commands about a dataset are given alike: a folder or a CSV, the images of a CSV, their size."""

from __future__ import annotations

from pathlib import Path

import click

from shipedge.cli.options import PathName
from shipedge_train.cli.options import DatasetPath

SOURCE = click.argument("source", metavar="DIR|ZIP|CSV", type=DatasetPath())
IMAGES = click.option("--images", type=PathName(path_type=Path), metavar="DIR", help="Images of a CSV.")
SHAPE = click.option(
    "--shape",
    type=click.IntRange(1, 65535),
    nargs=2,
    metavar="H W",
    default=(768, 768),
    help="Size of all images.  [default: 768 768]",
)
