import keras
import numpy as np
import pytest

from shipedge_train.losses import LOSSES, bce_dice, bce_loss, dice_loss, presence


def batch(*values):
    return np.asarray(values, np.float32).reshape(len(values), 2, 2, 1)


def call(loss, y_true, y_pred):
    return keras.ops.convert_to_numpy(loss(y_true, keras.ops.convert_to_tensor(y_pred)))


EMPTY, FULL, MIXED = (batch([v] * 4) if not isinstance(v, list) else batch(v) for v in (0, 1, [1, 0, 0, 1]))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("truth", [EMPTY, FULL, MIXED], ids=["empty", "full", "mixed"])
@pytest.mark.parametrize("prediction", [EMPTY, FULL, MIXED * 0.5], ids=["zeros", "ones", "mixed"])
def test_finite_everywhere_and_one_value_per_image(name, truth, prediction):
    value = call(LOSSES[name], np.repeat(truth, 3, 0), np.repeat(prediction, 3, 0))
    assert value.shape == (3,)
    assert np.isfinite(value).all()


@pytest.mark.parametrize("name", LOSSES)
def test_perfect_is_almost_zero_and_wrong_is_worse(name):
    for truth in (EMPTY, FULL, MIXED):
        assert call(LOSSES[name], truth, truth)[0] == pytest.approx(0, abs=1e-5)
        assert call(LOSSES[name], truth, 1 - truth)[0] > 0.5


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_is_finite(name):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("gradients are taken by TensorFlow here")
    import tensorflow as tf

    for truth in (EMPTY, FULL, MIXED):
        prediction = tf.Variable(np.full((1, 2, 2, 1), 0.3, np.float32))
        with tf.GradientTape() as tape:
            value = LOSSES[name](truth, prediction)
        assert np.isfinite(tape.gradient(value, prediction).numpy()).all()


def test_bce_by_hand():
    assert call(bce_loss, MIXED, batch([0.5] * 4))[0] == pytest.approx(np.log(2), rel=1e-5)


def test_dice_by_hand():
    # overlap 1.0, sums 2 + 2: 1 - (2 + 1) / (4 + 1)
    assert call(dice_loss, MIXED, batch([0.5] * 4))[0] == pytest.approx(0.4, rel=1e-6)


def test_images_do_not_mix():
    truth, prediction = np.concatenate([EMPTY, MIXED]), np.concatenate([EMPTY, MIXED * 0.5])
    apart = [call(bce_dice, truth[i : i + 1], prediction[i : i + 1])[0] for i in range(2)]
    np.testing.assert_allclose(call(bce_dice, truth, prediction), apart, rtol=1e-6)


def test_presence_ignores_grazed_cells():
    truth, one, other = batch([1, 0, 0.5, 0]), batch([0.9, 0.1, 0.1, 0.1]), batch([0.9, 0.1, 0.8, 0.1])
    assert call(presence, truth, one)[0] == pytest.approx(call(presence, truth, other)[0], rel=1e-6)


def test_presence_punishes_the_strongest_false_cell():
    quiet, loud = batch([0.1, 0.1, 0.1, 0.1]), batch([0.1, 0.1, 0.1, 0.9])
    assert call(presence, EMPTY, loud)[0] > call(presence, EMPTY, quiet)[0] + 0.25
