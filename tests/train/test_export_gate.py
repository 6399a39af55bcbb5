"""A conversion that costs too much is refused, with the layers where it goes astray."""

import numpy as np
import pytest

from shipedge.bundle import load_bundle
from shipedge.errors import BundleError
from shipedge_train.export import Conversion, convert, parity
from shipedge_train.export.parity import compare, layer_errors, refusal
from shipedge_train.export.tflite import to_tflite
from shipedge_train.networks.unet import segmenter
from shipedge_train.progress import Console
from shipedge_train.tasks import MODELS
from shipedge_train.tasks.contract import Tile

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def strict(monkeypatch):
    """No conversion is good enough: these networks have hardly learned anything that it could cost."""
    monkeypatch.setattr(parity, "MIN_AGREEMENT", 1.1)


def test_a_bad_conversion_is_refused_and_shows_its_layers(finished, strict, tmp_path):
    lines = []
    with pytest.raises(
        BundleError, match=r"^detector\.tflite \(int8\) is not what Keras says: .*; --allow-drop writes it"
    ):
        convert(
            [finished["detector"][0], finished["segmenter"][0]],
            tmp_path / "b",
            Conversion(window=192),
            console=Console(lines.append),
        )
    assert not (tmp_path / "b").exists()
    assert lines[0].split()[:4] == ["values", "error", "ratio", "layer"]
    assert any(line.endswith("presence_1/Sigmoid") or "context" in line for line in lines[1:])
    assert all(float(line.split()[2]) >= 0 for line in lines[1:])


def test_a_drop_may_be_allowed_and_is_written_down(finished, strict, tmp_path):
    out = convert(
        [finished["cascade"][0]],
        tmp_path / "b",
        Conversion(["none"], window=192, allow_drop=True),
        console=Console(lambda _: None),
    )
    for figures in load_bundle(out).manifest["parity"].values():
        assert figures["none"]["allowed"].endswith("1.1 is needed")


class Says:
    """Stands in for a converted file."""

    def __init__(self, values):
        self.values = values

    def __call__(self, pixels):
        return (self.values * 256).astype(np.uint8)


def test_masks_are_compared_with_each_other_and_with_the_truth():
    truth = np.zeros((8, 8), np.uint8)
    truth[:4] = 1
    tiles = [Tile(np.zeros((8, 8, 3), np.uint8), truth)] * 2
    ours = [truth * 0.75] * 2
    half = truth * 0.75
    half[2:4] = 0.25
    same, worse = (compare(MODELS["segmenter"], ours, Says(said), tiles) for said in (ours[0], half))
    assert refusal(same) is None
    assert (worse["dice_keras"], worse["dice_converted"]) == (1.0, pytest.approx(2 / 3, abs=1e-5))
    assert worse["agreement"] == pytest.approx(2 / 3, abs=1e-5)
    assert refusal(worse) == "its score drops by 0.3333, allowed are 0.005"


def test_stray_pixels_of_a_network_that_has_hardly_learned_refuse_nothing():
    truth = np.zeros((64, 64), np.uint8)
    truth[:8, :8] = 1
    tiles = [Tile(np.zeros((64, 64, 3), np.uint8), truth)] * 2
    ours = np.full((64, 64), 0.25)
    ours[60, 60] = 0.75
    none, many = np.full((64, 64), 0.25), np.full((64, 64), 0.75)
    assert refusal(compare(MODELS["segmenter"], [ours] * 2, Says(none), tiles)) is None
    assert "agrees with Keras to 0.0002" in refusal(compare(MODELS["segmenter"], [ours] * 2, Says(many), tiles))


def test_a_detector_is_judged_by_its_ranking():
    ship, empty = np.zeros((2, 2), bool), np.zeros((2, 2), bool)
    ship[0, 0] = True
    tiles = [Tile(np.zeros((1, 1, 3), np.uint8), truth) for truth in (ship, empty) * 10]
    ours = [ship * 0.5, empty * 0.25 + 0.25] * 10
    figures = compare(MODELS["detector"], ours, Says(np.full((2, 2), 0.25)), tiles)
    assert (figures["image_auc_keras"], figures["image_auc_converted"]) == (1.0, 0.5)
    assert figures["agreement"] == 7 / 8
    assert refusal(figures) == "its score drops by 0.5000, allowed are 0.015"
    few = compare(MODELS["detector"], ours[:2], Says(np.full((2, 2), 0.25)), tiles[:2])
    assert "its score" not in refusal(few)  # one pair of images is no ranking


@pytest.mark.parametrize(
    ("drop", "agreement", "message"),
    [
        (0.005, 0.97, None),
        (-0.2, 1.0, None),
        (0.0051, 0.99, "its score drops by 0.0051, allowed are 0.005"),
        (0.0, 0.969, "it agrees with Keras to 0.9690, 0.97 is needed"),
    ],
)
def test_what_is_too_much(drop, agreement, message):
    assert refusal({"drop": drop, "agreement": agreement}) == message


def test_the_table_finds_the_layer_that_clips():
    tiles = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    model = segmenter(64, (4, 4, 6, 6, 8, 8))
    floating = to_tflite(model, "none", [])
    same = layer_errors(floating, floating, [Tile(tiles[0], None)])
    assert len(same) > 10
    assert all(float(line.split()[1]) == 0 for line in same[1:])
    fine = layer_errors(floating, to_tflite(model, "int8", tiles), [Tile(tiles[0], None)])
    coarse = layer_errors(floating, to_tflite(model, "int8", tiles // 8), [Tile(tiles[0], None)])
    assert max(float(line.split()[2]) for line in coarse[1:]) > max(float(line.split()[2]) for line in fine[1:])
