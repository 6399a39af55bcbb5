"""Tiny runs: a few steps on six made images."""

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from shipedge.errors import ConfigError, ShipedgeError
from shipedge_train.config import Stage
from shipedge_train.dataset import read_dataset
from shipedge_train.loader import Loader
from shipedge_train.losses import LOSSES
from shipedge_train.progress import Console, quietly
from shipedge_train.runs.checkpoint import load_best
from shipedge_train.runs.folder import read_run
from shipedge_train.tasks import TASKS, build
from shipedge_train.tasks.detector import Detector
from shipedge_train.tasks.scenes import HARDEST
from shipedge_train.training.model import build_trainable
from shipedge_train.training.run import train

# Keras 3.15 on NumPy 2.4.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def history(folder):
    with (folder / "history.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "minutes"} for row in csv.DictReader(file)]


@pytest.mark.parametrize("kind", ["segmenter", "detector"])
def test_a_run_leaves_everything_that_explains_it(finished, tiny_config, kind):
    folder, lines = finished[kind]
    assert sorted(p.name for p in folder.iterdir()) == [
        "best.weights.h5", "checkpoint.npz", "config.json", "history.csv", "tensorboard",
    ]  # fmt: skip
    assert [p for p in (folder / "tensorboard").iterdir() if p.stat().st_size > 100]
    assert [row["epoch"] for row in history(folder)] == ["1", "2"]
    run = read_run(folder)
    assert (run.task, run.config) == (kind, tiny_config(kind))
    assert {"keras", "numpy", "python", "backend"} <= set(run.versions)
    assert run.data["images"] == 6
    assert len(lines) == 4


def test_resume_goes_on_with_the_same_numbers(made_dataset, finished, tiny_config, tmp_path):
    calls = []

    def stop_in_the_second_epoch(batches, count, label):
        calls.append(label)
        for step in range(count):
            if len(calls) == 2 and step == 2:
                raise KeyboardInterrupt
            yield next(batches)

    def run(progress=quietly, **options):
        console = Console(lambda _: None, progress)
        return train("segmenter", made_dataset, tiny_config("segmenter"), tmp_path, **options, console=console)

    with pytest.raises(KeyboardInterrupt):
        run(progress=stop_in_the_second_epoch)
    assert len(history(tmp_path)) == 1
    run(resume=True)
    for one, two in zip(history(finished["segmenter"][0]), history(tmp_path), strict=True):
        assert {k: float(v) for k, v in two.items()} == pytest.approx({k: float(v) for k, v in one.items()}, abs=2e-3)


def test_a_run_is_never_overwritten_or_mixed_up(made_dataset, finished, tiny_config, tmp_path):
    folder = shutil.copytree(finished["detector"][0], tmp_path / "run")
    before = (folder / "config.json").read_bytes()
    with pytest.raises(ConfigError, match="already holds a run"):
        train("detector", made_dataset, tiny_config("detector"), folder)
    with pytest.raises(ConfigError, match="is a run of the detector, not of the segmenter"):
        train("segmenter", made_dataset, tiny_config("segmenter"), folder, resume=True)
    with pytest.raises(ConfigError, match="started with another configuration"):
        train("detector", made_dataset, tiny_config("detector", 7), folder, resume=True)
    (folder / "checkpoint.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(ConfigError, match=r"checkpoint\.npz is damaged"):
        train("detector", made_dataset, tiny_config("detector"), folder, resume=True)
    assert (folder / "config.json").read_bytes() == before


def test_resume_of_nothing(made_dataset, tiny_config, tmp_path):
    with pytest.raises(ConfigError, match=r"is not a run folder: it has no config\.json"):
        train("detector", made_dataset, tiny_config("detector"), tmp_path / "none", resume=True)


def test_time_budget_ends_the_run(made_dataset, tiny_config, tmp_path):
    config = tiny_config("detector", 50)
    folder = train("detector", made_dataset, config, tmp_path, max_minutes=1e-4, console=Console(lambda _: None))
    assert len(history(folder)) == 1
    assert (folder / "best.weights.h5").exists()


def test_loss_that_is_no_number_stops_the_run(made_dataset, tiny_config, tmp_path, monkeypatch):
    monkeypatch.setitem(LOSSES, "bad", lambda y_true, y_pred: LOSSES["bce"](y_true, y_pred) * np.nan)
    with pytest.raises(ShipedgeError, match=r"the loss became nan in epoch 1: lower train\.learning_rate"):
        train("detector", made_dataset, tiny_config("detector", loss="bad"), tmp_path, console=Console(lambda _: None))


def test_unknown_loss_is_named(made_dataset, tiny_config, tmp_path):
    with pytest.raises(ConfigError, match=r"train\.loss is 'dise'; known are bce, dice"):
        train("segmenter", made_dataset, tiny_config("segmenter", loss="dise"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_segmenter_learns_bright_rectangles(made_dataset, tiny_config, tmp_path):
    config = tiny_config("segmenter", 1, steps=80, learning_rate=0.02, warmup=5, ema=0.9)
    config = replace(config, data=replace(config.data, batch=4, crop=128))
    folder = train("segmenter", made_dataset, config, tmp_path, console=Console(lambda _: None))
    assert float(history(folder)[0]["dice_ships"]) > 0.5


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_train_too(made_dataset, tmp_path, backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    toml = tmp_path / "c.toml"
    toml.write_text(
        "[model]\nwidths = [4, 4, 6, 6, 8, 8]\n[data]\ncrop = 64\nbatch = 2\nvalidation_share = 0.4\n"
        "validation_images = 2\n[train]\nepochs = 1\nsteps = 2\n"
    )
    command = [sys.executable, "-m", "shipedge", "train", "segmenter", "--data", str(made_dataset)]
    subprocess.run(
        [*command, "--config", str(toml), "--out", str(tmp_path / "run")],
        check=True,
        capture_output=True,
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert json.loads(Path(tmp_path / "run" / "config.json").read_text())["versions"]["backend"] == backend


def staged(config, *stages, **changes):
    epochs = sum(stage.epochs for stage in stages)
    return replace(config, train=replace(config.train, stages=stages, epochs=epochs, **changes))


def test_crops_grow_and_a_second_dataset_follows(made_dataset, tiny_config, tmp_path):
    second = shutil.copytree(made_dataset, tmp_path / "second")
    (second / "images" / "f.jpg").unlink()
    rows = (second / "ships.csv").read_text().splitlines(keepends=True)
    (second / "ships.csv").write_text("".join(row for row in rows if not row.startswith("f.jpg")))
    stages = (Stage(1), Stage(1, crop=128, batch=1), Stage(1, data=str(second), learning_rate=1e-5))
    config, lines = staged(tiny_config("segmenter"), *stages), []
    train("segmenter", made_dataset, config, tmp_path / "run", console=Console(lines.append))
    assert [row["epoch"] for row in history(tmp_path / "run")] == ["1", "2", "3"]
    assert sum("images to learn from" in line for line in lines) == 2
    assert float(history(tmp_path / "run")[2]["learning_rate"]) <= 1e-5
    assert read_run(tmp_path / "run").data["images"] == 5  # conversion calibrates on what was trained on last


def test_a_stage_may_leave_out_images_without_ships(made_dataset, tiny_config, tmp_path, monkeypatch):
    seen = []
    made = Loader.__init__

    def noted(self, images, *args, **extra):
        seen.append([bool(image.ships) for image in images])
        made(self, images, *args, **extra)

    monkeypatch.setattr(Loader, "__init__", noted)
    config = staged(tiny_config("segmenter", steps=2), Stage(1, ships_only=True), Stage(1), hard_empty=2)
    train("segmenter", made_dataset, config, tmp_path / "run")
    assert [all(ships) for ships in seen] == [True, False]
    assert sum(seen[0]) == sum(seen[1])


def test_a_killed_run_of_several_phases_ends_like_one_that_was_not(made_dataset, tiny_config, tmp_path):
    second = str(made_dataset / "images" / "..")  # the same images under another name
    config = staged(tiny_config("segmenter"), Stage(1), Stage(2, data=second))
    calls = []

    def killed(batches, count, label):
        calls.append(label)
        for step in range(count):
            if len(calls) == 3 and step == 1:
                raise KeyboardInterrupt
            yield next(batches)

    quiet = {"console": Console(lambda _: None)}
    whole = train("segmenter", made_dataset, config, tmp_path / "whole", **quiet)
    with pytest.raises(KeyboardInterrupt):
        train("segmenter", made_dataset, config, tmp_path / "killed", console=Console(lambda _: None, killed))
    resumed = train("segmenter", made_dataset, config, tmp_path / "killed", resume=True, **quiet)
    for one, two in zip(history(whole), history(resumed), strict=True):
        assert {k: float(v) for k, v in two.items()} == pytest.approx({k: float(v) for k, v in one.items()}, abs=2e-3)


def test_a_run_that_gets_no_better_stops(made_dataset, tiny_config, tmp_path, monkeypatch):
    scores = iter([0.5, 0.6, 0.6, 0.55, 0.9])
    monkeypatch.setattr(Detector, "score", lambda *_: {"score": next(scores)})
    lines = []
    config = tiny_config("detector", 5, patience=2, steps=1)
    folder = train("detector", made_dataset, config, tmp_path / "run", console=Console(lines.append))
    assert [row["score"] for row in history(folder)] == ["0.5", "0.6", "0.6", "0.55"]
    assert lines[-1] == "no better score for 2 epochs: stopped"
    train("detector", made_dataset, config, folder, resume=True, console=Console(lines.append))
    assert len(history(folder)) == 4


def test_hard_images_without_ships_are_drawn_more_often(made_dataset, tiny_config, tmp_path, monkeypatch):
    """They are looked at in turn, weigh what the network sees in them, and a resumed run still knows them."""
    weighed = []
    weigh = Loader.weigh
    monkeypatch.setattr(Loader, "weigh", lambda self, w: (weighed.append(dict(w)), weigh(self, w))[1])
    config = tiny_config("detector", 3, hard_empty=1)
    run = {"console": Console(lambda _: None)}
    whole = train("detector", made_dataset, config, tmp_path / "whole", **run)
    told = [weights for weights in weighed if weights]
    assert all(1 <= value <= HARDEST for weights in told for value in weights.values())
    assert set(told[-1]) <= {p.path.name for p in read_dataset(made_dataset) if not p.ships}

    def killed(batches, count, label):
        if label == "epoch 3/3":
            raise KeyboardInterrupt
        for _ in range(count):
            yield next(batches)

    with pytest.raises(KeyboardInterrupt):
        train("detector", made_dataset, config, tmp_path / "killed", console=Console(lambda _: None, killed))
    weighed.clear()
    resumed = train("detector", made_dataset, config, tmp_path / "killed", resume=True, **run)
    assert [w for w in weighed if w] == [pytest.approx(told[-1], abs=1e-3)]
    for one, two in zip(history(whole), history(resumed), strict=True):
        assert {k: float(v) for k, v in two.items()} == pytest.approx({k: float(v) for k, v in one.items()}, abs=2e-3)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_16_bits_keep_float32_weights_and_answers(made_dataset, tiny_config, tmp_path, precision):
    config = tiny_config("segmenter", 1, precision=precision)
    model = build_trainable(TASKS["segmenter"], config)
    assert {layer.compute_dtype for layer in model.layers} >= {precision, "float32"}
    # The gradients of float16 vanish unless the loss is scaled.
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) is (precision == "float16")
    assert model.output.dtype == "float32"
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}
    folder = train("segmenter", made_dataset, config, tmp_path / "run", console=Console(lambda _: None))
    longer = replace(config, train=replace(config.train, epochs=2))
    (folder / "config.json").write_text((folder / "config.json").read_text().replace('"epochs": 1', '"epochs": 2'))
    train("segmenter", made_dataset, longer, folder, resume=True, console=Console(lambda _: None))
    assert len(history(folder)) == 2
    plain = build(TASKS["segmenter"], config)  # as conversion builds it
    load_best(plain, read_run(folder))
    assert {layer.compute_dtype for layer in plain.layers} == {"float32"}
    pixels = np.full((1, 64, 64, 3), 90, np.uint8)
    load_best(model, read_run(folder))
    np.testing.assert_allclose(model.predict_on_batch(pixels), plain.predict_on_batch(pixels), atol=0.02)
