"""The GPU's rung, for real: `make test-gpu` runs this on software Vulkan, SHIPEDGE_TEST_GPU=1 on any other driver."""

import dataclasses
import json
import os
import signal

import numpy as np
import pytest
from click.testing import CliRunner

from shipedge.bundle import load_bundle
from shipedge.cascade import Cascade
from shipedge.cli import main
from shipedge.errors import BackendError
from shipedge.frame import Frame

if not os.environ.get("SHIPEDGE_TEST_GPU"):
    pytest.skip("needs a Vulkan driver: make test-gpu", allow_module_level=True)


@pytest.fixture
def bundle(two_precisions_dir):
    return load_bundle(two_precisions_dir)


@pytest.fixture
def frames(sea):
    return [Frame(sea(768, 900, (100 + 40 * k, 200, 160 + 40 * k, 230)), f"{k}.png", k) for k in range(4)]


def told(results):
    return [[(ship.bbox, ship.rle.runs.tolist()) for ship in result.ships] for result in results]


def test_it_says_what_the_cpu_says(bundle, frames):
    floats = dataclasses.replace(bundle, models=bundle.variant("float16"), variants={})
    gpu, cpu = Cascade(bundle, device="gpu"), Cascade(floats, device="cpu")
    assert gpu.backend == "gpu"
    results, expected = [gpu(frame) for frame in frames], [cpu(frame) for frame in frames]
    assert told(results) == told(expected)
    for result, other in zip(results, expected, strict=True):
        assert np.abs(result.presence.astype(int) - other.presence).max() <= 2
    noise = np.random.default_rng(0).integers(0, 256, (384, 384, 3), np.uint8)
    assert np.abs(gpu._segmenter(noise).astype(int) - cpu._segmenter(noise)).max() <= 2


def test_auto_takes_it_only_where_it_is_faster_and_remembers(bundle, frames, cache):
    notes = []
    first, second = (Cascade(bundle, report=notes.append) for _ in range(2))
    assert first.backend == second.backend
    assert sum(note.startswith("trying the GPU") for note in notes) == 1
    verdict = json.loads(next((cache / "verdicts").iterdir()).read_bytes())
    assert verdict["right"] is True
    assert (first.backend == "gpu") == (verdict["ms"] < 0.9 * verdict["cpu_ms"])
    assert told(map(first, frames)) == told(map(second, frames))


def test_a_driver_that_dies_in_the_middle_of_a_run(bundle, frames):
    notes = []
    cascade = Cascade(bundle, device="gpu", report=notes.append)
    expected = told(map(Cascade(bundle, device="cpu"), frames))
    results = []
    for frame in frames:
        if frame.index == 2:
            os.kill(cascade._ladder._accelerated.worker._process.pid, signal.SIGILL)
        results.append(cascade(frame))
    assert told(results) == expected
    assert cascade.demoted == ["gpu: crashes with SIGILL"]
    assert notes[-1] == f"gpu: crashes with SIGILL; {cascade.backend} goes on from the same frame"


def test_int8_models_are_not_given_to_it(toy_bundle_dir):
    with pytest.raises(BackendError, match="no float16 files"):
        Cascade(load_bundle(toy_bundle_dir), device="gpu")


def test_doctor_prints_it(two_precisions_dir):
    result = CliRunner().invoke(main, ["doctor", "--device", "gpu", "--json", "--bundle", str(two_precisions_dir)])
    assert result.exit_code == 0, result.output
    rung = json.loads(result.stdout)["ladder"][0]
    assert (rung["rung"], rung["found"], rung["tried"], rung["works"], rung["chosen"]) == (
        "gpu",
        True,
        True,
        True,
        True,
    )
    assert rung["ms"] > 0
    assert rung["cpu_ms"] > 0
