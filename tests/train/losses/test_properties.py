"""What every loss promises, whatever its formula."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from shipedge_train.losses import LOSSES

BEST = {"dice_p_bce": -1.0}
"""What a perfect prediction scores, where it is not 0."""


def image(*rows):
    return np.asarray(rows, np.float32)[None, ..., None]


EMPTY, FULL, MIXED = image([0, 0], [0, 0]), image([1, 1], [1, 1]), image([1, 0], [0, 1])
TRUTHS = pytest.mark.parametrize("truth", [EMPTY, FULL, MIXED], ids=["empty", "full", "mixed"])
PREDICTIONS = pytest.mark.parametrize("prediction", [EMPTY, FULL, MIXED * 0.5], ids=["zeros", "ones", "half"])
EVERY = pytest.mark.parametrize("name", LOSSES)
TYPES = pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])


def as_type(array, kind):
    return keras.ops.cast(keras.ops.convert_to_tensor(array), kind) if kind == "bfloat16" else array.astype(kind)


@EVERY
@TYPES
@TRUTHS
@PREDICTIONS
def test_value_and_slope_are_finite(value, slope, name, truth, prediction, kind):
    truth, prediction = np.repeat(truth, 3, 0).astype(np.uint8), as_type(np.repeat(prediction, 3, 0), kind)
    found = value(LOSSES[name], truth, prediction)
    assert (found.shape, found.dtype) == ((3,), np.float32)
    assert np.isfinite(found).all()
    assert np.isfinite(slope(LOSSES[name], truth, prediction).astype(np.float32)).all()


@EVERY
@TRUTHS
def test_perfect_is_best_and_wrong_is_worse(value, name, truth):
    best = BEST.get(name, 0)
    assert value(LOSSES[name], truth, truth)[0] == pytest.approx(best, abs=2e-5)
    assert value(LOSSES[name], truth, 1 - truth)[0] > best + 0.1


@EVERY
@TRUTHS
def test_every_image_teaches(slope, name, truth):
    """Even an empty one: 78 % of the images are, and a loss of 0 / 0 or a constant there says nothing."""
    prediction = 0.3 + 0.1 * truth
    right = slope(LOSSES[name], truth, prediction) * (1 - 2 * truth)  # positive where it leads to the truth
    assert right.min() >= 0
    assert right.max() > 1e-4


# Not SSIM: of two bad images the worse may look more alike. Not presence: a false cell in a ship image lowers the
# term of the image.
@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"ssim", "unet3plus", "basnet", "presence"}))
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_nearer_is_never_worse(value, name, data):
    truth = data.draw(npst.arrays(np.float32, (1, 6, 6, 1), elements=st.sampled_from([0.0, 1.0])))
    near, far = sorted(data.draw(st.tuples(*[st.floats(0, 1, width=16)] * 2)))
    scores = [value(LOSSES[name], truth, abs(truth - np.float32(step)))[0] for step in (near, far)]
    assert scores[0] <= scores[1] + 1e-4


@EVERY
def test_images_do_not_mix(value, name):
    rng = np.random.default_rng(1)
    truth = np.stack([np.zeros((9, 7, 1)), np.ones((9, 7, 1)), rng.random((9, 7, 1)) > 0.7]).astype(np.float32)
    prediction = rng.random((3, 9, 7, 1), dtype=np.float32)
    apart = [value(LOSSES[name], truth[i : i + 1], prediction[i : i + 1])[0] for i in range(3)]
    np.testing.assert_allclose(value(LOSSES[name], truth, prediction), apart, rtol=1e-5, atol=1e-6)


@EVERY
def test_open_shapes_give_the_same(value, name):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only TensorFlow has shapes that are known when the graph runs")
    import tensorflow as tf

    open_shape = tf.TensorSpec((None, None, None, 1), tf.float32)
    traced = tf.function(LOSSES[name], input_signature=[open_shape, open_shape])
    for height, width in ((2, 2), (12, 5)):
        truth = np.tile(np.float32([1, 0]), height * width)[: 2 * height * width].reshape(2, height, width, 1)
        prediction = truth * 0.5 + 0.2
        np.testing.assert_allclose(traced(truth, prediction), value(LOSSES[name], truth, prediction), rtol=1e-5)
