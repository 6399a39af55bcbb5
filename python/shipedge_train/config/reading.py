"""Choices from TOML and JSON: every unknown key is an error that lists the known ones, every value is checked.

A misspelt key that is silently ignored costs a training run.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import types
import typing
from typing import Any, TypeVar

from shipedge.errors import ConfigError
from shipedge.files.inputs import open_input, read_most
from shipedge_train.config.choices import Config

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")
_LONGEST = 1 << 20  # bytes of a configuration


def read_config(path: str | os.PathLike[str]) -> Config:
    """Read and check a TOML file.

    Raises:
        ConfigError: unreadable, not TOML, unknown key, or a value of the wrong type or out of range.
    """
    try:
        with open_input(path) as file:
            table = tomllib.loads(read_most(file, _LONGEST).decode())
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
        ("model.reduce", config.model.reduce in (1, 2), "1 or 2"),
        ("data.crop", config.data.crop % 64 == 0 and config.data.crop > 0, "a multiple of 64"),
        ("data.batch", config.data.batch >= 0, "at least 0"),
        ("data.workers", config.data.workers >= 0, "at least 0"),
        ("data.rim", config.data.rim >= 0, "at least 0"),
        ("data.crops_per_image", config.data.crops_per_image > 0, "at least 1"),
        ("data.validation_images", config.data.validation_images > 0, "at least 1"),
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
        (
            "train.precision",
            config.train.precision in ("auto", "float32", "bfloat16", "float16"),
            "auto, float32, bfloat16 or float16",
        ),
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
