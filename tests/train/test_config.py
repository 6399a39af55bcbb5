from pathlib import Path

import pytest

from shipedge.errors import ConfigError
from shipedge_train.config import Config, from_dict, read_config, to_dict

CONFIGS = sorted((Path(__file__).parents[2] / "python" / "shipedge_train" / "configs").glob("*.toml"))


def write(tmp_path, text):
    path = tmp_path / "c.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.name)
def test_shipped_configs_are_valid(path):
    assert read_config(path).model.widths


def test_unknown_key_lists_the_known_ones(tmp_path):
    with pytest.raises(ConfigError, match=r"unknown key train\.learning_rte; known are .*train\.learning_rate"):
        read_config(write(tmp_path, "[train]\nlearning_rte = 1e-3\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[train]\nsteps = 1.5", "train.steps is 1.5, expected int"),
        ("[train]\nseed = true", "train.seed is True, expected int"),
        ("[augment]\nflips = 1", "augment.flips is 1, expected bool"),
        ("[model]\nwidths = [8, 0]", "expected a list of positive whole numbers"),
        ("[data]\ncrop = 100", "data.crop is 100, expected a multiple of 64"),
        ("[data]\nship_share = 0.8\nempty_share = 0.3", "data.empty_share is 0.3"),
        ("[augment]\nblur = 2.0", "augment.blur is 2.0, expected a probability"),
        ("train = 3", "train is 3, expected a table"),
        ("[train", "is not TOML"),
    ],
)
def test_bad_values_are_one_sentence(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message.replace("[", r"\[")):
        read_config(write(tmp_path, text))


def test_whole_number_stands_for_a_float(tmp_path):
    assert read_config(write(tmp_path, "[data]\ncache_gb = 0")).data.cache_gb == 0.0


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the configuration"):
        read_config(tmp_path / "none.toml")


def test_resolved_config_reads_back():
    assert from_dict(to_dict(Config()), "here") == Config()
