"""Train the networks of shipedge: scenes, data, losses, training, conversion. Never needed on a device.

Everything named in ``__all__`` is public. Names load on first use: ``import shipedge_train`` alone loads neither Keras
nor OpenCV. Set ``KERAS_BACKEND`` before the first use of one that trains; TensorFlow is the default.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipedge_train.config import Config as Config
    from shipedge_train.config import read_config as read_config
    from shipedge_train.crossval import cross_validate as cross_validate
    from shipedge_train.dataset import read_dataset as read_dataset
    from shipedge_train.evaluation import evaluate as evaluate
    from shipedge_train.export import Conversion as Conversion
    from shipedge_train.export import convert as convert
    from shipedge_train.loader import Loader as Loader
    from shipedge_train.losses import LOSSES as LOSSES
    from shipedge_train.progress import Console as Console
    from shipedge_train.synth.dataset import SynthParams as SynthParams
    from shipedge_train.synth.dataset import render_scenes as render_scenes
    from shipedge_train.tasks import TASKS as TASKS
    from shipedge_train.training.run import train as train

_HOMES = {
    "LOSSES": "losses",
    "TASKS": "tasks",
    "Config": "config",
    "Console": "progress",
    "Conversion": "export",
    "Loader": "loader",
    "SynthParams": "synth.dataset",
    "convert": "export",
    "cross_validate": "crossval",
    "evaluate": "evaluation",
    "read_config": "config",
    "read_dataset": "dataset",
    "render_scenes": "synth.dataset",
    "train": "training.run",
}
_WITH_KERAS = {"LOSSES", "TASKS", "Conversion", "convert", "cross_validate", "evaluate", "train"}

__all__ = [
    "LOSSES",
    "TASKS",
    "Config",
    "Console",
    "Conversion",
    "Loader",
    "SynthParams",
    "convert",
    "cross_validate",
    "evaluate",
    "read_config",
    "read_dataset",
    "render_scenes",
    "train",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module the first time it is asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _WITH_KERAS:
        import_module(f"{__name__}.keras_settings").load_keras()
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
