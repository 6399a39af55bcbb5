"""What several commands are given alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shipedge.cli.options import PathName
from shipedge.errors import ConfigError


class DatasetPath(PathName):
    """A dataset folder; one in a zip file is unpacked beside it, the first time."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The folder, or a usage error."""
        path = Path(super().convert(value, param, ctx))
        if path.suffix.lower() != ".zip" or not path.is_file():
            return path
        from shipedge_train.cli.progress import progress
        from shipedge_train.dataset.archive import read_archive, unpack

        archive = read_archive(path)
        missing = archive.missing()
        with progress(f"unpacking {path} into {archive.folder}", len(missing)) as advance:
            unpack(archive, missing, advance)
        return archive.folder


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
