"""Builds the C++ tests with CMake and runs them, so that one test command covers both languages."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "cpp-tests"


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-8000:]}{done.stderr[-4000:]}"
    return done.stdout


def test_cpp():
    beside_python = shutil.which("cmake", path=str(Path(sys.executable).parent))
    cmake = beside_python or shutil.which("cmake")
    if cmake is None:
        pytest.skip("cmake is not installed")
    options = ["-DSHIPEDGE_TESTS=ON", "-DSHIPEDGE_MODULE=OFF", "-DCMAKE_BUILD_TYPE=Release"]
    run(cmake, "-S", str(ROOT), "-B", str(BUILD), *options)
    run(cmake, "--build", str(BUILD), "--parallel", "2")
    assert "Status: SUCCESS!" in run(str(BUILD / "tests" / "cpp" / "shipedge_tests"), "--no-colors=true")
