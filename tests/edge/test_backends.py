import dataclasses

import numpy as np
import pytest

from shipedge.backends import default_threads, open_model
from shipedge.backends.cpu import LADDER
from shipedge.bundle import load_bundle
from shipedge.errors import BackendError

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")


@pytest.fixture
def detector(toy_bundle_dir):
    return load_bundle(toy_bundle_dir).detector


def edit(file, **changes):
    return dataclasses.replace(file, **changes)


def test_runs_and_returns_a_copy_of_its_own(detector, sea):
    model = open_model(detector, 1)
    bright = model(sea(768, 768, (64, 32, 96, 64)))
    assert bright.shape == (24, 24)
    assert bright.dtype == np.uint8
    assert [tuple(cell) for cell in np.argwhere(bright >= 128)] == [(1, 2)]
    before = bright.copy()
    assert model(sea(768, 768)).max() < 128  # would raise, or change `bright`, if it were a view into the runtime
    assert np.array_equal(bright, before)


def test_float16_agrees_with_int8(make_bundle, sea):
    pixels = sea(384, 384, (10, 20, 60, 50))
    masks = []
    for quantize in ("int8", "float16"):
        model = open_model(load_bundle(make_bundle(quantize, quantize)).segmenter, 2)
        masks.append(model(pixels))
    assert masks[1].dtype == np.uint8
    assert np.array_equal(masks[0] >= 128, masks[1] >= 128)
    assert (masks[0] >= 128).sum() == 50 * 30


def test_float_probability_one_stays_255(make_bundle, sea):
    model = open_model(load_bundle(make_bundle("float16")).detector, 1)
    assert model(sea(768, 768, (0, 0, 768, 768))).min() == 255


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input": (1, 384, 384, 3)}, r"input shape \(1, 768, 768, 3\), but the manifest says \(1, 384, 384, 3\)"),
        ({"output": (1, 12, 12, 1)}, r"output shape"),
        ({"quantize": "none"}, r"input is uint8, but the manifest says none \(float32\)"),
    ],
)
def test_model_that_is_not_what_the_manifest_says(detector, changes, message):
    with pytest.raises(BackendError, match=message):
        open_model(edit(detector, **changes), 1)


class FakeInterpreter:
    """The part of a runtime that `Model` uses, with details to choose."""

    def __init__(self, quantization=(1.0, 0), fails=False, inputs=1):
        detail = {"index": 0, "shape": np.array([1, 96, 96, 3]), "dtype": np.uint8, "quantization": quantization}
        self.inputs = [detail] * inputs
        self.outputs = [{"index": 1, "shape": np.array([1, 3, 3, 1]), "dtype": np.uint8, "quantization": (1 / 256, 0)}]
        self.fails = fails

    def allocate_tensors(self):
        pass

    def get_input_details(self):
        return self.inputs

    def get_output_details(self):
        return self.outputs

    def set_tensor(self, index, value):
        pass

    def invoke(self):
        if self.fails:
            raise RuntimeError("delegate lost")

    def get_tensor(self, index):
        return np.zeros((1, 3, 3, 1), np.uint8)


@pytest.fixture
def small(detector):
    return edit(detector, input=(1, 96, 96, 3), output=(1, 3, 3, 1), trusted=True)


@pytest.mark.parametrize("quantization", [(0.5, 0), (1.0, 3), (0.0, 0)])
def test_input_that_does_not_take_raw_pixels_is_refused(small, quantization):
    with pytest.raises(BackendError, match="expected scale 1, zero point 0"):
        open_model(small, 1, {"fake": lambda content, threads: FakeInterpreter(quantization)})


def test_two_inputs_are_refused(small):
    with pytest.raises(BackendError, match="has 2 inputs, expected one"):
        open_model(small, 1, {"fake": lambda content, threads: FakeInterpreter(inputs=2)})


def test_failure_while_running_is_a_backend_error(small):
    model = open_model(small, 1, {"fake": lambda content, threads: FakeInterpreter(fails=True)})
    with pytest.raises(BackendError, match="the model failed on fake: delegate lost"):
        model(np.zeros((96, 96, 3), np.uint8))


def test_ladder_goes_on_after_a_missing_and_a_broken_runtime(small):
    def missing(content, threads):
        raise ModuleNotFoundError("no module")

    def broken(content, threads):
        raise AttributeError("_ARRAY_API not found")

    asked = []

    def works(content, threads):
        asked.append((content, threads))
        return FakeInterpreter()

    assert open_model(small, 3, {"missing": missing, "broken": broken, "works": works}).backend == "works"
    assert asked == [(small.content, 3)]
    with pytest.raises(BackendError, match=r"no runtime can run detector\.tflite \(broken: _ARRAY_API not found\)"):
        open_model(small, 1, {"missing": missing, "broken": broken})
    with pytest.raises(BackendError, match="pip install"):
        open_model(small, 1, {"missing": missing})


def test_bytes_that_are_no_model(detector):
    with pytest.raises(BackendError, match="no runtime can run detector"):
        open_model(edit(detector, content=b"not a model at all, but long enough"), 1, {"litert": LADDER["litert"]})


def test_threads(detector):
    assert 1 <= default_threads() <= 4
    with pytest.raises(BackendError, match="threads is 0, expected at least 1"):
        open_model(detector, 0)
