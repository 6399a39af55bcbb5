"""HTML in which nothing is forgotten to be escaped: text is escaped unless it was made here."""

from __future__ import annotations

from html import escape
from typing import TypeAlias

__all__ = ["Child", "Html", "join", "tag"]

_VOID = ("br", "hr", "img", "input", "link", "meta")
_NO_BREAK = "\u00a0"
"""A space that keeps a number and its unit on one line."""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child: TypeAlias = "str | Html | int | float | None"


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """An element; `class_` is class, `data_id` data-id, True an attribute without a value, None and False none."""
    words = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        field = key.rstrip("_").replace("_", "-")
        words.append(field if value is True else f'{field}="{escape(_text(value))}"')
    start = f"<{' '.join(words)}>"
    return Html(start if name in _VOID else f"{start}{join(*children)}</{name}>")


def join(*children: Child) -> Html:
    """One after the other; None is left out."""
    return Html("".join(c if isinstance(c, Html) else escape(_text(c)) for c in children if c is not None))


def _text(value: object) -> str:
    """What a browser must not be shown is escaped as in a terminal: a name could turn the direction of a line."""
    return "".join(c if c.isprintable() or c == _NO_BREAK else f"\\u{ord(c):04x}" for c in str(value))
