"""The commands, as far as they go without training: help, and mistakes that must be found before Keras loads."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from shipedge.errors import ConfigError
from shipedge_train.cli.convert import convert
from shipedge_train.cli.options import CONFIGS, find_config
from shipedge_train.cli.progress import steps
from shipedge_train.cli.train import TASKS, train
from shipedge_train.config import read_config


@pytest.mark.parametrize("command", [train, convert])
def test_help_has_examples(command):
    result = CliRunner().invoke(command, ["--help"])
    assert result.exit_code == 0
    assert "Examples:\n    shipedge " in result.output


def test_bad_configuration_is_found_first(tmp_path):
    (tmp_path / "c.toml").write_text("[trian]\n")
    result = CliRunner().invoke(train, ["detector", "--data", "none", "--config", str(tmp_path / "c.toml")])
    assert isinstance(result.exception, ConfigError)
    assert "unknown key trian; known are model, data, augment, train" in str(result.exception)


def test_commands_load_without_keras():
    modules = "train, shipedge_train.cli.convert, shipedge_train.cli.crossval"
    code = f"import sys, shipedge_train.cli.{modules}; print({{'keras', 'tensorflow', 'cv2'}} & set(sys.modules))"
    path = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=path)
    assert done.stdout.strip() == "set()"


def test_the_command_knows_every_task():
    from shipedge_train import tasks

    assert tuple(tasks.TASKS) == TASKS


def test_configurations_are_found_by_name_and_by_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in CONFIGS.glob("*.toml"):
        assert find_config(path.stem) == path
        read_config(path)
    (tmp_path / "cascade").mkdir()  # a run folder of that name
    assert find_config("cascade") == CONFIGS / "cascade.toml"
    assert find_config("own/cascade.toml") == Path("own/cascade.toml")
    (tmp_path / "refiner").write_text("")
    assert find_config("refiner") == Path("refiner")
    with pytest.raises(ConfigError, match=r"no configuration casade: expected a TOML file, or one of .*cascade.*"):
        find_config("casade")


def test_bar_takes_exactly_one_epoch():
    batches = iter(range(10))
    assert list(steps(batches, 4, "epoch 1")) == [0, 1, 2, 3]
    assert next(batches) == 4


def test_real_processes_say_nothing_on_stderr(made_dataset, tmp_path):
    (tmp_path / "c.toml").write_text(
        "[model]\nwidths = [4, 4, 6, 6, 8, 8]\n[data]\ncrop = 64\nbatch = 2\nvalidation_share = 0.4\n"
        "validation_images = 2\n[train]\nepochs = 1\nsteps = 2\n"
    )
    for command in (
        ["train", "cascade", "--data", str(made_dataset), "--config", "c.toml", "--out", "run"],
        ["convert", "run", "--out", "bundle", "--window", "192"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "shipedge", *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "KERAS_BACKEND": "tensorflow", "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="SIGHUP is POSIX")
def test_a_connection_that_breaks_ends_training_with_whole_files(made_dataset, tmp_path):
    (tmp_path / "c.toml").write_text(
        "[model]\nwidths = [4, 4, 6, 6, 8]\n[data]\ncrop = 64\nbatch = 2\nvalidation_share = 0.4\n"
        "validation_images = 2\n[train]\nloss = 'presence'\nepochs = 1000\nsteps = 2\n"
    )
    command = ["train", "detector", "--data", str(made_dataset), "--config", "c.toml", "--out", "run"]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-m", "shipedge", *command],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        while process.poll() is None and "epoch 1/1000  " not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGHUP)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (128 + signal.SIGHUP, "\nStopped by SIGHUP\n")
    assert {"best.weights.h5", "checkpoint.npz", "config.json", "history.csv"} <= {
        path.name for path in (tmp_path / "run").iterdir()
    }
    assert not [path for path in (tmp_path / "run").rglob("*") if path.name.startswith(".") or path.suffix == ".tmp"]
