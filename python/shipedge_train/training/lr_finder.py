"""Which learning rate to begin with: a short run whose rate grows until the loss breaks out (Smith 2017, 3.3)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ShipedgeError
from shipedge.files.atomic import write_atomic
from shipedge_train.config import Config
from shipedge_train.dataset import read_dataset
from shipedge_train.dataset.splits import split_images
from shipedge_train.loader import Batch
from shipedge_train.tasks import Task, task_named
from shipedge_train.training.devices import suited_batch
from shipedge_train.training.hosts import check_one_host
from shipedge_train.training.model import build_trainable

LOW, HIGH = 1e-6, 1.0
SMOOTH = 0.9
BROKEN = 2.0
"""The run ends where the smoothed loss is this many times its lowest value."""


def find_learning_rate(
    task: str, data: str | os.PathLike[str], config: Config, out: str | os.PathLike[str], steps: int = 150
) -> float:
    """Train with rates from 1e-6 to 1, write OUT/learning_rate.csv and .png, and suggest a peak.

    The suggestion is a third of the rate at which the smoothed loss falls fastest per decade before its minimum: AdamW
    with a warm-up stands that rate for a few steps, but not for a run.

    Raises:
        ConfigError, DatasetError: as `train`.
        ShipedgeError: the loss is no number from the start.
    """
    check_one_host("the search for a learning rate")
    chosen = task_named(task)
    keras.utils.set_random_seed(config.train.seed)
    model = build_trainable(chosen, config)
    training = split_images(data, read_dataset(data), config.data).training
    data_config = replace(config.data, batch=config.data.batch or suited_batch())
    batches = chosen.loader(training, replace(config, data=data_config)).batches()
    rates, losses = [], []
    try:
        for rate, loss in _ramp(model, chosen, batches, np.geomspace(LOW, HIGH, steps)):
            rates.append(rate)
            losses.append(loss)
    finally:
        batches.close()
    if len(rates) < 10:
        raise ShipedgeError(
            f"the loss is no number after {len(rates)} steps at a learning rate of {LOW}: check the data"
        )
    smooth = smoothed(np.array(losses))
    best = suggest(np.array(rates), smooth)
    _write(Path(out), np.array(rates), np.array(losses), smooth, best)
    return best


def _ramp(
    model: keras.Model, task: Task, batches: Iterator[Batch], rates: NDArray[np.float64]
) -> Iterator[tuple[float, float]]:
    lowest, mean = np.inf, 0.0
    for step, rate in enumerate(rates):
        images, truth = next(batches)
        model.optimizer.learning_rate = float(rate)
        loss = float(np.asarray(model.train_on_batch(images, task.truth(truth))).reshape(-1)[0])
        mean = SMOOTH * mean + (1 - SMOOTH) * loss
        now = mean / (1 - SMOOTH ** (step + 1))
        if not np.isfinite(loss) or (step > 10 and now > BROKEN * lowest):
            return
        lowest = min(lowest, now)
        yield float(rate), loss


def smoothed(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Exponential mean without its start-up bias: (n,) -> (n,)."""
    mean, found = 0.0, np.empty_like(losses)
    for step, loss in enumerate(losses):
        mean = SMOOTH * mean + (1 - SMOOTH) * loss
        found[step] = mean / (1 - SMOOTH ** (step + 1))
    return found


def suggest(rates: NDArray[np.float64], smooth: NDArray[np.float64]) -> float:
    """A third of the rate of the steepest fall before the minimum: (n,) rates, (n,) smoothed losses."""
    end = max(int(smooth.argmin()), 2)
    slope = np.gradient(smooth[: end + 1], np.log10(rates[: end + 1]))
    first = min(10, end - 2)  # the mean of a few losses says nothing yet
    return float(rates[first + int(slope[first:].argmin())] / 3)


def _write(
    out: Path, rates: NDArray[np.float64], losses: NDArray[np.float64], smooth: NDArray[np.float64], best: float
) -> None:
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    out.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{r:.4g},{loss:.6g},{s:.6g}\n" for r, loss, s in zip(rates, losses, smooth, strict=True))
    write_atomic(out / "learning_rate.csv", f"learning_rate,loss,smoothed\n{rows}".encode())
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xscale="log", xlabel="learning rate", ylabel="loss")
    axes.plot(rates, losses, color="0.8", label="each step")
    axes.plot(rates, smooth, label="smoothed")
    axes.axvline(best, color="tab:red", linestyle="--", label=f"suggested peak {best:.1e}")
    axes.legend()
    FigureCanvasAgg(figure)
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=120)
    write_atomic(out / "learning_rate.png", image.getvalue())
