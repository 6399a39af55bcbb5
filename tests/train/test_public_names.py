"""What `shipedge_train` offers, and that it costs nothing until it is used."""

import ast
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import shipedge_train
from shipedge_train.runs.history import read_history

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_every_name_is_there_once():
    assert shipedge_train.__all__ == sorted(shipedge_train.__all__, key=lambda name: (not name.isupper(), name))
    assert set(shipedge_train.__all__) == set(shipedge_train._HOMES) >= shipedge_train._WITH_KERAS
    for name in shipedge_train.__all__:
        assert getattr(shipedge_train, name) is not None
        assert name in dir(shipedge_train)
    with pytest.raises(AttributeError, match="no attribute 'boat'"):
        shipedge_train.boat  # noqa: B018


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(shipedge_train.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name: node.module.removeprefix("shipedge_train.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("shipedge_train.")
        for alias in node.names
    }
    assert imported == shipedge_train._HOMES


def test_importing_loads_neither_keras_nor_opencv():
    code = "import sys, shipedge_train; print({'keras', 'tensorflow', 'cv2', 'numpy'} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == "set()"


def test_a_run_is_trained_and_evaluated_on_all_that_it_held_back(made_dataset, tiny_config, tmp_path):
    config = tiny_config("detector", epochs=1)
    config = replace(config, data=replace(config.data, validation_images=96))
    run = shipedge_train.train(
        "detector", made_dataset, config, tmp_path / "run", console=shipedge_train.Console(lambda _: None)
    )
    scores, history = shipedge_train.evaluate(run), read_history(run)
    assert list(scores) == [name for name in history if name in scores]
    assert next(iter(scores)) == "score"
    for name, value in scores.items():
        assert value == pytest.approx(history[name][0], abs=1e-3)
