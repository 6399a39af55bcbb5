"""The options of commands that share their work among processes or machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import click

from shipedge.cli.options import PathName, grouped

if TYPE_CHECKING:
    from shipedge.scale.engine import Engine
    from shipedge.scale.work import Job

__all__ = ["SCALE", "ScaleOptions"]


class ScaleOptions(NamedTuple):
    """Who shares the work, and how."""

    engine: Literal["local", "ray"]
    workers: int | None
    ray_address: str | None
    manifest: str | None
    block_images: int
    format: Literal["jsonl", "parquet"]

    def wanted(self, sources: Sequence[str]) -> bool:
        """Whether work is done in blocks: it is asked for, or a source can be read in no other way."""
        from shipedge.scale.inputs import is_archive

        asked = self.workers is not None or self.engine != "local" or self.manifest is not None
        return asked or self.format != "jsonl" or any(map(is_archive, sources))

    def start(self, job: Job) -> Engine:
        """The workers. Raises BackendError or ConfigError where there can be none."""
        from shipedge.errors import ConfigError

        if self.ray_address is not None and self.engine != "ray":
            raise ConfigError("--ray-address says where Ray is, expected --engine ray beside it")
        if self.engine == "ray":
            from shipedge.scale.rays import Rays

            return Rays(job, self.workers, self.ray_address)
        from shipedge.scale.processes import Processes

        return Processes(job, self.workers or 1)


SCALE = grouped(
    "scale",
    ScaleOptions,
    click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="Whose processes share the work: those of this machine, or those of Ray.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 4096),
        metavar="N",
        help="Processes that share the work, each with models of its own; results go to DIR/parts.  [default: none, "
        "or 1 for what is read in blocks; with Ray as many as its cores]",
    ),
    click.option("--ray-address", metavar="ADDRESS", help="Of a Ray cluster that runs.  [default: one of its own]"),
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
        help="Images that a process gets at a time, and of a file of results.",
    ),
    click.option(
        "--format",
        type=click.Choice(["jsonl", "parquet"]),
        default="jsonl",
        show_default=True,
        help="Of the files in DIR/parts; Parquet is written beside JSON Lines.",
    ),
)
