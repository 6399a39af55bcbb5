"""The refiner: what it learns from, that it learns, and its way into a bundle."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipedge.bundle import load_bundle
from shipedge.cascade import Cascade
from shipedge.cascade.refine import corrected
from shipedge.errors import ConfigError, DatasetError
from shipedge.frame import Frame
from shipedge_train.config import AugmentConfig, Config, DataConfig, ModelConfig, TrainConfig
from shipedge_train.crossval import Others, cross_validate
from shipedge_train.dataset import SHAPE, read_dataset
from shipedge_train.export import Conversion, convert
from shipedge_train.export.tflite import to_tflite
from shipedge_train.loader import PatchLoader, overlap, patches_of
from shipedge_train.loader.patches import astray, rectangles_of
from shipedge_train.networks.refiner import refiner
from shipedge_train.progress import Console
from shipedge_train.training.lr_finder import find_learning_rate
from shipedge_train.training.run import train

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CONFIG = Config(
    model=ModelConfig(widths=(8, 12, 16, 16)),
    data=DataConfig(batch=16, validation_share=0.4),
    # The gate compares int8 with Keras on one patch here: a seed with which that is no close call.
    train=TrainConfig(epochs=2, steps=60, warmup=10, ema=0.9, learning_rate=4e-3, hard_empty=2, seed=2),
)


def quiet(_line):
    pass


def history(folder):
    return list(csv.DictReader((folder / "history.csv").read_text().splitlines()))


@pytest.fixture(scope="module")
def run(made_dataset, tmp_path_factory):
    return train("refiner", made_dataset, CONFIG, tmp_path_factory.mktemp("refiner") / "run", console=Console(quiet))


@pytest.fixture(scope="module")
def bundle(finished, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundle") / "b"
    return convert([finished["cascade"][0]], out, Conversion(["none"], window=192), console=Console(quiet))


def test_it_learns_to_correct(run):
    rows = history(run)
    assert float(rows[-1]["iou_before"]) == float(rows[0]["iou_before"]) < 0.7
    assert float(rows[-1]["iou"]) > float(rows[-1]["iou_before"]) + 0.05


def test_a_batch_is_the_same_again_and_leads_to_labels(made_dataset):
    images = read_dataset(made_dataset)
    loaders = [PatchLoader(images, DataConfig(batch=8), AugmentConfig(), 5) for _ in range(2)]
    (patches, truth), again = loaders[0].batch(3), loaders[1].batch(3)
    assert (patches.shape, patches.dtype) == ((8, 64, 128, 3), np.uint8)
    assert (truth.shape, truth.dtype) == ((8, 1, 5, 1), np.float32)
    assert np.array_equal(patches, again[0])
    assert np.array_equal(truth, again[1])
    assert not np.array_equal(patches, loaders[0].batch(4)[0])


def test_only_whole_ships_are_learned_from(made_dataset):
    images = {image.path.name: image for image in read_dataset(made_dataset)}
    assert rectangles_of(images["d.jpg"]) == []  # cut by the border
    (found,) = rectangles_of(images["a.jpg"])
    assert found[:4] == pytest.approx([210, 120, 40, 20], abs=0.01)
    with pytest.raises(DatasetError, match="no image shows a whole ship"):
        PatchLoader([images["d.jpg"], images["c.jpg"]], DataConfig(), AugmentConfig(), 1)


@given(st.integers(0, 2**32 - 1))
def test_rectangles_that_went_astray_are_still_about_the_ship(seed):
    truth = np.array([300.0, 300, 40, 12, 0.7])
    found = astray(truth, np.random.default_rng(seed))
    assert 0 <= overlap(found, truth) <= 1 + 1e-6
    assert overlap(truth, truth) == pytest.approx(1, abs=1e-4)
    assert np.hypot(*(found[:2] - truth[:2])) < 60
    assert found[2] >= 4
    assert found[3] >= 3


def test_overlap_is_that_of_boxes():
    assert overlap(np.array([50.0, 50, 20, 10, 0]), np.array([55.0, 50, 20, 10, np.pi])) == pytest.approx(0.6, abs=1e-5)
    assert overlap(np.array([50.0, 50, 20, 10, 0]), np.array([90.0, 50, 20, 10, 0.3])) == 0


def test_it_joins_a_bundle_and_leaves_the_rest_alone(bundle, run, made_dataset, tmp_path):
    out = convert([bundle, run], tmp_path / "with", console=Console(quiet))
    before, after = load_bundle(bundle), load_bundle(out)
    assert before.refiner is None
    assert after.refiner.quantize == "int8"
    assert (after.detector, after.segmenter) == (before.detector, before.segmenter)
    assert set(after.manifest["scores"]["validation"]) == set(before.manifest["scores"]["validation"])
    assert after.manifest["parity"]["refiner"]["int8"]["mean_abs"] < 0.02
    assert after.manifest["scores"]["refiner"]["iou"] > after.manifest["scores"]["refiner"]["iou_before"]
    assert "folder" not in after.manifest["models"]["refiner"]["data"]
    result = Cascade(after, threads=1)(Frame(read_dataset(made_dataset)[0].pixels(), "a", 0, None))
    assert result.timings_ms["refiner"] >= 0
    again = convert([out, run], out, Conversion(["none"]), console=Console(quiet))
    assert load_bundle(again).refiner.quantize == "none"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["with"]


def test_it_may_come_with_the_cascade(finished, run, tmp_path):
    out = convert(
        [run, finished["cascade"][0]], tmp_path / "b", Conversion(["none"], window=192), console=Console(quiet)
    )
    assert load_bundle(out).refiner is not None


def test_what_does_not_belong_together_is_refused(bundle, finished, run, made_dataset, tmp_path):
    for sources in ([bundle, bundle, run], [run, run], [bundle, finished["detector"][0]]):
        with pytest.raises(ConfigError, match="or a bundle, alone or with a run of the segmenter"):
            convert(sources, tmp_path / "out", console=Console(quiet))
    with pytest.raises(ConfigError, match="found: refiner"):
        convert([run], tmp_path / "out", console=Console(quiet))
    with pytest.raises(ConfigError, match="has no refiner"):
        cross_validate(made_dataset, CONFIG, tmp_path / "out", others=Others(refiner=bundle))
    with pytest.raises(ConfigError, match="carries no weights of the refiner"):
        train("refiner", made_dataset, CONFIG, tmp_path / "out", init=[bundle])
    assert not list(tmp_path.iterdir())


def test_no_refiner_judges_what_it_learned_from(bundle, run, made_dataset, tmp_path):
    out = convert([bundle, run], tmp_path / "with", console=Console(quiet))
    with pytest.raises(ConfigError, match="has learned from"):
        cross_validate(made_dataset, CONFIG, tmp_path / "cv", others=Others(refiner=out))


def test_training_goes_on_from_a_run_and_from_a_bundle(bundle, run, made_dataset, tmp_path):
    out = convert([bundle, run], tmp_path / "with", console=Console(quiet))
    short = Config(CONFIG.model, CONFIG.data, CONFIG.augment, TrainConfig(epochs=1, steps=1, learning_rate=1e-6))
    for source in (run, out):
        folder = train(
            "refiner", made_dataset, short, tmp_path / source.name / "on", init=[source], console=Console(quiet)
        )
        assert float(history(folder)[0]["iou"]) == pytest.approx(float(history(run)[-1]["iou"]), abs=0.02)


def test_a_learning_rate_can_be_found(made_dataset, tmp_path):
    assert 0 < find_learning_rate("refiner", made_dataset, CONFIG, tmp_path / "lr", steps=25) < 1
    assert (tmp_path / "lr" / "learning_rate.png").is_file()


def test_one_delegate_takes_it_all_and_a_new_one_changes_nothing(made_dataset):
    from ai_edge_litert.interpreter import Interpreter

    model = refiner()
    patches = [patch for patch, _, _ in patches_of(read_dataset(made_dataset), 2)]
    assert np.asarray(model.predict_on_batch(np.stack(patches))) == pytest.approx(0.5)
    rectangle = np.array([100.0, 100, 40, 20, 0.3])
    assert corrected(rectangle, np.full(5, 0.5)) == pytest.approx(rectangle)
    interpreter = Interpreter(model_content=to_tflite(model, "int8", patches), num_threads=1)
    interpreter.allocate_tensors()
    assert [op["op_name"] for op in interpreter._get_ops_details()].count("DELEGATE") == 1
    assert interpreter.get_output_details()[0]["quantization"] == (1 / 256, 0)
    assert SHAPE == (768, 768)


def test_widths_are_checked():
    with pytest.raises(ConfigError, match="refiner has 3 widths, expected 4"):
        refiner(widths=(4, 4, 4))
