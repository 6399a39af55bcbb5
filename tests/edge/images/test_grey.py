import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipedge.images import grey, jpeg_pixels
from shipedge.images.depth import to_8_bits


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_grey_becomes_three_equal_channels(height, width, strip, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grey, "_STRIP", strip)
        assert np.array_equal(grey.spread(grey.make_room(pixels)), np.repeat(pixels[..., None], 3, axis=2))


@pytest.mark.parametrize("stretch", [None, "auto", (3000.0, 60000.0)])
@pytest.mark.parametrize("shape", [(7, 9), (7, 9, 3), (1, 64)])
@pytest.mark.parametrize("nodata", [None, 65535.0])
def test_strips_of_16_bits_are_the_whole(shape, stretch, nodata, monkeypatch):
    pixels = np.random.default_rng(1).integers(0, 1 << 16, shape, np.uint16)
    pixels.reshape(-1)[::7] = 65535
    whole = to_8_bits(pixels, "a", stretch, nodata)
    monkeypatch.setattr("shipedge.images.depth._STRIP", 5)
    assert np.array_equal(to_8_bits(pixels, "a", stretch, nodata), whole)
    if stretch is None:
        assert np.array_equal(whole, np.where(pixels == nodata, 0, pixels >> 8))


@pytest.mark.parametrize("colors", ["RGB", "GRAY"])
def test_strips_of_ink_are_the_whole(colors, monkeypatch):
    ink = np.random.default_rng(2).integers(0, 256, (6, 11, 4), np.uint8)
    monkeypatch.setattr(jpeg_pixels, "_STRIP", 5)
    rgb = ink[..., :3].astype(int) * ink[..., 3:] // 255
    if colors == "GRAY":
        rgb = np.rint(rgb @ np.array([0.299, 0.587, 0.114]))[..., None]
    assert np.array_equal(jpeg_pixels._without_ink(ink, colors), rgb)
