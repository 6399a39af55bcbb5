"""From two tiny runs to a bundle that the device side loads."""

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from shipedge._core import halve
from shipedge.backends import open_model
from shipedge.bundle import Thresholds, load_bundle
from shipedge.cascade import Cascade
from shipedge.errors import BundleError, ConfigError
from shipedge.frame import Frame
from shipedge.rle import Rle
from shipedge_train.dataset import Image, read_dataset
from shipedge_train.export import Conversion, convert
from shipedge_train.export.graph import check_graph
from shipedge_train.export.scorer import Seen, ThresholdScorer
from shipedge_train.export.tflite import to_tflite
from shipedge_train.export.thresholds import START, Judges, tune
from shipedge_train.networks.two_scale import from_afar, near_and_far
from shipedge_train.networks.unet import cascade, segmenter
from shipedge_train.progress import Console
from shipedge_train.runs.checkpoint import load_best
from shipedge_train.runs.folder import read_run
from shipedge_train.tasks import TASKS, build

# Keras 3.15 on NumPy 2.4.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

WIDTHS = (4, 4, 6, 6, 8, 8)
NOT_LOOKED_AT = Image(Path("none.jpg"), (), "none")


@pytest.fixture(scope="module")
def two_runs(finished):
    return finished["detector"][0], finished["segmenter"][0]


def test_bundle_loads_and_runs(two_runs, tmp_path):
    lines: list[str] = []
    out = convert(
        two_runs[::-1], tmp_path / "bundle", Conversion(window=192, allow_drop=True), console=Console(lines.append)
    )
    bundle = load_bundle(out)
    assert bundle.name == "bundle"
    assert bundle.segmenter.input == (1, 192, 192, 3)
    assert bundle.detector.output == (1, 24, 24, 1)
    assert bundle.manifest["models"]["detector"]["data"]["images"] == 6
    assert "folder" not in bundle.manifest["models"]["detector"]["data"]  # says nothing about the machine
    parity = bundle.manifest["parity"]
    for kind in ("detector", "segmenter"):
        assert parity[kind]["int8"]["mean_abs"] < 0.05
        assert parity[kind]["float16"]["mean_abs"] < 0.01
        (line,) = (line for line in lines if line.startswith(f"{kind}.tflite: int8, "))
        figures = parity[kind]["int8"]
        assert f"bytes; differs by at most {figures['max_abs']:.3f}, " in line
        assert line.endswith(f", agreement {figures['agreement']:.4f} ({figures['tiles']} tiles)")
        assert "{" not in line
    assert [file.quantize for file in bundle.models] == ["int8", "int8"]
    assert [file.quantize for file in bundle.variant("float16")] == ["float16", "float16"]
    assert set(bundle.points) == set(bundle.manifest["scores"]["points"]) == {"careful", "balanced", "sensitive"}
    assert bundle.manifest["models"]["segmenter"]["parameters"] == segmenter(widths=WIDTHS).count_params()
    result = Cascade(bundle, threads=1)(Frame(np.full((300, 900, 3), 90, np.uint8), "made", 0, None))
    assert result.presence.shape == (10, 29)
    assert [p.name for p in tmp_path.iterdir()] == ["bundle"]


def test_one_run_of_a_cascade_makes_both_models(finished, made_dataset, tmp_path):
    folder, lines = finished["cascade"]
    assert "image_auc" in lines[-1]
    assert "dice_ships" in lines[-1]
    bundle = load_bundle(
        convert([folder], tmp_path / "bundle", Conversion(["none"], window=192), console=Console(lambda _: None))
    )
    network = build(TASKS["cascade"], read_run(folder).config, 768)
    load_best(network, read_run(folder))
    pixels = read_dataset(made_dataset)[1].pixels()
    found = open_model(bundle.detector, 1)(pixels).astype(int)
    expected = np.asarray(network.predict_on_batch(pixels[None])["presence"])[0, ..., 0] * 256
    assert np.abs(found - expected).max() <= 1
    assert bundle.manifest["models"]["detector"]["parameters"] < network.count_params()


def test_a_cascade_may_look_from_afar(finished, made_dataset, tmp_path):
    run = shutil.copytree(finished["cascade"][0], tmp_path / "run")
    table = json.loads((run / "config.json").read_text())
    table["config"]["model"]["reduce"] = 2
    (run / "config.json").write_text(json.dumps(table))
    with pytest.raises(ConfigError, match="window is 192, expected a multiple of 128"):
        convert([run], tmp_path / "bundle", Conversion(["none"], window=192), console=Console(lambda _: None))
    bundle = load_bundle(
        convert([run], tmp_path / "bundle", Conversion(["none"], window=256), console=Console(lambda _: None))
    )
    network = build(TASKS["cascade"], read_run(run).config)
    load_best(network, read_run(run))
    pixels = read_dataset(made_dataset)[1].pixels()
    for file, model in (
        (bundle.detector, from_afar(network, 768, 2)),
        (bundle.segmenter, near_and_far(network, 256, 2)),
    ):
        window = pixels[: file.window, : file.window]
        window = halve(window) if file.reduce == 2 else window
        expected = np.asarray(model.predict_on_batch(window[None]))[0, ..., 0] * 256
        assert np.abs(open_model(file, 1)(window).astype(int) - expected).max() <= 1
    assert (bundle.detector.input, bundle.detector.window) == ((1, 384, 384, 3), 768)


@pytest.mark.parametrize("quantize", ["float16", "none"])
def test_float_files_say_what_keras_says(made_dataset, quantize):
    from ai_edge_litert.interpreter import Interpreter

    model = segmenter(64, WIDTHS)
    pixels = read_dataset(made_dataset)[0].pixels()[None, 80:144, 180:244].astype(np.float32)
    interpreter = Interpreter(model_content=to_tflite(model, quantize, []))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(found, np.asarray(model.predict_on_batch(pixels)), atol=2e-3)


def test_int8_takes_raw_pixels_and_gives_256ths(made_dataset):
    from ai_edge_litert.interpreter import Interpreter

    # Images between 20 and 220 only: the scale must be 1 all the same.
    tiles = [p.pixels()[:64, :64].clip(20, 220) for p in read_dataset(made_dataset)]
    interpreter = Interpreter(model_content=to_tflite(segmenter(64, WIDTHS), "int8", tiles))
    assert interpreter.get_input_details()[0]["dtype"] == np.uint8
    assert interpreter.get_input_details()[0]["quantization"] == pytest.approx((1.0, 0), abs=1e-6)
    assert interpreter.get_output_details()[0]["quantization"] == (1 / 256, 0)


@pytest.mark.parametrize(
    "make",
    [
        partial(segmenter, 64, WIDTHS, encoder="slim"),
        partial(segmenter, 64, WIDTHS, encoder="efficientnet-lite0"),
        lambda: from_afar(cascade(widths=WIDTHS), 256, 2),
        lambda: near_and_far(cascade(widths=WIDTHS), 128, 2),
    ],
    ids=["slim", "efficientnet-lite0", "from afar", "near and far"],
)
def test_one_delegate_takes_the_whole_graph(made_dataset, make):
    from ai_edge_litert.interpreter import Interpreter

    model = make()
    side = model.input_shape[1]
    content = to_tflite(model, "int8", [p.pixels()[:side, :side] for p in read_dataset(made_dataset)])
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    names = [op["op_name"] for op in interpreter._get_ops_details()]
    assert names.count("DELEGATE") == 1
    check_graph("model", "int8", content)
    assert interpreter.get_output_details()[0]["quantization"] == (1 / 256, 0)
    assert not {"SHAPE", "TRANSPOSE", "TRANSPOSE_CONV"} & set(names)
    assert names.count("RESHAPE") <= 1  # of a tensor whose size is known: nothing is computed


@pytest.mark.parametrize(
    ("pick", "options", "message"),
    [
        ((0, 0), {}, "expected a run of the detector and one of the segmenter, .* found: detector, detector"),
        ((0, 1), {"window": 100}, "window is 100, expected a multiple of 64"),
        ((0, 1), {"variants": ["int4"]}, "variant is 'int4', expected int8, float16 or none"),
        ((0, 1), {"variants": ["int8", "int8"]}, "variants are int8, int8, expected each once"),
    ],
)
def test_bad_requests(two_runs, tmp_path, pick, options, message):
    with pytest.raises(ConfigError, match=message):
        convert([two_runs[i] for i in pick], tmp_path / "b", Conversion(**options), console=Console(lambda _: None))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_no_bundle_is_left_alone(two_runs, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match="is there and is no bundle"):
        convert(two_runs, tmp_path, Conversion(["none"], window=192), console=Console(lambda _: None))
    assert (tmp_path / "notes.txt").read_text() == "mine"


class Oracle:
    """Stands in for a converted model: says what the truth says, with a given certainty."""

    def __init__(self, answers, window):
        self.answers, self.window = answers, window

    def __call__(self, pixels):
        return self.answers[pixels.tobytes()]


def test_tuning_finds_thresholds_between_right_and_wrong(made_dataset):
    images = read_dataset(made_dataset)
    presence, probability = {}, {}
    for image in images:
        key = image.pixels().tobytes()
        mask = image.mask()
        probability[key] = np.where(mask, 0.65 * 256, 0.45 * 256).astype(np.uint8)  # everything above 0.4
        cells = mask.reshape(24, 32, 24, 32).max(axis=(1, 3))
        presence[key] = np.where(cells, 0.75 * 256, 0.35 * 256).astype(np.uint8)
    points, scores = tune(Judges(Oracle(presence, 768), Oracle(probability, 768)), images)
    thresholds = points["careful"]
    assert isinstance(thresholds, Thresholds)
    assert 0.45 < thresholds.pixel <= 0.65
    assert scores["f2"] == scores["dice_ships"] == scores["image_auc"] == 1.0


def oracles(images, ship, sea, presence):
    """Models that give ships one probability, and elsewhere what `sea` and `presence` make of an image's mask."""
    cells, pixels = {}, {}
    for image in images:
        key, mask = image.pixels().tobytes(), image.mask()
        pixels[key] = np.where(mask, int(ship * 256), sea(mask)).astype(np.uint8)
        there = mask.reshape(24, 32, 24, 32).max(axis=(1, 3))
        cells[key] = presence(there).astype(np.uint8)
    return Oracle(cells, 768), Oracle(pixels, 768)


def test_tuning_asks_more_of_small_parts(made_dataset):
    """Patches of 225 px at 0.72, larger than any `min_area`, where the detector sees ships everywhere."""

    def patches(mask):
        found = np.zeros(mask.shape, np.uint8)
        found[700:715, 100:115] = found[700:715, 300:315] = int(0.72 * 256)
        return found

    images = read_dataset(made_dataset)
    points, scores = tune(Judges(*oracles(images, 0.9, patches, lambda there: np.full_like(there, 240))), images)
    thresholds = points["careful"]
    assert scores["f2"] == 1.0
    assert thresholds.small_area > 225
    assert thresholds.small_score > 0.72


def test_the_detector_is_worth_what_it_saves(made_dataset):
    """False ships in empty images: with the detector none, without it one in each."""
    images = read_dataset(made_dataset)

    def false_ship(mask):
        found = np.zeros(mask.shape, np.uint8)
        if not mask.any():
            found[100:140, 100:140] = int(0.95 * 256)
        return found

    detector, segmenter_ = oracles(images, 0.95, false_ship, lambda there: np.where(there, 220, 10))
    _, scores = tune(Judges(detector, segmenter_), images)
    assert scores["f2"] == 1.0
    assert scores["segmenter_alone"]["f2"] < 0.7


def test_thresholds_are_never_chosen_on_images_that_were_learned_from(two_runs, tmp_path):
    other = shutil.copytree(two_runs[1], tmp_path / "other")
    table = json.loads((other / "config.json").read_text())
    table["data"]["split"] = {"splits_csv_sha256": "0" * 64, "fold": 0}
    (other / "config.json").write_text(json.dumps(table))
    with pytest.raises(ConfigError, match="was trained with another split of this data"):
        convert([two_runs[0], other], tmp_path / "bundle", Conversion(window=192), console=Console(lambda _: None))
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(("share", "expected"), [(0.22, 0.22), (1.0, 1.0), (0.0, 0.0)])
def test_f2_of_the_tuning_is_that_of_the_asked_mixture(share, expected):
    ship = np.zeros((768, 768), np.uint8)
    ship[100:120, 200:260] = 1
    cells, sure = np.full((24, 24), 250, np.uint8), ship * np.uint8(250)
    found = Seen(cells, sure, [Rle.from_mask(ship)], ship, NOT_LOOKED_AT)
    false_alarm = Seen(cells, sure, [], np.zeros_like(ship), NOT_LOOKED_AT)
    assert ThresholdScorer([found, false_alarm], share).scores(START) == {"f2": expected, "dice_ships": 1.0}
