"""What aarch64 says is what this machine says: `make test-aarch64` runs this with an emulated Python."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import shipedge

PYTHON = os.environ.get("SHIPEDGE_AARCH64")
if not PYTHON:
    pytest.skip("needs an emulated Python: make test-aarch64", allow_module_level=True)

SAMPLES = Path(shipedge.__file__).parent / "samples"
ANSWERS = """
import sys
from pathlib import Path
import numpy as np
from shipedge.backends.cpu import open_model
from shipedge.bundle import default_bundle
from shipedge.images import decode_image

images = [decode_image(path.read_bytes(), path.name) for path in sorted(Path(sys.argv[1]).glob("*.jpg"))]
random = np.random.default_rng(0)
answers = {}
for file in default_bundle().variant("int8"):
    model, (_, height, width, _) = open_model(file, 1), file.input
    inputs = [image[200:, 200:][:height, :width] for image in images if min(image.shape[:2]) >= 200 + height]
    inputs += [random.integers(0, 256, (height, width, 3), np.uint8) for _ in range(4)]
    inputs += [np.full((height, width, 3), value, np.uint8) for value in (0, 255)]
    answers[file.name] = np.stack([model(np.ascontiguousarray(pixels)) for pixels in inputs])
np.savez(sys.argv[2], **answers)
"""


def run(python, *arguments, **environment):
    done = subprocess.run(
        [python, *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def frames(python, out):
    run(python, "-m", "shipedge", "predict", str(SAMPLES), "--device", "cpu", "--out", str(out))
    events = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    return [event for event in events if event["event"] == "frame"]


def test_the_ships_are_the_same(tmp_path):
    ours, theirs = frames(sys.executable, tmp_path / "ours"), frames(PYTHON, tmp_path / "theirs")
    for frame in (*ours, *theirs):
        del frame["timings_ms"]
    assert sum(len(frame["ships"]) for frame in ours) > 20
    assert theirs == ours


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    path = tmp_path_factory.mktemp("answers") / "ours.npz"
    run(sys.executable, "-c", ANSWERS, str(SAMPLES), str(path))
    with np.load(path) as answers:
        return dict(answers)


# XNNPACK has other kernels for each: without dot products (Raspberry Pi 4), with them (Raspberry Pi 5), and with
# products of matrices.
@pytest.mark.parametrize("cpu", ["cortex-a72", "cortex-a76", "max"])
def test_every_int8_network_says_the_same_to_the_bit(ours, cpu, tmp_path):
    path = tmp_path / "theirs.npz"
    run(PYTHON, "-c", ANSWERS, str(SAMPLES), str(path), QEMU_CPU=cpu)
    with np.load(path) as theirs:
        assert set(theirs) == set(ours)
        differing = {name: int((theirs[name] != ours[name]).sum()) for name in ours}
    assert differing == dict.fromkeys(ours, 0)
    assert all(len(np.unique(answer)) > 10 for answer in ours.values())
