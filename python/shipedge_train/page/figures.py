"""Charts by matplotlib: objects only, no pyplot state; inline SVG that follows the page's colors, or PNG."""

from __future__ import annotations

import io

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLORS = ("#2f7fd6", "#e07b00", "#1b9e5a", "#c2408f", "#7a68d8")
"""Line and bar colors that are read on white and on black."""


def new_figure(width: float = 6.0, height: float = 3.0) -> tuple[Figure, Axes]:
    """An empty chart of so many inches (100 px of the page each) in the page's style."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.set_prop_cycle(color=list(COLORS))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    return figure, axes


def svg_of(figure: Figure, salt: str) -> str:
    """The figure as an ``<svg>`` element; its black and white become the page's own ink and ground.

    Matplotlib escapes every text in it, so it can stand in a page as it is.

    Args:
        figure: the chart.
        salt: what tells this chart's ids from those of the page's other charts.
    """
    text = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(text, format="svg", metadata=nothing)
    image = text.getvalue()
    return image[image.index("<svg") :].replace("#000000", "currentColor").replace("#ffffff", "var(--card)")


def png_of(figure: Figure) -> bytes:
    """The figure as a PNG file on white."""
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return data.getvalue()
