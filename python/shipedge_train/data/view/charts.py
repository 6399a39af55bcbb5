"""Histograms of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shipedge_train.data.view.numbers import Numbers
from shipedge_train.page import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_CHANNELS = {"red": "#d64541", "green": "#1b9e5a", "blue": "#2f7fd6"}


def charts(numbers: Numbers) -> dict[str, tuple[str, Figure]]:
    """File name -> (caption, figure), of everything that there is to count."""
    drawn = {}
    if len(numbers.per_image):
        drawn["ships-per-image"] = ("Ships of an image", _per_image(numbers.per_image))
    for name, caption, values in (
        ("area", "Area of a ship, pixels", numbers.area),
        ("length", "Length of a ship, pixels", numbers.length),
        ("runs", "Runs of a ship's mask", numbers.runs),
    ):
        if len(values):
            drawn[name] = (caption, _on_log_scale(values, caption))
    if len(numbers.brightness):
        drawn["brightness"] = ("Mean grey value of an image", _brightness(numbers.brightness))
        drawn["color"] = ("Mean red, green and blue of an image", _color(numbers.color))
    return drawn


def _per_image(counts: NDArray[np.int64]) -> Figure:
    figure, axes = new_figure()
    values, found = np.unique(counts, return_counts=True)
    axes.bar(values, found, width=0.8)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylim(bottom=0.7)
    _label(axes, "ships of an image", "images")
    return figure


def _on_log_scale(values: NDArray[np.float64] | NDArray[np.int64], label: str) -> Figure:
    figure, axes = new_figure()
    low, high = max(1.0, float(values.min())), float(values.max())
    axes.hist(np.maximum(values, 1), bins=np.geomspace(low * 0.99, max(high, low) * 1.01, 41).tolist())
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    _label(axes, label.lower(), "ships")
    return figure


def _brightness(values: NDArray[np.float64]) -> Figure:
    figure, axes = new_figure()
    axes.hist(values, bins=np.linspace(0, 255, 52).tolist())
    _label(axes, "mean grey value", "images")
    return figure


def _color(values: NDArray[np.float64]) -> Figure:
    figure, axes = new_figure()
    bins = np.linspace(0, 255, 52).tolist()
    for channel, (name, color) in zip(values.T, _CHANNELS.items(), strict=True):
        axes.hist(channel, bins=bins, histtype="step", color=color, label=name, linewidth=1.6)
    axes.legend(frameon=False)
    _label(axes, "mean value of the channel", "images")
    return figure


def _label(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
