"""A newly trained segmenter joins a bundle: what is new is in it, all else is what it was."""

import json
import shutil

import numpy as np
import pytest

from shipedge.backends import open_model
from shipedge.bundle import load_bundle
from shipedge.cascade import Cascade
from shipedge.errors import BundleError, ConfigError
from shipedge.frame import Frame
from shipedge_train.dataset import read_dataset
from shipedge_train.dataset.splits import split_images
from shipedge_train.export import Conversion, convert, job
from shipedge_train.networks.two_scale import near_and_far
from shipedge_train.progress import Console
from shipedge_train.runs.checkpoint import load_best
from shipedge_train.runs.folder import read_run
from shipedge_train.runs.initial import load_initial
from shipedge_train.runs.start import Setup
from shipedge_train.tasks import TASKS, build

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def quiet(_line):
    pass


@pytest.fixture(scope="module")
def bundle(finished, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundle") / "b"
    return convert([finished["cascade"][0]], out, Conversion(["none"], window=256), console=Console(quiet))


@pytest.fixture(params=["segmenter", "cascade"])
def run(request, finished, tmp_path):
    """A run that gives a segmenter, which is to look from afar as well."""
    shutil.copytree(finished[request.param][0], tmp_path / "run")
    path = tmp_path / "run" / "config.json"
    table = json.loads(path.read_text())
    table["config"]["model"]["reduce"] = 2
    path.write_text(json.dumps(table))
    return tmp_path / "run"


def test_a_segmenter_takes_the_place_of_the_other(bundle, run, made_dataset, tmp_path):
    out = convert([bundle, run], tmp_path / "mine", Conversion(["none"]), console=Console(quiet))
    before, after = load_bundle(bundle), load_bundle(out)
    assert (after.detector, after.thresholds) == (before.detector, before.thresholds)  # three images choose nothing
    assert after.name == "mine"
    kind = read_run(run).task
    network = build(TASKS[kind], read_run(run).config)
    load_best(network, read_run(run))
    pixels = read_dataset(made_dataset)[1].pixels()[256:512, 256:512]
    np.testing.assert_allclose(
        open_model(after.segmenter, 1)(pixels) / 256,
        near_and_far(network, 256, 2).predict_on_batch(pixels[None])[0, ..., 0],
        atol=1 / 128,
    )
    models = after.manifest["models"]
    assert models["segmenter"]["weights"]["network"] == kind
    assert models["detector"] == before.manifest["models"]["detector"]
    assert {path.name for path in out.iterdir()} == {
        "cascade.weights.npz", "detector.tflite", "manifest.json", "segmenter.tflite", "segmenter.weights.npz",
    }  # fmt: skip
    assert after.manifest["scores"]["validation"]["images"] == 3
    result = Cascade(after, threads=1)(Frame(read_dataset(made_dataset)[0].pixels(), "a", 0, None))
    assert result.presence.shape == (24, 24)


def test_enough_images_choose_thresholds_again(bundle, run, tmp_path, monkeypatch):
    monkeypatch.setattr(job, "ENOUGH", 2)
    careless = shutil.copytree(bundle, tmp_path / "careless")
    manifest = json.loads((careless / "manifest.json").read_text())
    manifest["thresholds"] |= {"min_area": 100_000}  # finds nothing
    (careless / "manifest.json").write_text(json.dumps(manifest))
    out = convert([careless, run], tmp_path / "mine", Conversion(["none"]), console=Console(quiet))
    assert load_bundle(out).thresholds.min_area < 100_000


def test_training_goes_on_from_what_joined(bundle, run, made_dataset, tiny_config, tmp_path):
    out = convert([bundle, run], tmp_path / "mine", Conversion(["none"]), console=Console(quiet))
    joined = read_run(run)
    trained = build(TASKS[joined.task], joined.config)
    load_best(trained, joined)
    given = {layer.name: layer.get_weights() for layer in trained.layers}
    split = split_images(made_dataset, read_dataset(made_dataset), joined.config.data)
    for kind in ("segmenter", "cascade"):
        started = build(TASKS[kind], tiny_config(kind))
        load_initial(started, out, Setup(TASKS[kind], tiny_config(kind), made_dataset, split))
        for name in ("down3", "refine0", "logits"):
            for one, two in zip(given[name], started.get_layer(name).get_weights(), strict=True):
                np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-6)


def test_what_the_detector_learned_from_does_not_choose_thresholds(bundle, run, made_dataset, tiny_config, tmp_path):
    path = bundle / "manifest.json"
    content = path.read_text()
    manifest = json.loads(content)
    manifest["models"]["detector"]["data"]["split"] = {"validation_share": 0.1}
    path.write_text(json.dumps(manifest))
    try:
        with pytest.raises(ConfigError, match="was trained with another split of this data"):
            convert([bundle, run], tmp_path / "mine", console=Console(quiet))
    finally:
        path.write_text(content)
    assert not (tmp_path / "mine").exists()


def test_windows_are_those_of_the_bundle(finished, run, tmp_path):
    small = convert(
        [finished["cascade"][0]], tmp_path / "small", Conversion(["none"], window=192), console=Console(quiet)
    )
    with pytest.raises(ConfigError, match="window is 192, expected a multiple of 128"):
        convert([small, run], tmp_path / "mine", console=Console(quiet))


def test_nothing_but_a_bundle_is_replaced(bundle, run, tmp_path):
    with pytest.raises(BundleError, match="is there and is no bundle"):
        convert([bundle, run], run, console=Console(quiet))
    assert (run / "best.weights.h5").is_file()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"file": "../cascade.weights.npz"}, "expected a plain file name"),
        ({"sha256": "0" * 64}, "is damaged: its SHA-256"),
        ({"file": "none.npz"}, "none.npz is missing in the bundle"),
        ("cascade.weights.npz", "weights.file is missing"),
    ],
)
def test_weights_of_a_bundle_are_not_trusted(bundle, run, tmp_path, weights, message):
    damaged = shutil.copytree(bundle, tmp_path / "damaged")
    manifest = json.loads((damaged / "manifest.json").read_text())
    entry = manifest["models"]["detector"]
    entry["weights"] = entry["weights"] | weights if isinstance(weights, dict) else weights
    (damaged / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=message):
        convert([damaged, run], tmp_path / "mine", Conversion(["none"]), console=Console(quiet))
    assert not (tmp_path / "mine").exists()
