"""The rung of tflite-runtime; `make test-tflite` runs this in an environment of its own."""

import platform
import sys
from pathlib import Path

import pytest

from shipedge.backends import open_model
from shipedge.backends.cpu import LADDER
from shipedge.bundle import default_bundle, load_bundle
from shipedge.cascade import Cascade
from shipedge.frame import Frame

pytest.importorskip("tflite_runtime", reason="needs tflite-runtime: make test-tflite")
X86 = platform.machine().lower() in ("x86_64", "amd64")


def test_it_runs_the_cascade(toy_bundle_dir, sea):
    cascade = Cascade(load_bundle(toy_bundle_dir))
    result = cascade(Frame(sea(768, 900, (200, 100, 260, 120)), "x"))
    assert cascade.backend == "tflite-runtime"
    assert [ship.bbox for ship in result.ships] == [(200, 100, 260, 120)]


def test_it_takes_float16_where_its_int8_is_slow(two_precisions_dir, sea):
    bundle = load_bundle(two_precisions_dir)
    cascade = Cascade(bundle)
    precision = "float16" if X86 else "int8"
    pixels = sea(768, 768, (200, 100, 260, 120))
    expected = open_model(bundle.variant(precision).detector, 1, {"tflite-runtime": LADDER["tflite-runtime"]})(pixels)
    result = cascade(Frame(pixels, "x"))
    assert [ship.bbox for ship in result.ships] == [(200, 100, 260, 120)]
    assert (result.presence == expected).all()
    assert cascade._detector._integer == (precision == "int8")


def test_it_runs_the_models_of_the_package(sea):
    cascade = Cascade(default_bundle())
    assert cascade.backend == "tflite-runtime"
    assert cascade(Frame(sea(768, 768), "x")).ships == ()


def threads_of_this_process():
    return len(list(Path("/proc/self/task").iterdir()))


@pytest.mark.skipif(not (X86 and sys.platform.startswith("linux")), reason="threads are counted in /proc")
def test_its_threads_which_spin_are_not_started(sea):
    before = threads_of_this_process()
    cascade = Cascade(default_bundle(), 4)
    cascade(Frame(sea(768, 768), "x"))
    assert threads_of_this_process() == before
