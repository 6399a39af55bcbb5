from pathlib import Path

import pytest

from shipedge.errors import ConfigError
from shipedge_train.config import Config, Stage, TrainConfig, read_config
from shipedge_train.training.schedule import learning_rate, phases

GROWING = (Stage(6, crop=256, batch=8), Stage(3, crop=384, batch=4), Stage(1, crop=768, batch=1))


def config(*stages, **train):
    return Config(train=TrainConfig(epochs=sum(stage.epochs for stage in stages) or 4, stages=stages, **train))


def test_without_stages_all_epochs_are_alike():
    (phase,) = phases(config(learning_rate=3e-3), Path("scenes"))
    assert (phase.data, phase.first, phase.end) == (Path("scenes"), 0, 4)
    assert phase.stage(0.0) == phase.stage(0.99) == Stage(4, 256, 8, "scenes", 3e-3)


@pytest.mark.parametrize(("done", "crop"), [(0.0, 256), (0.59, 256), (0.6, 384), (0.89, 384), (0.9, 768), (1.0, 768)])
def test_crops_grow(done, crop):
    (phase,) = phases(config(*GROWING), Path("scenes"))
    assert phase.stage(done).crop == crop


def test_another_dataset_is_another_phase():
    first, second = phases(config(*GROWING, Stage(5, data="real", learning_rate=1e-4)), Path("scenes"))
    assert (first.data, first.first, first.end) == (Path("scenes"), 0, 10)
    assert (second.data, second.first, second.end) == (Path("real"), 10, 15)
    assert second.stage(0.0) == Stage(5, 256, 8, "real", 1e-4)


def test_a_time_budget_needs_one_dataset():
    assert len(phases(config(*GROWING), Path("scenes"), max_minutes=1.0)) == 1
    with pytest.raises(ConfigError, match="use 2 datasets one after the other"):
        phases(config(*GROWING, Stage(5, data="real")), Path("scenes"), max_minutes=1.0)


def test_learning_rate_warms_up_and_falls():
    assert learning_rate(1.0, 10, 0, 0.0) == pytest.approx(0.1)
    assert learning_rate(1.0, 10, 10, 0.0) == pytest.approx(1.0)
    assert learning_rate(1.0, 10, 100, 0.5) == pytest.approx(0.505)
    assert learning_rate(1.0, 10, 100, 1.5) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs = 3\n[[train.stages]]\nepochs = 2", "train.epochs is 3, but train.stages have 2"),
        ("[[train.stages]]\ncorp = 256", r"unknown key train.stages\[0\].corp; known are"),
        ("epochs = 1\n[[train.stages]]\ncrop = 250", r"train.stages\[0\] is .* expected at least one epoch"),
        ("stages = 3", "train.stages is 3, expected a list of tables"),
        ("stages = [1]", r"train.stages\[0\] is 1, expected a table"),
        ('precision = "int8"', "train.precision is int8, expected auto, float32, bfloat16 or float16"),
    ],
)
def test_bad_stages_are_one_sentence(tmp_path, text, message):
    (tmp_path / "c.toml").write_text(f"[train]\n{text}\n")
    with pytest.raises(ConfigError, match=message):
        read_config(tmp_path / "c.toml")


def test_stages_are_read(tmp_path):
    (tmp_path / "c.toml").write_text(
        "[train]\nepochs = 3\n[[train.stages]]\nepochs = 2\n[[train.stages]]\ndata = 'real'\ncrop = 384\n"
    )
    assert read_config(tmp_path / "c.toml").train.stages == (Stage(2), Stage(1, crop=384, data="real"))
