"""What suits a device, and what `shipedge doctor --train` says about it."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

pytest.importorskip("keras", reason="needs the extra train")

from shipedge.cli import main
from shipedge.errors import ConfigError
from shipedge_train.cli import probe
from shipedge_train.config import DataConfig
from shipedge_train.loader.batches import endless
from shipedge_train.threads import default_workers
from shipedge_train.training import devices
from shipedge_train.training.devices import Device


@pytest.mark.parametrize(
    ("device", "precision", "batch"),
    [
        (Device("cpu:0"), "float32", 8),
        (Device("gpu:0", "Tesla P100", (6, 0)), "float32", 32),
        (Device("gpu:0", "Tesla T4", (7, 5)), "float16", 32),
        (Device("gpu:0", "A100", (8, 0)), "bfloat16", 32),
        (Device("gpu:0", "H200", (9, 0)), "bfloat16", 32),
        (Device("gpu:0", "a GPU whose backend says nothing"), "float32", 32),
        (Device("tpu:0", "TPU v5"), "bfloat16", 32),
    ],
)
def test_arithmetic_and_batch_suit_the_device(monkeypatch, device, precision, batch):
    monkeypatch.setattr(devices, "accelerators", lambda: [device] if device.kind != "cpu" else [])
    assert (devices.resolved("auto"), devices.suited_batch()) == (precision, batch)
    assert devices.resolved("float32") == "float32"


def test_loader_threads_follow_the_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(3)))
    assert default_workers() == 3
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(128)))
    assert default_workers() == 16


def test_a_loader_needs_the_number_of_crops():
    with pytest.raises(ConfigError, match=r"data\.batch is 0"):
        endless(int, DataConfig(batch=0), 0)
    some = endless(lambda step: step, DataConfig(batch=2), 5)
    assert [next(some) for _ in range(3)] == [5, 6, 7]
    some.close()


@pytest.mark.slow
def test_doctor_times_a_step():
    done = CliRunner().invoke(main, ["doctor", "--train", "--json"])
    report = json.loads(done.stdout)
    assert (done.exit_code, report["ready"]) == (0, True)
    assert report["train"]["backend"] == "tensorflow"
    (step,) = [step for step in report["train"]["steps"] if step["device"] == "cpu:0"]
    assert (step["precision"], step["batch"]) == ("float32", 8)
    assert step["ms"] > 0


def test_doctor_says_why_training_does_not_work(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    done = CliRunner().invoke(main, ["doctor", "--train"])
    assert done.exit_code == 1
    assert "KERAS_BACKEND is 'theano', expected tensorflow, jax or torch" in done.stdout
    assert "shipedge train does not work here" in done.stdout


def test_an_environment_without_keras_is_told_the_extra(tmp_path):
    hidden = "import sys; sys.modules['keras'] = None; from shipedge_train.cli.probe import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == 'keras is not installed (pip install "shipedge[train]")\n'


@pytest.mark.parametrize(
    ("backend", "installed", "says"),
    [
        ("tensorflow", ("tensorflow-cpu",), 'pip uninstall -y tensorflow-cpu && pip install "tensorflow[and-cuda]"'),
        ("jax", ("jax",), 'jax does not use it: pip install "jax[cuda13]"'),
        ("torch", ("torch",), "torch does not use it: pip install --force-reinstall torch"),
        ("tensorflow", ("tensorflow", "tensorflow-cpu"), "spoil each other's files"),
    ],
)
def test_a_gpu_that_is_not_used_is_named(tmp_path, monkeypatch, backend, installed, says):
    monkeypatch.setattr(probe, "_version", lambda name: "1" if name in installed else "")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    (tmp_path / "nvidia0").touch()
    assert says in probe.advice(backend, used=False, dev=tmp_path)
    if len(installed) == 1:
        assert probe.advice(backend, used=True, dev=tmp_path) == ""
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        assert "unset CUDA_VISIBLE_DEVICES" in probe.advice(backend, used=False, dev=tmp_path)


def test_without_a_gpu_there_is_no_advice(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(probe, "_version", lambda name: "1" if name == "tensorflow-cpu" else "")
    assert probe.advice("tensorflow", used=False, dev=tmp_path) == ""
