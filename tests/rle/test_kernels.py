"""Every tier of kernels stands the tests of the fastest, and one that is not here is refused in words."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shipedge import _core

HERE = Path(__file__).parent
KEY_TESTS = [
    "test_codec.py",
    "test_csv_index.py",
    "test_png.py",
    "test_rows.py",
    "test_safety_arrays.py",
    "test_safety_peers.py",
    "test_strict.py",
]
FOREIGN = "neon" if "sse2" in _core.tiers else "sse2"
HERE_ARE = ", ".join(_core.tiers[:-1]) + " or " * (len(_core.tiers) > 1) + _core.tiers[-1]


def with_kernels(name, *command):
    return subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "SHIPEDGE_KERNELS": name},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_the_fastest_are_chosen_and_the_environment_decides():
    show = ["-c", "from shipedge import _core; print(_core.kernels(), *_core.tiers)"]
    tiers = " ".join(_core.tiers)
    assert with_kernels("", *show).stdout == f"{_core.tiers[-1]} {tiers}\n"
    for name in _core.tiers:
        assert with_kernels(name, *show).stdout == f"{name} {tiers}\n"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("avx", "kernels 'avx' are unknown"),
        ("AVX2\x1b[31m\n", "kernels 'AVX2?[31m?' are unknown"),
        (FOREIGN, f"kernels '{FOREIGN}' do not run on this machine"),
    ],
)
def test_kernels_that_are_not_here_are_one_sentence(name, wrong):
    sentence = f"SHIPEDGE_KERNELS: {wrong}, expected {HERE_ARE}"
    done = with_kernels(name, "-c", "import shipedge.rle")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"ImportError: {sentence}")
    for command in (["rle", "info", "1 2"], ["bench", "rle"]):
        done = with_kernels(name, "-m", "shipedge", *command)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"Error: {sentence}\n")
    with pytest.raises(ValueError, match=r"^kernels 'avx' are unknown, expected "):
        _core.use_kernels("avx")


@pytest.mark.slow
@pytest.mark.parametrize("name", _core.tiers[:-1])
def test_key_tests_with_other_kernels(name):
    options = ["-q", "-p", "no:cacheprovider", "-m", "not shared", "--rootdir", str(HERE.parents[1])]
    done = with_kernels(name, "-m", "pytest", *options, *(str(HERE / test) for test in KEY_TESTS))
    assert done.returncode == 0, f"{done.stdout[-6000:]}{done.stderr[-2000:]}"
    assert " passed" in done.stdout
