"""Options that several commands have alike."""

from __future__ import annotations

import math
import os
from typing import Any

import click

FORCE = click.option(
    "--force", is_flag=True, help="Replace an output even if it is an input or a file of another kind."
)


class PathName(click.Path):
    """A path; an empty text, what `"$UNSET"` becomes, would mean the folder one is in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or a usage error."""
        if not os.fspath(value):
            self.fail("the path is empty.", param, ctx)
        return super().convert(value, param, ctx)


class FloatRange(click.FloatRange):
    """A number within bounds; click itself lets "nan" through, which no comparison finds outside of them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or a usage error."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number
