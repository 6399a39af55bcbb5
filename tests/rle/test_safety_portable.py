"""The portable kernels stand the tests of the fast ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
KEY_TESTS = ["test_codec.py", "test_strict.py", "test_rows.py", "test_safety_arrays.py", "test_safety_peers.py"]


def with_portable_kernels(*command):
    environment = {**os.environ, "SHIPEDGE_FORCE_PORTABLE": "1"}
    done = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.slow
def test_key_tests_with_portable_kernels():
    assert with_portable_kernels("-c", "from shipedge import _core; print(_core.kernels)") == "portable\n"
    options = ["-q", "-p", "no:cacheprovider", "-m", "not shared", "--rootdir", str(HERE.parents[1])]
    assert " passed" in with_portable_kernels("-m", "pytest", *options, *(str(HERE / name) for name in KEY_TESTS))
