"""Groups of commands that are imported only when they are called."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

__all__ = ["Lazy", "LazyGroup"]


class Lazy(NamedTuple):
    """Where a command lives ("module:attribute") and the line that its group shows without importing it."""

    target: str
    help: str


class LazyGroup(click.Group):
    """A click group over a table of such commands.

    Args:
        commands_by_name: the table.
    """

    def __init__(self, *args: Any, commands_by_name: Mapping[str, Lazy], **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.commands_by_name = dict(commands_by_name)

    def table(self) -> dict[str, Lazy]:
        """All commands that there are."""
        return self.commands_by_name

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, sorted; imports none of them."""
        return sorted(self.table())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, or None where there is no such name."""
        lazy = self.table().get(cmd_name)
        return None if lazy is None else self.load(cmd_name, lazy)

    def load(self, name: str, lazy: Lazy) -> click.Command:
        """Import one command.

        Raises:
            ImportError: a library that it uses is absent.
            click.ClickException: it is no command.
        """
        command = attribute(lazy.target)
        if not isinstance(command, click.Command):
            raise click.ClickException(f"{name} is not a click command but {type(command).__name__}")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table (click's own way would import each)."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted((name, lazy.help) for name, lazy in self.table().items()))


def attribute(target: str) -> Any:
    """What "module:attribute" names."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
