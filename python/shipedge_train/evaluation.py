"""Scores of a finished run."""

from __future__ import annotations

from shipedge_train.export.networks import Source, of_run
from shipedge_train.runs.folder import read_run


def evaluate(run: Source, data: Source | None = None) -> dict[str, float]:
    """Score the best weights of a run on what it held back, in float32 as Keras computes.

    The whole cascade, as a device runs it, is scored by `shipedge predict` and `shipedge evaluate`.

    Args:
        run: the run folder.
        data: its dataset, where that has moved.

    Returns:
        The figures of its task, as in history.csv; `score` is the first.

    Raises:
        ConfigError: no run there, no finished epoch, or its dataset is split otherwise now.
        DatasetError: the dataset is gone or bad.
    """
    network = of_run(read_run(run), data)
    return network.task.score(network.whole(), network.split.validation)
