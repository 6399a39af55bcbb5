"""What a training run depends on besides its data: `choices`, read from a TOML file by `reading`.

The resolved configuration is written into the run folder.
"""

from shipedge_train.config.choices import (
    AugmentConfig,
    Config,
    DataConfig,
    ModelConfig,
    Stage,
    TrainConfig,
)
from shipedge_train.config.reading import from_dict, read_config, to_dict

__all__ = [
    "AugmentConfig",
    "Config",
    "DataConfig",
    "ModelConfig",
    "Stage",
    "TrainConfig",
    "from_dict",
    "read_config",
    "to_dict",
]
