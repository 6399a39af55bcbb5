"""The options of commands that share their work among processes or machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click

from shipedge.cli.options import grouped

if TYPE_CHECKING:
    from shipedge.engines.engine import Engine, Job, Start

__all__ = ["ENGINE", "EngineOptions"]


class EngineOptions(NamedTuple):
    """Who shares the work."""

    engine: Literal["local", "ray"]
    workers: int | None
    ray_address: str | None

    @property
    def asked(self) -> bool:
        """Whether one of them is given."""
        return self != ("local", None, None)

    def start(self, job: Job[Any, Any]) -> Engine[Any, Any]:
        """The workers. Raises BackendError or ConfigError where there can be none."""
        from shipedge.errors import ConfigError

        if self.ray_address is not None and self.engine != "ray":
            raise ConfigError("--ray-address says where Ray is, expected --engine ray beside it")
        if self.engine == "ray":
            from shipedge.engines.rays import Rays

            return Rays(job, self.workers, self.ray_address)
        from shipedge.engines.processes import Processes

        return Processes(job, self.workers or 1)

    def start_if_asked(self) -> Start | None:
        """How workers are started; None where this process does the work."""
        return self.start if self.asked else None


ENGINE = grouped(
    "engines",
    EngineOptions,
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
        help="Processes that share the work; the results are those of one.  [default: none; with Ray as many as its "
        "cores]",
    ),
    click.option("--ray-address", metavar="ADDRESS", help="Of a Ray cluster that runs.  [default: one of its own]"),
)
