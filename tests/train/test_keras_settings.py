"""Settings that earlier projects left behind change nothing, or are named in one sentence."""

import json
import os
import subprocess
import sys

import pytest

LOAD = """
from shipedge_train.keras_settings import load_keras
load_keras()
import keras
print(keras.backend.backend(), keras.config.image_data_format(), keras.config.floatx(), keras.config.epsilon())
"""


def python(code, home, **variables):
    """Run code in a process whose home folder and Keras variables are the test's own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KERAS_")}
    environment = {**inherited, "HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**environment, **variables}
    )


@pytest.mark.parametrize(
    "left",
    [
        json.dumps({"image_data_format": "channels_first", "floatx": "float16", "epsilon": 0.1, "backend": "jax"}),
        json.dumps({"floatx": "float12", "backend": "nonsense"}),
        "[1]",
    ],
)
def test_settings_file_is_not_read(tmp_path, left):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(left)
    done = python(LOAD, tmp_path, KERAS_BACKEND="")  # empty is not set
    assert (done.returncode, done.stdout) == (0, "tensorflow channels_last float32 1e-07\n"), done.stderr
    assert (tmp_path / ".keras" / "keras.json").read_text() == left


def test_nothing_is_written_into_the_home_folder(tmp_path):
    assert python(LOAD, tmp_path).returncode == 0
    assert not (tmp_path / ".keras").exists()


@pytest.mark.parametrize(
    ("backend", "sentence"),
    [
        ("nonsense", "KERAS_BACKEND is 'nonsense', expected tensorflow, jax or torch"),
        ("numpy", "KERAS_BACKEND is 'numpy', expected tensorflow, jax or torch"),
        ("jax", "KERAS_BACKEND is jax, which cannot be imported (import of jax halted; None in sys.modules): "
         "pip install jax, or unset KERAS_BACKEND to use TensorFlow"),
    ],
)  # fmt: skip
def test_a_backend_that_is_not_there_is_named(tmp_path, backend, sentence):
    (tmp_path / "c.toml").write_text("")
    absent = "import sys; sys.modules['jax'] = None\n"
    command = ["train", "detector", "--data", "none", "--config", str(tmp_path / "c.toml")]
    done = python(f"{absent}from shipedge.cli import main\nmain({command})", tmp_path, KERAS_BACKEND=backend)
    assert (done.returncode, done.stderr) == (1, f"Error: {sentence}\n")
