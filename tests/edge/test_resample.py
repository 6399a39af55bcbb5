"""--gsd: windows at the resolution of the models, results in the pixels of the source."""

import json
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import logs

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.bundle import load_bundle
from shipedge.cascade import Cascade
from shipedge.cascade.resample import Resampled, factor_for, resampled, restored
from shipedge.cli import main
from shipedge.errors import BundleError, SourceError
from shipedge.frame import Frame, FrameResult, Ship
from shipedge.rle import Rle

factors = st.sampled_from(
    [Fraction(1, 8), Fraction(1, 2), Fraction(7, 19), Fraction(31, 32), Fraction(5, 4), Fraction(8)]
)


@settings(deadline=None, max_examples=40)
@given(factors, st.tuples(st.integers(1, 90), st.integers(1, 90)), st.data())
def test_a_window_is_a_part_of_the_whole(factor, shape, data):
    pixels = np.random.default_rng(sum(shape)).integers(0, 256, (*shape, 3), np.uint8)
    raster = Resampled(pixels, factor)
    height, width = raster.shape[:2]
    whole = raster[:, :]
    assert whole.shape == (max(int(shape[0] * factor), 1), max(int(shape[1] * factor), 1), 3)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    box = np.s_[top : top + 32, left : left + 20]
    assert np.abs(raster[box].astype(int) - whole[box]).max() <= 1  # OpenCV rounds by position


def test_means_of_areas():
    pixels = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    means = pixels.reshape(16, 4, 24, 4, 3).mean(axis=(1, 3))
    assert np.abs(Resampled(pixels, Fraction(1, 4))[:, :] - means).max() <= 0.5


@settings(deadline=None)
@given(factors, st.integers(0, 60), st.integers(0, 60), st.integers(1, 40), st.integers(1, 30))
def test_ships_come_back(factor, x, y, wide, high):
    """A pixel belongs to the ship where the resampled pixel at its middle does."""
    shape = (110, 105)
    small = max(int(shape[0] * factor), 1), max(int(shape[1] * factor), 1)
    mask = np.zeros(small, np.uint8)
    mask[int(y * factor) : int((y + high) * factor), int(x * factor) : int((x + wide) * factor)] = 1
    if not mask.any():
        return
    rle = Rle.from_mask(mask)
    found = FrameResult("a", 0, None, small, 0.9, np.zeros((1, 1), np.uint8), (Ship(rle, 0.8, rle.bbox),))
    result = restored(found, Frame(np.zeros((*shape, 3), np.uint8), "a", gsd_m=2.0), factor)
    rows, cols = (((np.arange(side) + 0.5) * float(factor)).astype(int) for side in shape)
    padded = np.pad(mask, ((0, 9), (0, 9)))
    expected = padded[np.ix_(rows, cols)]
    assert (result.shape, result.scale, result.gsd_m) == (shape, float(factor), 2.0)
    if not expected.any():
        assert result.ships == ()
        return
    (ship,) = result.ships
    assert np.array_equal(ship.rle.to_mask(), expected)
    assert ship.bbox == ship.rle.bbox


@pytest.mark.parametrize(("gsd", "factor"), [(None, 1), (1.5, 1), (1.4, 1), (0.75, 0.5), (3, 2), (12, 8)])
def test_factor(gsd, factor):
    assert factor_for(Frame(np.zeros((60, 60, 3), np.uint8), "a", gsd_m=gsd), 1.5) == factor


@pytest.mark.parametrize("gsd", [0.1, 13])
def test_absurd(gsd):
    with pytest.raises(SourceError, match=r"a: .* m a pixel, but the models .* 1\.5 m, expected at most 8"):
        factor_for(Frame(np.zeros((60, 60, 3), np.uint8), "a", gsd_m=gsd), 1.5)


def test_too_large_when_resampled():
    wide = np.broadcast_to(np.zeros(3, np.uint8), (30_000, 30_000, 3))
    with pytest.raises(SourceError, match="resampled to 90000x90000 it is too large"):
        factor_for(Frame(wide, "a", gsd_m=4.5), 1.5)


def test_predict(toy_bundle_dir, image, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image(tmp_path / "a.png", 1000, 1700, (100, 200, 180, 220), (1600, 900, 1700, 1000))
    args = ["predict", "a.png", "--bundle", str(toy_bundle_dir), "--gsd", "0.75"]
    done = CliRunner().invoke(main, args)
    assert done.exit_code == 0, done.output
    assert "resampled by 0.5" in done.stdout
    line = logs.frames("predictions")[0]
    assert (line["scale"], line["gsd_m"], line["shape"]) == (0.5, 0.75, [1000, 1700])
    assert sorted(ship["bbox"] for ship in line["ships"]) == [[100, 200, 180, 220], [1600, 900, 1700, 1000]]
    assert line["ships"][0]["length_m"] == 60
    done = CliRunner().invoke(main, [*args, "--json"])
    assert json.loads(done.stdout)["scales"] == {"a.png": 0.5}


def test_a_georeferenced_scene_knows_it(toy_bundle_dir, make_bundle, edit_manifest, geotiff, sea):
    from shipedge.sources.files import read_frame

    path = str(geotiff(sea(1000, 1700, (100, 200, 180, 220), (1600, 900, 1700, 1000)), nodata=77))
    bundle = make_bundle()
    edit_manifest(bundle, "gsd_m", 3.0)
    result = Cascade(load_bundle(bundle), threads=1)(read_frame(path))
    assert result.scale == 0.5
    assert sorted(ship.bbox for ship in result.ships) == [(100, 200, 180, 220), (1600, 900, 1700, 1000)]
    frame = resampled(read_frame(path), Fraction(1, 2))
    assert not frame.scene.valid.any()
    _ = frame.scene[0:64, 0:64]
    assert frame.scene.valid[:2, :2].all()
    edit_manifest(bundle, "gsd_m", "3")
    with pytest.raises(BundleError, match="gsd_m is '3', expected meters"):
        Cascade(load_bundle(bundle), threads=1)
