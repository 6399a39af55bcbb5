"""Blocks to HTML, and HTML to a file."""

from __future__ import annotations

import base64
import hashlib
import math
import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shipedge.files.atomic import write_output
from shipedge_train.page.blocks import Block, Gallery, Value
from shipedge_train.page.figures import svg_of
from shipedge_train.page.images import MOST_IMAGES

TEMPLATES = Path(__file__).with_name("templates")


def write_page(path: str | os.PathLike[str], title: str, blocks: Sequence[Block], *, subtitle: str = "") -> None:
    """Write a page in one step.

    Args:
        path: the .html file; a file there is replaced.
        title: heading and name of the page.
        blocks: from top to bottom.
        subtitle: a line below the heading.

    Raises:
        ValueError: a gallery has more than `MOST_IMAGES` images.
        OSError: the file cannot be written.
    """
    write_output(path, _render(title, subtitle, blocks).encode("utf-8", "backslashreplace"))


def _render(title: str, subtitle: str, blocks: Sequence[Block]) -> str:
    for block in blocks:
        if isinstance(block, Gallery) and len(block.images) > MOST_IMAGES:
            raise ValueError(f"{len(block.images)} images in one gallery, expected {MOST_IMAGES} at most")
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {"shown": _shown, "number": _number, "jpeg": _data_uri}
    env.globals["svg"] = lambda chart, salt: Markup(svg_of(chart.figure, salt))
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return env.get_template("page.html").render(
        title=title,
        subtitle=subtitle,
        # Neighbouring charts share a row.
        groups=[(kind, list(group)) for kind, group in groupby(blocks, key=lambda block: type(block).__name__)],
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_hash=digest,
    )


def _shown(value: Value) -> str:
    """A value as people read it: 12,345 and 0.8123."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e15 else f"{value:,.4g}"


def _number(value: Value) -> str:
    """A value as the script sorts it; empty where there is none."""
    try:
        return repr(float(value)) if isinstance(value, int | float) and math.isfinite(value) else ""
    except OverflowError:  # an integer of more than 308 digits
        return ""


def _data_uri(data: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
