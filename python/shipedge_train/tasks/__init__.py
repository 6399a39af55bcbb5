"""What can be trained, one file a task: network, losses, batches, scores, and what conversion makes of it.

`contract` says what every task has. A new one is a file here and a line in `TASKS`; where it makes a model of a bundle
that others do not make, a line in `MODELS` too.
"""

from __future__ import annotations

import keras

from shipedge.errors import ConfigError
from shipedge_train.config import Config
from shipedge_train.tasks.cascade import Cascade
from shipedge_train.tasks.contract import BundleModel, Task
from shipedge_train.tasks.detector import Detector
from shipedge_train.tasks.refiner import Refiner
from shipedge_train.tasks.segmenter import Segmenter

__all__ = ["MODELS", "TASKS", "BundleModel", "Task", "build", "task_named"]

_DETECTOR, _SEGMENTER, _REFINER = Detector(), Segmenter(), Refiner()

TASKS: dict[str, Task] = {task.name: task for task in (_DETECTOR, _SEGMENTER, Cascade(), _REFINER)}
MODELS: dict[str, BundleModel] = {model.name: model for model in (_DETECTOR, _SEGMENTER, _REFINER)}
"""The models of a bundle by name, in the order of a cascade."""


def task_named(name: str) -> Task:
    """The task of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in TASKS:
        raise ConfigError(f"there is no task {name!r}; known are {', '.join(TASKS)}")
    return TASKS[name]


def build(task: Task, config: Config, size: int | None = None) -> keras.Model:
    """The network of a configuration, within its parameter budget.

    Raises:
        ConfigError: it has more parameters than the budget allows, or there is no such network.
    """
    network = task.network(config.model, size)
    count, budget = network.count_params(), config.model.max_parameters
    if count > budget:
        raise ConfigError(
            f"this {task.name} has {count:,} parameters, over the budget of {budget:,}: "
            "make model.widths smaller or raise model.max_parameters"
        )
    return network
