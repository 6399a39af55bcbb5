"""The same numbers and promises on the other backends, where they are installed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_all_of_it_holds_there_too(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    tests = [str(HERE / name) for name in ("test_by_hand.py", "test_properties.py")]
    quiet = ["-p", "no:cacheprovider", "-W", "ignore:__array__ implementation:DeprecationWarning"]  # Keras on NumPy 2
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *quiet, *tests],
        cwd=HERE,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
