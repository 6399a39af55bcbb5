"""When the answers of an accelerator and of the CPU are the same."""

import numpy as np
import pytest

from shipedge.backends import agreement, cpu
from shipedge.bundle import default_bundle

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")


def differs(expected, found, threshold=0.5):
    return agreement._difference(np.array(expected), np.array(found), threshold)


def test_answers_that_are_the_same():
    expected = np.random.default_rng(0).integers(0, 256, (2, 100, 100))
    assert differs(expected, expected) == ""
    assert differs(expected, np.clip(expected + 8, 0, 255)) == ""
    one = expected.copy()
    one[0, 0, :20] = 255 - one[0, 0, :20]  # 20 of 20,000
    assert differs(expected, one) == ""


@pytest.mark.parametrize("wrong", [lambda e: e * 0, lambda e: 255 - e, lambda e: e[::-1], lambda e: e // 2 + 20])
def test_answers_that_are_wrong(wrong):
    expected = np.random.default_rng(0).integers(0, 256, (2, 100, 100))
    assert differs(expected, wrong(expected)).startswith("differs from the CPU in ")


def test_a_small_ship_that_is_missing_is_wrong():
    expected = np.zeros((2, 384, 384), int)
    expected[0, 100:110, 100:120] = 250  # 200 of 294,912 values: fewer than 1 in 1,000
    assert differs(expected, expected * 0) == ("puts 200 of 200 values on the other side of the threshold than the CPU")
    assert differs(expected, expected * 0, None) == ""
    near = np.where(expected == 250, 130, 0)
    assert differs(near, np.maximum(near - 7, 0)) == ""  # on the other side, but it was near


def test_the_sample_asks_something_of_the_models_of_the_package():
    """A rung that always says the same, or says of one window what was asked of another, must not pass."""
    bundle = default_bundle()
    for file, model in zip(bundle.models, cpu.open_models(bundle.models, 1, "litert"), strict=True):
        here, there = (model(window).astype(int) for window in agreement.sample_windows(file))
        assert here.max() - here.min() > 100
        assert (abs(here - there) > 8).mean() > 0.001, file.name
