"""``shipedge config``: the training recipes that come along."""

from __future__ import annotations

from pathlib import Path

import click

from shipedge.cli.options import PathName
from shipedge.cli.terminal import say
from shipedge.errors import ConfigError
from shipedge.files.atomic import write_output
from shipedge_train.cli.options import CONFIGS, find_config
from shipedge_train.config import read_config


@click.group(short_help="List, show and copy the recipes that come along.")
def config() -> None:
    """List, show and copy the configurations that come along; `--config NAME` finds them from any folder.

    \b
    Examples:
      shipedge config list
      shipedge config show cascade
      shipedge config copy cascade mine.toml
    """  # noqa: D301 - click wants the control character itself


@config.command("list", short_help="Names, each with its command.")
def list_configs() -> None:
    """List the configurations that come along, each with the command that it is for."""
    paths = sorted(CONFIGS.glob("*.toml"))
    width = max(len(path.stem) for path in paths)
    for path in paths:
        text = path.read_text(encoding="utf-8").replace(" \\\n#    ", "")
        say(f"{path.stem:{width}}  {text.partition(chr(10))[0].removeprefix('# ')}")


@config.command("show", short_help="Print one.")
@click.argument("name", metavar="NAME|FILE", type=PathName())
def show_config(name: str) -> None:
    """Print a configuration that comes along, or check a file of your own and print it."""
    path = find_config(name)
    read_config(path)
    say(*path.read_text(encoding="utf-8").splitlines())


@config.command("copy", short_help="Copy one, to change it.")
@click.argument("name")
@click.argument("file", required=False, type=PathName(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE.")
def copy_config(name: str, file: Path | None, force: bool) -> None:
    """Copy a configuration that comes along to FILE (NAME.toml where none is given), to be changed."""
    source = find_config(name)
    target = file or Path(f"{name}.toml")
    if target.exists() and not force:
        raise ConfigError(f"{target} exists: --force overwrites it")
    write_output(target, source.read_bytes())
    say(f"{target} (shipedge train ... --config {target})")
