"""`shipedge data`: a group that imports a subcommand only when that subcommand is called."""

from __future__ import annotations

from importlib import import_module

import click

# Where each command lives ("module:attribute") and the line that `shipedge data --help` shows without importing it.
COMMANDS = {
    "augment": ("shipedge_train.cli.data.augment:augment", "Write an augmented copy of a dataset."),
    "bench": ("shipedge_train.cli.data.bench:bench", "Count the crops per second that the loader makes."),
    "compare": (
        "shipedge_train.cli.data.compare:compare",
        "Measure how two datasets differ, and see them side by side.",
    ),
    "judge": ("shipedge_train.cli.data.compare:judge", "Let a classifier tell crops of two datasets apart."),
    "split": ("shipedge_train.cli.data.split:split", "Split pictures into folds and a test part without leaks."),
    "stats": ("shipedge_train.cli.data.view:stats", "Count ships, sizes and colors; draw histograms."),
    "verify": ("shipedge_train.cli.data.verify:verify", "Check every row and picture before training."),
    "view": ("shipedge_train.cli.data.view:view", "Look at a dataset: contact sheets and one offline HTML page."),
}


class DataGroup(click.Group):
    """Click group over ``COMMANDS``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, sorted; imports none of them."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, or None where there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])


@click.group(cls=DataGroup)
def data() -> None:
    """Verify, split, look at and augment a dataset folder (images/ and ships.csv).

    \b
    Examples:
      shipedge data verify data
      shipedge data split data --folds 5 --test-share 0.1
      shipedge data view data --out pages
    """  # noqa: D301 - click wants the control character itself
