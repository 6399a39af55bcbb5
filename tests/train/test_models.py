import cv2
import keras
import numpy as np
import pytest

from shipedge.errors import ConfigError
from shipedge_train.config import Config, ModelConfig
from shipedge_train.networks.detector import detector
from shipedge_train.networks.layers import BatchNormalization, DepthToSpace
from shipedge_train.networks.two_scale import from_afar, near_and_far
from shipedge_train.networks.unet import cascade, segmenter
from shipedge_train.tasks import TASKS, build

SMALL = (4, 4, 6, 6, 8, 8)


def test_depth_to_space_order():
    blocks = np.arange(8, dtype=np.float32).reshape(1, 1, 2, 4)
    spread = keras.ops.convert_to_numpy(DepthToSpace()(blocks))
    assert spread.shape == (1, 2, 4, 1)
    assert spread[0, ..., 0].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]


def test_batch_normalization_trains_like_that_of_keras():
    rng = np.random.default_rng(3)
    x = (rng.normal(size=(4, 6, 5, 3)) * [1, 5, 0.1] + [0, 9, -3]).astype(np.float32)
    outputs, weights = [], []
    for layer in (BatchNormalization(momentum=0.9), keras.layers.BatchNormalization(momentum=0.9)):
        layer.build(x.shape)
        layer.set_weights([np.float32(w) for w in ([2, 3, 4], [-1, 0, 1], [0.1, 8, 0], [1, 20, 0.5])])
        outputs += [keras.ops.convert_to_numpy(layer(x, training=True)), keras.ops.convert_to_numpy(layer(x))]
        weights.append(layer.get_weights())
    np.testing.assert_allclose(outputs[0], outputs[2], atol=2e-4)
    np.testing.assert_allclose(outputs[1], outputs[3], atol=2e-4)
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert weights[0][2].tolist() != np.float32([0.1, 8, 0]).tolist(), "the running mean stood still"


@pytest.mark.parametrize("side", [64, 128])
def test_segmenter_is_fully_convolutional(side):
    model = segmenter(widths=SMALL)
    assert model.predict_on_batch(np.zeros((2, side, side, 3), np.uint8)).shape == (2, side, side, 1)


@pytest.mark.parametrize("side", [96, 128])
def test_detector_is_fully_convolutional(side):
    model = detector(widths=SMALL[:5])
    assert model.predict_on_batch(np.zeros((2, side, side, 3), np.uint8)).shape == (2, side // 32, side // 32, 1)


def test_cascade_says_both():
    found = cascade(widths=SMALL).predict_on_batch(np.zeros((2, 128, 128, 3), np.uint8))
    assert {name: value.shape for name, value in found.items()} == {
        "presence": (2, 4, 4, 1),
        "probability": (2, 128, 128, 1),
    }
    with pytest.raises(ConfigError, match="has 5 widths, expected 6 at least"):
        cascade(widths=SMALL[:5])


def test_from_afar_is_the_same_detector_on_the_smaller_image():
    network, _, smaller = network_and_images()
    expected = np.asarray(network.predict_on_batch(smaller)["presence"]).repeat(2, axis=1).repeat(2, axis=2)
    assert np.ptp(expected) > 1e-4  # cells do differ
    np.testing.assert_allclose(from_afar(network, 256, 2).predict_on_batch(smaller), expected, atol=1e-6)


def test_near_and_far_is_the_mean_of_the_logits_at_both_sizes():
    network, pixels, smaller = network_and_images()
    near, far = (np.asarray(network.predict_on_batch(x)["probability"]) for x in (pixels, smaller))
    near, far = np.log(near / (1 - near)), np.log(far / (1 - far))
    far = np.stack([cv2.resize(one[..., 0], (256, 256), interpolation=cv2.INTER_LINEAR)[..., None] for one in far])
    found = np.asarray(near_and_far(network, 256, 2).predict_on_batch(pixels))
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-(near + far) / 2)), atol=1e-5)


def network_and_images():
    """A cascade from a fixed seed, two images of 256 px, and the mean of their blocks of 2x2."""
    keras.utils.set_random_seed(0)  # a rare start says probabilities so near to 1 that no logit comes back from them
    pixels = np.random.default_rng(4).integers(0, 256, (2, 256, 256, 3), dtype=np.uint8)
    return cascade(widths=SMALL), pixels, pixels.reshape(2, 128, 2, 128, 2, 3).mean(axis=(2, 4))


def test_outputs_are_probabilities_of_rare_things():
    keras.utils.set_random_seed(0)  # one start in a hundred is far from its mean
    pixels = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    for model in (segmenter(widths=SMALL), detector(widths=SMALL[:5])):
        found = np.asarray(model.predict_on_batch(pixels))
        assert found.min() > 0
        assert found.mean() < 0.2


def test_default_models_keep_their_budgets():
    assert segmenter().count_params() <= 1_000_000
    assert detector().count_params() <= 200_000
    assert cascade().count_params() <= 1_000_000


def test_every_stage_has_a_separable_convolution_with_batch_normalization():
    model = segmenter()
    separable = [layer for layer in model.layers if isinstance(layer, keras.layers.SeparableConv2D)]
    for stage in range(6):
        assert any(layer.name in (f"stage{stage}", f"refine{stage}") for layer in separable)
    followers = {layer.name for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)}
    assert {f"{layer.name}_bn" for layer in separable} <= followers


def test_normalization_lives_in_the_graph():
    assert all(any(isinstance(x, keras.layers.Rescaling) for x in m.layers) for m in (segmenter(), detector()))


@pytest.mark.parametrize(("make", "size"), [(segmenter, 100), (detector, 100)])
def test_bad_size_is_refused(make, size):
    with pytest.raises(ConfigError, match="size 100 is not a multiple of"):
        make(size)


def test_budget_refuses_the_oversized_model_before_training():
    config = Config(model=ModelConfig(widths=SMALL, max_parameters=500))
    with pytest.raises(ConfigError, match=r"has [\d,]+ parameters, over the budget of 500: make model\.widths smaller"):
        build(TASKS["segmenter"], config)
