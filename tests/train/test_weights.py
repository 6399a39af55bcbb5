"""Weights that travel in a bundle."""

import json
from dataclasses import replace

import numpy as np
import pytest

from shipedge.errors import BundleError, ConfigError
from shipedge_train.config import ModelConfig
from shipedge_train.dataset import read_dataset
from shipedge_train.dataset.splits import split_images
from shipedge_train.export import Conversion, convert
from shipedge_train.progress import Console
from shipedge_train.runs.checkpoint import load_best
from shipedge_train.runs.folder import read_run
from shipedge_train.runs.initial import load_average
from shipedge_train.runs.initial import load_initial as load_initial_of
from shipedge_train.runs.start import Setup
from shipedge_train.tasks import TASKS, build
from shipedge_train.training.model import build_trainable

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def load_initial(tiny_config, made_dataset, split):
    """load_initial(model, source, task), of a run with that split or another one."""

    def load(model, source, kind, split=split):
        load_initial_of(model, source, Setup(TASKS[kind], tiny_config(kind), made_dataset, split))

    return load


@pytest.fixture(scope="module")
def bundle(finished, tmp_path_factory):
    out = tmp_path_factory.mktemp("weights") / "bundle"
    return convert(
        [finished[kind][0] for kind in ("detector", "segmenter")],
        out,
        Conversion(["none"], window=192),
        console=Console(lambda _: None),
    )


@pytest.fixture(scope="module")
def split(made_dataset, tiny_config):
    return split_images(made_dataset, read_dataset(made_dataset), tiny_config("detector").data)


@pytest.mark.parametrize("kind", ["detector", "cascade"])
def test_a_bundle_that_learned_from_validation_images_is_refused(load_initial, bundle, tiny_config, split, kind):
    other = replace(split, record={"validation_share": 0.1})
    with pytest.raises(ConfigError, match="was trained with another split of this data"):
        load_initial(build(TASKS[kind], tiny_config(kind)), bundle, kind, other)


@pytest.mark.parametrize("kind", ["detector", "segmenter"])
def test_a_bundle_gives_the_weights_of_its_run(load_initial, bundle, finished, tiny_config, made_dataset, split, kind):
    trained, started = build(TASKS[kind], tiny_config(kind)), build(TASKS[kind], tiny_config(kind))
    load_best(trained, read_run(finished[kind][0]))
    load_initial(started, bundle, kind)
    for one, two in zip(trained.get_weights(), started.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-6)


def test_of_several_sources_the_mean_is_taken(bundle, finished, tiny_config, made_dataset, split):
    config = tiny_config("segmenter")
    trained, started = build(TASKS["segmenter"], config), build(TASKS["segmenter"], config)
    load_best(trained, read_run(finished["segmenter"][0]))
    sources = [finished["segmenter"][0], finished["cascade"][0], bundle]
    setup = Setup(TASKS["segmenter"], config, made_dataset, split)
    load_average(started, sources, setup)
    other = build(TASKS["segmenter"], config)
    load_initial_of(other, sources[1], setup)
    for one, two, mean in zip(trained.get_weights(), other.get_weights(), started.get_weights(), strict=True):
        np.testing.assert_allclose(mean, (2 * one + two) / 3, rtol=1e-3, atol=1e-5)


def test_a_run_gives_its_weights_and_not_the_state_of_its_optimizer(
    load_initial, finished, tiny_config, made_dataset, split
):
    started, fresh = (build_trainable(TASKS["segmenter"], tiny_config("segmenter")) for _ in range(2))
    load_initial(started, finished["segmenter"][0], "segmenter")
    for one, two in zip(started.optimizer.variables, fresh.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, two)
    assert any(np.any(one != two) for one, two in zip(started.get_weights(), fresh.get_weights(), strict=True))


@pytest.mark.parametrize(("giver", "taker"), [("segmenter", "cascade"), ("cascade", "segmenter")])
def test_segmenter_and_cascade_start_from_each_other(
    load_initial, finished, tiny_config, made_dataset, split, giver, taker
):
    given, taken = build(TASKS[giver], tiny_config(giver)), build(TASKS[taker], tiny_config(taker))
    load_best(given, read_run(finished[giver][0]))
    load_initial(taken, finished[giver][0], taker)
    common = {layer.name for layer in given.layers} & {layer.name for layer in taken.layers}
    assert {"down0", "refine4", "refine0", "logits"} <= common
    for name in common:
        for one, two in zip(given.get_layer(name).get_weights(), taken.get_layer(name).get_weights(), strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("kind", ["segmenter", "cascade"])
def test_a_bundle_of_a_cascade_gives_its_weights(
    load_initial, finished, tiny_config, made_dataset, split, kind, tmp_path
):
    bundle = convert(
        [finished["cascade"][0]], tmp_path / "one", Conversion(["none"], window=192), console=Console(lambda _: None)
    )
    assert sum(path.suffix == ".npz" for path in bundle.iterdir()) == 1
    trained, started = build(TASKS["cascade"], tiny_config("cascade")), build(TASKS[kind], tiny_config(kind))
    load_best(trained, read_run(finished["cascade"][0]))
    load_initial(started, bundle, kind)
    for layer in started.layers:
        for one, two in zip(layer.get_weights(), trained.get_layer(layer.name).get_weights(), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-6)
    with pytest.raises(ConfigError, match="holds the cascade, not the detector"):
        load_initial(build(TASKS["detector"], tiny_config("detector")), bundle, "detector")


def test_every_trouble_is_one_sentence(load_initial, bundle, tiny_config, made_dataset, split, tmp_path):
    model, detector = (build(TASKS[kind], tiny_config(kind)) for kind in ("segmenter", "detector"))
    with pytest.raises(ConfigError, match="holds the segmenter, not the detector"):
        load_initial(detector, swapped(bundle, tmp_path / "swapped"), "detector")
    wide = replace(tiny_config("segmenter"), model=ModelConfig(widths=(6, 6, 8, 8, 8, 8)))
    with pytest.raises(ConfigError, match=r"segmenter\.weights\.npz is damaged or of another network"):
        load_initial_of(build(TASKS["segmenter"], wide), bundle, Setup(TASKS["segmenter"], wide, made_dataset, split))
    damaged = copied(bundle, tmp_path / "damaged")
    (damaged / "segmenter.weights.npz").write_bytes(b"PK torn")
    with pytest.raises(BundleError, match=r"segmenter\.weights\.npz in .* is damaged"):
        load_initial(model, damaged, "segmenter")
    (damaged / "segmenter.weights.npz").unlink()
    with pytest.raises(BundleError, match=r"segmenter\.weights\.npz is missing in the bundle"):
        load_initial(model, damaged, "segmenter")
    with pytest.raises(ConfigError, match="carries no weights of the segmenter"):
        load_initial(model, changed(bundle, tmp_path / "without", weights=None), "segmenter")
    outside = changed(bundle, tmp_path / "outside", weights={"file": "../segmenter.weights.npz", "sha256": "0"})
    with pytest.raises(BundleError, match="expected a plain file name"):
        load_initial(model, outside, "segmenter")
    with pytest.raises(ConfigError, match="is not a run folder"):
        load_initial(model, tmp_path / "nothing", "segmenter")


def copied(bundle, to):
    to.mkdir()
    for path in bundle.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def changed(bundle, to, weights):
    copied(bundle, to)
    manifest = json.loads((to / "manifest.json").read_text())
    manifest["models"]["segmenter"]["weights"] = weights
    (to / "manifest.json").write_text(json.dumps(manifest))
    return to


def swapped(bundle, to):
    copied(bundle, to)
    manifest = json.loads((to / "manifest.json").read_text())
    manifest["models"]["detector"]["weights"] = manifest["models"]["segmenter"]["weights"]
    (to / "manifest.json").write_text(json.dumps(manifest))
    return to
