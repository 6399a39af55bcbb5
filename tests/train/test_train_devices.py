"""One run on several devices and hosts, which are made of this machine's CPU: the numbers are those of one device."""

import csv
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from shipedge.errors import ConfigError
from shipedge_train.config import AugmentConfig, DataConfig
from shipedge_train.dataset import read_dataset
from shipedge_train.loader import Loader, PatchLoader, places_of
from shipedge_train.progress import Console
from shipedge_train.runs.folder import read_run
from shipedge_train.training import run as training_run
from shipedge_train.training.hosts import Host, check_one_host, join_hosts, this_host
from shipedge_train.training.run import train

jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
TOML = """
[model]
widths = {widths}
[data]
crop = 64
batch = {batch}
validation_share = 0.4
validation_images = 2
[train]
epochs = 2
steps = 4
warmup = 2
hard_empty = 2
"""


@pytest.mark.parametrize("hosts", [1, 2, 3])
@pytest.mark.parametrize("batch", [3, 8, 12])
def test_every_place_of_a_batch_has_one_host(hosts, batch):
    parts = [places_of(host, hosts, batch) for host in range(hosts)]
    assert [place for part in parts for place in part] == list(range(batch))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("crops_per_image", [1, 4])
@pytest.mark.parametrize("hosts", [2, 3])
def test_hosts_together_load_the_batch_of_one(made_dataset, hosts, crops_per_image):
    images = read_dataset(made_dataset)
    data = DataConfig(crop=64, batch=12, crops_per_image=crops_per_image, workers=1)
    for make in (Loader, PatchLoader):
        whole = make(images, data, AugmentConfig(paste=1.0), 5).batch(3)
        # A loader of its own each, as on a machine of its own.
        parts = [
            next(make(images, data, AugmentConfig(paste=1.0), 5).batches(3, places_of(host, hosts, data.batch)))
            for host in range(hosts)
        ]
        for side in (0, 1):
            np.testing.assert_array_equal(np.concatenate([part[side] for part in parts]), whole[side])


def run(data, out, *more, devices=1, batch=8, task="cascade", hosts=1):
    """Runs the command once per host; their exit codes, standard outputs and standard errors."""
    toml = out.parent / f"{batch}.toml"
    toml.write_text(TOML.format(batch=batch, widths=[4, 4, 6, 8] if task == "refiner" else [4, 4, 6, 6, 8, 8]))
    command = [sys.executable, "-m", "shipedge", "train", task, "--config", str(toml), "--out", str(out), *more]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    running = []
    for host, folder in enumerate(data if isinstance(data, list) else [data] * hosts):
        several = {
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": address,
            "KERAS_DISTRIBUTION_NUM_PROCESSES": str(hosts),
            "KERAS_DISTRIBUTION_PROCESS_ID": str(host),
        }
        environment = os.environ | {
            "KERAS_BACKEND": "jax",
            "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        running.append(
            subprocess.Popen(
                [*command, "--data", str(folder)],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=environment | (several if hosts > 1 else {}),
            )
        )  # fmt: skip
    try:
        ends = [process.communicate(timeout=400) for process in running]
    finally:
        for process in running:
            process.kill()
    return [(process.returncode, *end) for process, end in zip(running, ends, strict=True)]


def history(folder):
    with (folder / "history.csv").open(newline="") as file:
        rows = [{k: float(v) for k, v in row.items() if k != "minutes"} for row in csv.DictReader(file)]
    assert [row["epoch"] for row in rows] == [1, 2]
    return rows


def weights(folder):
    with np.load(folder / "checkpoint.npz") as file:
        return [file[f"model_{i}"] for i in range(sum(name.startswith("model_") for name in file))]


def assert_same_run(one, other):
    for expected, row in zip(history(one), history(other), strict=True):
        assert row == pytest.approx(expected, abs=2e-4)
    # The running means and variances of BatchNormalization are among them.
    for expected, values in zip(weights(one), weights(other), strict=True):
        np.testing.assert_allclose(values, expected, atol=2e-3)


@pytest.fixture(scope="module")
def on_one_device(made_dataset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("one") / "run"
    ((code, _, error),) = run(made_dataset, folder)
    assert code == 0, error[-2000:]
    return folder


@jax
@pytest.mark.slow
def test_four_devices_train_as_one(made_dataset, on_one_device, tmp_path):
    ((code, said, error),) = run(made_dataset, tmp_path / "run", devices=4)
    assert code == 0, error[-2000:]
    assert "every batch is shared by 4 devices" in said
    assert_same_run(on_one_device, tmp_path / "run")


@jax
@pytest.mark.slow
def test_a_run_goes_on_with_another_number_of_devices(made_dataset, on_one_device, tmp_path):
    """Its second epoch is made anew on two devices, from a checkpoint of four."""
    folder = tmp_path / "run"
    ((code, _, error),) = run(made_dataset, folder, "--max-minutes", "1e-6", devices=4)
    assert code == 0, error[-2000:]
    assert len((folder / "history.csv").read_text().splitlines()) == 2  # one step, and time was up
    ((code, said, error),) = run(made_dataset, folder, "--resume", devices=2)
    assert code == 0, error[-2000:]
    assert "every batch is shared by 2 devices" in said
    again = tmp_path / "again"
    ((code, _, error),) = run(made_dataset, again, "--max-minutes", "1e-6")
    assert code == 0, error[-2000:]
    ((code, _, error),) = run(made_dataset, again, "--resume")
    assert code == 0, error[-2000:]
    assert_same_run(again, folder)


@jax
@pytest.mark.slow
def test_two_hosts_train_as_one(made_dataset, on_one_device, tmp_path):
    folder = tmp_path / "run"
    first, second = run(made_dataset, folder, devices=2, hosts=2)
    assert (first[0], second[0]) == (0, 0), first[2][-2000:] + second[2][-2000:]
    assert "every batch is shared by 4 devices of 2 hosts" in first[1]
    assert "epoch" not in second[1]
    assert_same_run(on_one_device, folder)
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


@jax
@pytest.mark.slow
def test_hosts_with_other_files_are_refused(made_dataset, tmp_path):
    """Every host would train on, each on its own images, and nobody would see it."""
    other = shutil.copytree(made_dataset, tmp_path / "other")
    rows = (other / "ships.csv").read_text()
    (other / "ships.csv").write_text(rows.replace("\na.jpg,", "\na.jpg,1 5 ", 1))
    for code, _, error in run([made_dataset, other], tmp_path / "run", hosts=2):
        assert code == 1
        assert "host 1 has another configuration, dataset or split than host 0: start all with the same" in error
        assert "Traceback" not in error
    assert not (tmp_path / "run").exists()


@jax
def test_a_refiner_is_scored_on_three_devices(made_dataset, tmp_path):
    ((code, _, error),) = run(made_dataset, tmp_path / "run", devices=3, batch=6, task="refiner")
    assert code == 0, error[-2000:]
    assert history(tmp_path / "run")[1]["iou"] > 0


@jax
def test_a_batch_that_cannot_be_divided_is_one_sentence(made_dataset, tmp_path):
    ((code, _, error),) = run(made_dataset, tmp_path / "run", devices=2, batch=3)
    assert code == 1
    assert "a batch of 3 crops cannot be divided by 2 devices: set data.batch, or that of the stage, to a mult" in error
    assert "Traceback" not in error


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_batch_that_suits_the_devices_is_decided_once(made_dataset, tiny_config, tmp_path, monkeypatch):
    config = tiny_config("detector", 2)
    config = replace(config, data=replace(config.data, batch=0))
    train("detector", made_dataset, config, tmp_path / "run", max_minutes=1e-4, console=Console(lambda _: None))
    monkeypatch.setattr(training_run, "suited_batch", lambda: 99)
    folder = train("detector", made_dataset, config, tmp_path / "run", resume=True, console=Console(lambda _: None))
    assert read_run(folder).config.data.batch == 8
    assert len(history(folder)) == 2


def test_hosts_need_jax_and_three_variables(monkeypatch):
    join_hosts()
    check_one_host("a test")
    assert this_host() == Host(0, 1)
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    with pytest.raises(ConfigError, match="which train on JAX alone: set KERAS_BACKEND=jax"):
        join_hosts()
    with pytest.raises(ConfigError, match="a test runs on one host: unset KERAS_DISTRIBUTION_NUM_PROCESSES"):
        check_one_host("a test")


@jax
@pytest.mark.parametrize(
    ("address", "count", "number"), [("", "2", "0"), ("here:1", "two", "0"), ("here:1", "2", "2"), ("here:1", "2", "")]
)
def test_variables_of_hosts_are_checked(made_dataset, tmp_path, monkeypatch, address, count, number):
    monkeypatch.setenv("KERAS_DISTRIBUTION_JOB_ADDRESSES", address)
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", count)
    monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", number)
    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    with pytest.raises(ConfigError, match="expected HOST:PORT, a number of hosts and a number below it, got KERAS_"):
        join_hosts()
