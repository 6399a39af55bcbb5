"""What several commands are given alike."""

from __future__ import annotations

from pathlib import Path

import click

from shipedge.cli.options import PathName
from shipedge.errors import ConfigError

CONFIGS = Path(__file__).parent.parent / "configs"

CONFIG = click.option(
    "--config",
    required=True,
    metavar="NAME|FILE",
    type=PathName(),
    help="One that comes along (cascade), or a TOML file.",
)


def find_config(name: str) -> Path:
    """The file of a configuration: a path, or the name of one that comes with the package.

    Raises:
        ConfigError: there is neither.
    """
    known = {path.stem: path for path in sorted(CONFIGS.glob("*.toml"))}
    path = Path(name)
    if name in known and not path.is_file():
        return known[name]
    if path.name == name and not path.suffix and not path.exists():
        raise ConfigError(f"there is no configuration {name}: expected a TOML file, or one of {', '.join(known)}")
    return path
