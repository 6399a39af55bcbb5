"""Training configuration: frozen dataclasses read from TOML, which refuse what they do not know.

A misspelt key that is silently ignored costs a training run, so every unknown key is an error that lists the known
ones, and every value is checked for its type. The resolved configuration is written into the run folder.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from shipedge.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")


@dataclass(frozen=True)
class ModelConfig:
    """Which network: `encoder` "slim" or "efficientnet-lite0", channels per stage, and the budget it must keep."""

    encoder: str = "slim"
    widths: tuple[int, ...] = ()
    max_parameters: int = 1_000_000


@dataclass(frozen=True)
class DataConfig:
    """Crops and batches.

    Attributes:
        crop: side of the training crops, pixels.
        batch: crops per step.
        ship_share: share of crops placed around a ship.
        empty_share: share of crops from pictures without ships; the rest is cut anywhere.
        size_balance: share of the ships drawn as if each size class had as many; 0 draws every ship as often.
        crops_per_picture: crops of one decoded picture in a batch; more saves decoding, less mixes better.
        fold: the fold of splits.csv that is validated on; the others train.
        validation_share: share of the scenes kept for validation where there is no splits.csv.
        validation_pictures: pictures scored after each epoch, at most.
        cache_gb: memory for decoded pictures; 0 decodes every time.
        disk_cache: folder to keep decoded pictures in instead, for data sets larger than memory; "" for none.
        disk_cache_gb: how large that folder may become; 1.8 MB per picture.
        workers: loader threads.
    """

    crop: int = 256
    batch: int = 8
    ship_share: float = 0.6
    empty_share: float = 0.2
    size_balance: float = 0.5
    crops_per_picture: int = 1
    fold: int = 0
    validation_share: float = 0.1
    validation_pictures: int = 96
    cache_gb: float = 6.0
    disk_cache: str = ""
    disk_cache_gb: float = 80.0
    workers: int = 2


@dataclass(frozen=True)
class AugmentConfig:
    """How far samples are varied; 0 switches a part off. Probabilities are per sample.

    Attributes:
        flips: mirror and turn by 90 degrees, all eight ways.
        warp: probability of rotation, scale and shear together.
        rotation: largest angle, degrees.
        scale: largest factor up or down.
        shear: largest angle, degrees.
        shift: largest way aside, as a share of the crop's side.
        paste: probability that a sample without ships gets ships of other pictures.
        fade: probability that the ships of a sample stand out less from the water.
        light: strength of brightness, contrast and gamma; 1 is strong.
        color: strength of hue, saturation and the gains of the channels; 1 is strong.
        gray: probability of a picture without color.
        gradient: probability of uneven light across the crop.
        glint: probability of a patch of sun in the waves.
        haze: probability of a veil of bright grey or thin cloud.
        bleed: probability of color from pixels several times as large, as in pansharpening.
        blur: probability of blur or lost resolution.
        noise: probability of sensor noise.
        jpeg: probability of re-compression.
        cutout: probability of one erased rectangle (picture and mask).
    """

    flips: bool = True
    warp: float = 0.5
    rotation: float = 45.0
    scale: float = 1.5
    shear: float = 8.0
    shift: float = 0.05
    paste: float = 0.2
    fade: float = 0.0
    light: float = 1.0
    color: float = 1.0
    gray: float = 0.05
    gradient: float = 0.3
    glint: float = 0.05
    haze: float = 0.15
    bleed: float = 0.0
    blur: float = 0.3
    noise: float = 0.4
    jpeg: float = 0.3
    cutout: float = 0.1


@dataclass(frozen=True)
class Stage:
    """Some epochs of a run with crops of their own, or on a dataset of their own; 0 and "" mean: as elsewhere.

    Attributes:
        epochs: how many.
        crop: side of the crops, pixels.
        batch: crops per step.
        data: dataset folder; a change of it starts the learning rate and the choice of the best weights anew.
        learning_rate: peak.
    """

    epochs: int = 1
    crop: int = 0
    batch: int = 0
    data: str = ""
    learning_rate: float = 0.0


@dataclass(frozen=True)
class TrainConfig:
    """Optimization.

    Attributes:
        loss: a name in shipedge_train.losses.LOSSES.
        presence_share: weight of the presence grid's loss beside that of the mask, in a cascade.
        epochs: epochs in all; the cosine ends there.
        stages: epochs on growing crops or on another dataset, one after the other; none: all epochs alike.
        patience: stop after so many epochs without a better score; 0 never stops.
        hard_empty: pictures without ships that are looked at after each epoch; those in which the network sees ships
            are drawn up to ten times as often from then on. 0 draws all alike.
        precision: "float32", or "bfloat16" for the arithmetic of GPUs that have it (weights stay float32).
        steps: optimizer steps per epoch.
        learning_rate: peak, after the warm-up.
        warmup: steps of linear warm-up.
        weight_decay: decoupled (AdamW).
        clip_norm: largest gradient norm.
        keep: weights of which epoch: "best" by the score on the validation side, or "last", where that side is to be
            judged and must not choose.
        ema: decay of the averaged weights, which are the ones scored and kept; 0 switches averaging off.
        init_share: share of the weights given by `--init` in those that are scored and kept, for fine-tuning.
        seed: of weights, order and augmentation.
    """

    loss: str = "bce_dice"
    presence_share: float = 0.5
    epochs: int = 20
    stages: tuple[Stage, ...] = ()
    patience: int = 0
    hard_empty: int = 0
    precision: str = "float32"
    steps: int = 400
    learning_rate: float = 2e-3
    warmup: int = 200
    weight_decay: float = 1e-3
    clip_norm: float = 1.0
    keep: str = "best"
    ema: float = 0.998
    init_share: float = 0.0
    seed: int = 1


@dataclass(frozen=True)
class Config:
    """Everything a training run depends on besides the data."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    train: TrainConfig = field(default_factory=TrainConfig)


def read_config(path: str | os.PathLike[str]) -> Config:
    """Read and check a TOML file.

    Raises:
        ConfigError: unreadable, not TOML, unknown key, or a value of the wrong type or out of range.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the configuration {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    return _check(_build(Config, table, "", str(path)), str(path))


def to_dict(config: Config) -> dict[str, Any]:
    """The resolved configuration as nested dicts, ready for JSON."""
    return dataclasses.asdict(config)


def from_dict(table: dict[str, Any], where: str) -> Config:
    """The opposite of `to_dict`, with the same checks as `read_config`."""
    return _check(_build(Config, table, "", where), where)


def _build(kind: type[T], table: Any, prefix: str, where: str) -> T:
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: {prefix.rstrip('.')} is {table!r}, expected a table")
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(table) - set(hints))
    if unknown:
        raise ConfigError(
            f"{where}: unknown key {prefix}{unknown[0]}; known are {', '.join(prefix + k for k in hints)}"
        )
    values: dict[str, Any] = {}
    for name, value in table.items():
        hint = hints[name]
        if dataclasses.is_dataclass(hint):
            values[name] = _build(typing.cast(type, hint), value, f"{prefix}{name}.", where)
        else:
            values[name] = _value(value, hint, f"{prefix}{name}", where)
    return kind(**values)


def _value(value: Any, hint: Any, key: str, where: str) -> Any:
    if isinstance(hint, types.GenericAlias):
        kind = typing.get_args(hint)[0]
        if dataclasses.is_dataclass(kind):
            if not isinstance(value, (list, tuple)):
                raise ConfigError(f"{where}: {key} is {value!r}, expected a list of tables")
            return tuple(_build(typing.cast(type, kind), v, f"{key}[{i}].", where) for i, v in enumerate(value))
        if isinstance(value, (list, tuple)) and all(type(v) is int and v > 0 for v in value):
            return tuple(value)
        raise ConfigError(f"{where}: {key} is {value!r}, expected a list of positive whole numbers")
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise ConfigError(f"{where}: {key} is {value!r}, expected {hint.__name__}")
    return value


def _check(config: Config, where: str) -> Config:
    """Ranges that would only show as a strange failure hours later."""
    rules = [
        ("model.encoder", config.model.encoder in ("slim", "efficientnet-lite0"), "slim or efficientnet-lite0"),
        ("data.crop", config.data.crop % 64 == 0 and config.data.crop > 0, "a multiple of 64"),
        ("data.batch", config.data.batch > 0, "at least 1"),
        ("data.workers", config.data.workers > 0, "at least 1"),
        ("data.crops_per_picture", config.data.crops_per_picture > 0, "at least 1"),
        ("data.validation_pictures", config.data.validation_pictures > 0, "at least 1"),
        ("data.fold", config.data.fold >= 0, "at least 0"),
        ("data.validation_share", 0 < config.data.validation_share < 1, "more than 0 and less than 1"),
        ("data.ship_share", 0 <= config.data.ship_share <= 1, "0 to 1"),
        ("data.empty_share", 0 <= config.data.empty_share <= 1 - config.data.ship_share, "0 to 1 - data.ship_share"),
        ("data.size_balance", 0 <= config.data.size_balance <= 1, "0 to 1"),
        ("augment.rotation", 0 <= config.augment.rotation <= 180, "0 to 180 degrees"),
        ("augment.scale", 1 <= config.augment.scale <= 4, "1 to 4"),
        ("augment.shear", 0 <= config.augment.shear <= 45, "0 to 45 degrees"),
        ("train.presence_share", config.train.presence_share > 0, "more than 0"),
        ("train.epochs", config.train.epochs > 0, "at least 1"),
        ("train.steps", config.train.steps > 0, "at least 1"),
        ("train.learning_rate", config.train.learning_rate > 0, "more than 0"),
        ("train.ema", 0 <= config.train.ema < 1, "at least 0 and less than 1"),
        ("train.init_share", 0 <= config.train.init_share < 1, "at least 0 and less than 1"),
        ("train.keep", config.train.keep in ("best", "last"), "best or last"),
        ("train.seed", config.train.seed >= 0, "at least 0"),
        ("train.patience", config.train.patience >= 0, "at least 0"),
        ("train.hard_empty", config.train.hard_empty >= 0, "at least 0"),
        ("train.precision", config.train.precision in ("float32", "bfloat16"), "float32 or bfloat16"),
    ]
    for key, good, expected in rules:
        if not good:
            section, name = key.split(".")
            raise ConfigError(f"{where}: {key} is {getattr(getattr(config, section), name)}, expected {expected}")
    stages = config.train.stages
    for i, stage in enumerate(stages):
        if stage.epochs < 1 or stage.crop < 0 or stage.crop % 64 or stage.batch < 0 or stage.learning_rate < 0:
            raise ConfigError(
                f"{where}: train.stages[{i}] is {dataclasses.asdict(stage)}, expected at least one epoch, crops of a "
                "multiple of 64 pixels, and nothing below 0"
            )
    if stages and sum(stage.epochs for stage in stages) != config.train.epochs:
        total = sum(stage.epochs for stage in stages)
        raise ConfigError(f"{where}: train.epochs is {config.train.epochs}, but train.stages have {total}")
    for name, value in dataclasses.asdict(config.augment).items():
        if name not in ("flips", "rotation", "scale", "shear", "light", "color") and not 0 <= value <= 1:
            raise ConfigError(f"{where}: augment.{name} is {value}, expected a probability 0 to 1")
    return config
