"""Options that several commands have alike."""

import click

FORCE = click.option(
    "--force", is_flag=True, help="Replace an output even if it is an input or a file of another kind."
)
