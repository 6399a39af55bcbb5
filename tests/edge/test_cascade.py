import numpy as np
import pytest

from shipedge import rle
from shipedge._core import halve
from shipedge.bundle import default_bundle, load_bundle
from shipedge.cascade import Cascade
from shipedge.errors import SourceError
from shipedge.frame import Frame
from shipedge.tiling import cut_window, tile_origins

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")


@pytest.fixture(scope="module")
def cascade(toy_bundle_dir):
    return Cascade(load_bundle(toy_bundle_dir), threads=1)


def boxes(result):
    return sorted(ship.bbox for ship in result.ships)


def test_finds_each_ship_exactly(cascade, sea):
    ships = [(200, 100, 260, 120), (380, 370, 390, 400), (740, 700, 768, 768)]
    pixels = sea(768, 768, *ships)
    result = cascade(Frame(pixels, "x.png", index=3, time_s=0.5, decode_ms=2.0))
    assert boxes(result) == sorted(ships)
    assert (result.source, result.index, result.time_s, result.shape) == ("x.png", 3, 0.5, (768, 768))
    assert result.score > 0.9
    assert result.presence.shape == (24, 24)
    union = rle.union([ship.rle for ship in result.ships], (768, 768)).to_mask()
    assert np.array_equal(union, pixels[..., 0] == 255)
    assert all(0.9 < ship.score <= 1 for ship in result.ships)
    assert result.timings_ms["decode"] == 2.0
    assert set(result.timings_ms) == {"decode", "detector", "segmenter", "post", "refiner"}


def test_no_ship_is_a_result(cascade, sea):
    result = cascade(Frame(sea(768, 768), "calm"))
    assert result.ships == ()
    assert result.score < 0.1
    assert not (result.presence >= 128).any()


@pytest.mark.parametrize(
    ("height", "width", "ship"),
    [
        (492, 656, (600, 480, 656, 492)),
        (100, 90, (10, 70, 40, 95)),
        (33, 1000, (960, 0, 1000, 33)),
        (1601, 1501, (690, 690, 800, 720)),
        (1601, 1501, (1440, 1580, 1501, 1601)),
        (5, 5, (0, 0, 5, 5)),
    ],
)
def test_any_size_of_frame(cascade, sea, height, width, ship):
    result = cascade(Frame(sea(height, width, ship), "any"))
    assert result.shape == (height, width)
    assert result.presence.shape == (-(-height // 32), -(-width // 32))
    assert boxes(result) == [ship]
    assert result.ships[0].rle.shape == (height, width)
    assert result.ships[0].rle.area == (ship[2] - ship[0]) * (ship[3] - ship[1])


def test_one_pixel(cascade, sea):
    assert cascade(Frame(sea(1, 1), "dot")).ships == ()
    bright = cascade(Frame(sea(1, 1, (0, 0, 1, 1)), "dot"))
    assert bright.score > 0.9
    assert bright.ships == ()  # smaller than min_area


def test_ship_longer_than_a_window_is_one_ship(cascade, sea):
    result = cascade(Frame(sea(768, 1600, (50, 300, 1500, 340)), "long"))
    assert boxes(result) == [(50, 300, 1500, 340)]


def test_small_parts_are_dropped(cascade, sea):
    result = cascade(Frame(sea(768, 768, (10, 10, 13, 13), (100, 100, 104, 103)), "specks"))
    assert boxes(result) == [(100, 100, 104, 103)]  # 9 pixels are under min_area, 12 are not


def test_component_without_a_positive_cell_is_dropped(toy_bundle_dir, sea, monkeypatch):
    cascade = Cascade(load_bundle(toy_bundle_dir), threads=1)
    pixels = sea(768, 768, (200, 100, 260, 120), (300, 100, 318, 118))
    detect = cascade.detect

    def blind_on_the_right(pixels):
        presence = detect(pixels)
        presence[:, 9:] = 0  # the second ship starts at column 300 = cell 9
        return presence

    monkeypatch.setattr(cascade, "detect", blind_on_the_right)
    assert boxes(cascade(Frame(pixels, "x"))) == [(200, 100, 260, 120)]


def test_image_threshold_decides_alone(make_bundle, edit_manifest, sea):
    bundle = make_bundle()
    edit_manifest(bundle, "thresholds.image", 0.9999)
    cascade = Cascade(load_bundle(bundle), threads=1)
    cascade._segmenter = None  # must not be asked
    pixels = sea(768, 768)
    pixels[100:200, 100:200] = 165  # p = sigmoid(20 * 165 / 255 - 12) = 0.72
    result = cascade(Frame(pixels, "x"))
    assert result.score == pytest.approx(0.72, abs=0.03)
    assert result.ships == ()


def test_float16_bundle_finds_the_same(make_bundle, sea):
    cascade = Cascade(load_bundle(make_bundle("float16")), threads=1)
    assert boxes(cascade(Frame(sea(492, 656, (100, 100, 160, 130)), "x"))) == [(100, 100, 160, 130)]


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_pixels_of_another_kind_are_refused(cascade, pixels):
    with pytest.raises(SourceError, match=r"bad: pixels are .* expected uint8 \(height, width, 3\) RGB"):
        cascade(Frame(pixels, "bad"))


def test_flips_look_at_the_mirror_image_too(toy_bundle_dir, sea, monkeypatch):
    bundle = load_bundle(toy_bundle_dir)
    pixels = sea(768, 1000, (200, 100, 260, 120), (930, 700, 1000, 768))
    plain, flipped = Cascade(bundle, threads=1), Cascade(bundle, threads=1, flips=True)
    assert boxes(flipped(Frame(pixels, "x"))) == boxes(plain(Frame(pixels, "x")))
    # A segmenter that is blind on its left half sees what lies there in the mirror image, at half the probability.
    segment = flipped._segmenter

    class HalfBlind:
        window = segment.window

        def __call__(self, window):
            found = segment(window)
            found[:, : self.window // 2] = 0
            return found

    monkeypatch.setattr(flipped, "_segmenter", HalfBlind())
    (window,) = flipped.segment(Frame(sea(384, 384, (20, 100, 60, 120)), "x"), [(0, 0)])
    assert 120 <= window[2][110, 40] <= 129


def test_frame_is_not_changed(cascade, sea):
    pixels = sea(500, 500, (100, 100, 150, 150))
    before = pixels.copy()
    pixels.flags.writeable = False
    cascade(Frame(pixels, "x"))
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("shape", [(1601, 1501), (768, 900), (31, 33), (1504, 770), (2305, 5)])
def test_strips_at_half_size_are_the_whole_frame_at_half_size(shape):
    """Halved row of tiles by row of tiles, each tile is what it would be of the whole, also in its mirror image."""
    seen = []

    def detector(window):
        seen.append(window.copy())
        return np.zeros((24, 24), np.uint8)

    detector.window = 384
    bundle = default_bundle()
    assert (bundle.detector.reduce, bundle.detector.window) == (2, 768)
    cascade = Cascade(bundle, threads=1, device="cpu")
    cascade._detector = detector
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    cascade(Frame(pixels, "any"))
    half = halve(pixels)
    expected = [cut_window(half, top // 2, left // 2, 384) for top, left in tile_origins(shape, 768)]
    assert len(seen) == len(expected)
    assert all(np.array_equal(tile, there) for tile, there in zip(seen, expected, strict=True))
