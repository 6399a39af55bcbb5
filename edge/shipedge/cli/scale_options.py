"""The options of ``shipedge predict`` for archives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import click

from shipedge.cli.options import FloatRange, PathName, grouped
from shipedge.engines.limit import IMAGE_S

__all__ = ["SCALE", "ScaleOptions"]


class ScaleOptions(NamedTuple):
    """How work is shared that is done in blocks."""

    manifest: str | None
    block_images: int
    format: Literal["jsonl", "parquet"]
    image_timeout: float | None

    def wanted(self, sources: Sequence[str]) -> bool:
        """Whether work is done in blocks: it is asked for, or a source can be read in no other way."""
        from shipedge.scale.inputs import is_archive

        asked = self.manifest is not None or self.image_timeout is not None or self.format != "jsonl"
        return asked or any(map(is_archive, sources))

    @property
    def timeout_s(self) -> float:
        """For an image; 0: as long as it takes."""
        return IMAGE_S if self.image_timeout is None else self.image_timeout


SCALE = grouped(
    "scale",
    ScaleOptions,
    click.option(
        "--manifest",
        type=PathName(),
        metavar="FILE",
        help="Also read what this file lists: a path or address a line, or JSON Lines with url, size and sha256.",
    ),
    click.option(
        "--block-images",
        type=click.IntRange(1, 100_000),
        default=64,
        show_default=True,
        metavar="N",
        help="Images that a worker gets at a time, and of a file of results in DIR/parts.",
    ),
    click.option(
        "--format",
        type=click.Choice(["jsonl", "parquet"]),
        default="jsonl",
        show_default=True,
        help="Of the files in DIR/parts; Parquet is written beside JSON Lines.",
    ),
    click.option(
        "--image-timeout",
        type=FloatRange(0, 86_400),
        metavar="S",
        help="Seconds that a worker (--workers, else 1) has for an image, not for a scene or video; 0: no limit.  "
        f"[default: {IMAGE_S:g}]",
    ),
)
