"""Options that several commands have alike."""

from __future__ import annotations

import functools
import math
import os
import re
from collections.abc import Callable
from typing import Any

import click

OVERLAP = click.option(
    "--overlap",
    type=click.Choice(["error", "first", "last", "larger"]),
    default="error",
    show_default=True,
    help="Whose a pixel of several ships is in label maps: "
    "an error, the first one's, the last one's or the larger one's.",
)
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


class Amount(click.ParamType):  # type: ignore[type-arg]
    """A number with a unit, such as 100MB or 1d: the number in the smallest unit, and which kind of unit it was."""

    name = "amount"

    def __init__(self, **kinds: dict[str, float]) -> None:
        """Takes {kind: {unit: how many of the smallest}}."""
        self._units = {unit: (kind, factor) for kind, units in kinds.items() for unit, factor in units.items()}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """(kind, number), or a usage error."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)\s*([A-Za-z]+)", value, re.ASCII)
        kind, factor = self._units.get(match[2] if match else "", ("", 0.0))
        if match is None or not factor or float(match[1]) <= 0:
            self.fail(f"{value!r} is no number with one of the units {', '.join(self._units)}.", param, ctx)
        return kind, float(match[1]) * factor


class PerAmount(Amount):
    """A number of bytes for each of something, such as 1MB/h."""

    def __init__(self, *per: str) -> None:
        """Takes what it may be for each of."""
        super().__init__(bytes=BYTES)
        self._per = per

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """(bytes, per), or a usage error."""
        if isinstance(value, tuple):
            return value
        amount, _, per = value.partition("/")
        if per not in self._per:
            self.fail(f"{value!r} does not end in {' or '.join('/' + one for one in self._per)}.", param, ctx)
        return int(super().convert(amount, param, ctx)[1]), per


BYTES = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9}
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def grouped(name: str, kind: Any, *options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Options whose values reach the command as one object, the argument `name`.

    Args:
        name: of the argument.
        kind: what is made of the values: a NamedTuple with a field for each option.
        options: click's decorators.
    """

    def decorate(command: Callable[..., Any]) -> Any:
        @functools.wraps(command)
        def called(*args: Any, **values: Any) -> Any:
            fields = {field: values.pop(field) for field in kind._fields}
            return command(*args, **values, **{name: kind(**fields)})

        return functools.reduce(lambda done, option: option(done), reversed(options), called)

    return decorate
