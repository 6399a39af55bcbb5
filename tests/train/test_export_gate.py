"""A conversion that costs too much is refused, with the layers where it goes astray."""

import numpy as np
import pytest

from shipedge.bundle import load_bundle
from shipedge.errors import BundleError
from shipedge_train.export import convert, part
from shipedge_train.export.parity import Tile, layer_errors, refusal
from shipedge_train.export.tflite import to_tflite
from shipedge_train.models import segmenter

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def coarse(monkeypatch):
    """Ranges that come from black tiles alone: int8 clips everything brighter."""
    real = part.calibration_tiles
    monkeypatch.setattr(part, "calibration_tiles", lambda *given: [np.zeros_like(tile) for tile in real(*given)[:2]])


def test_a_bad_conversion_is_refused_and_shows_its_layers(finished, coarse, tmp_path):
    lines = []
    with pytest.raises(BundleError, match=r"is not what Keras says: .*; --allow-drop writes it all the same"):
        convert([finished["cascade"][0]], tmp_path / "b", window=192, report=lines.append)
    assert not (tmp_path / "b").exists()
    header = next(i for i, line in enumerate(lines) if "ratio" in line)
    assert "look" in lines[header + 1] or "cascade" in lines[header + 1]
    assert all(float(line.split()[2]) >= 0 for line in lines[header + 1 :])


def test_a_drop_may_be_allowed_and_is_written_down(finished, coarse, tmp_path):
    out = convert([finished["cascade"][0]], tmp_path / "b", window=192, allow_drop=True, report=lambda _: None)
    parity = load_bundle(out).manifest["parity"]
    assert any("allowed" in figures["int8"] for figures in parity.values())
    assert not any("allowed" in figures["float16"] for figures in parity.values())


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
