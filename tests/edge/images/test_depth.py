"""Pixels of more than 8 bits: read rightly, or named with what to say."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipedge.errors import ConfigError, ImageError
from shipedge.images import decode_image, parse_stretch

RNG = np.random.default_rng(2)
TYPES = ["int8", "uint16", "int16", "int32", "float32", "float64"]


def tiff(pixels):
    return cv2.imencode(".tif", pixels)[1].tobytes()


def reference(pixels, low, high):
    return np.clip(np.rint((pixels.astype(np.float64) - low) * 255 / (high - low)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_a_stated_range_becomes_8_bits(kind, shape):
    pixels = RNG.integers(0, 120, shape).astype(kind)
    with pytest.raises(ImageError, match=r"say which values are black and white: --stretch LOW,HIGH") as found:
        decode_image(tiff(pixels), "a")
    assert found.value.problem == "depth"
    seen = decode_image(tiff(pixels), "a", (10, 90))
    expected = reference(pixels, 10, 90)
    np.testing.assert_array_equal(seen, expected[..., ::-1] if len(shape) == 3 else np.dstack([expected] * 3))


@pytest.mark.parametrize("bits", [10, 11, 12, 13, 14])
def test_sensors_of_few_bits_in_16_are_not_black_in_silence(bits):
    scene = RNG.integers(0, 1 << bits, (64, 64, 3)).astype(np.uint16)
    for content in (tiff(scene), cv2.imencode(".png", scene)[1].tobytes()):
        with pytest.raises(ImageError, match="of 16 bits nearly all values are up to"):
            decode_image(content, "a")
        assert decode_image(content, "a", "auto").mean() == pytest.approx(127, abs=4)


def test_a_glint_does_not_make_a_reflectance_bright():
    scene = RNG.integers(200, 3000, (100, 100, 3)).astype(np.uint16)
    scene[50, 50:53] = 65535
    with pytest.raises(ImageError, match="nearly all values are up to 2"):
        decode_image(tiff(scene), "a")
    assert decode_image(tiff(scene), "a", "auto").mean() == pytest.approx(127, abs=5)
    np.testing.assert_array_equal(decode_image(tiff(scene), "a", (0, 3000)), reference(scene, 0, 3000)[..., ::-1])


def test_all_of_16_bits_and_a_black_image():
    full = RNG.integers(0, 1 << 16, (40, 40, 3)).astype(np.uint16)
    np.testing.assert_array_equal(decode_image(tiff(full), "a"), (full >> 8)[..., ::-1])
    assert decode_image(tiff(np.zeros((5, 6), np.uint16)), "a").max() == 0


def test_8_bits_are_never_stretched():
    pixels = RNG.integers(0, 40, (20, 30, 3)).astype(np.uint8)
    np.testing.assert_array_equal(decode_image(tiff(pixels), "a", (0, 3000)), pixels[..., ::-1])


def test_values_that_are_not_numbers_are_black():
    pixels = np.linspace(-1, 1, 600, dtype=np.float32).reshape(20, 30)
    pixels[:5] = np.nan
    pixels[5, 0] = np.inf
    seen = decode_image(tiff(pixels), "a", (0, 1))
    assert seen[:5].max() == 0
    assert seen[5, 0, 0] == 255
    with pytest.raises(ImageError, match="no pixel has a value that is a number"):
        decode_image(tiff(np.full((4, 4), np.nan, np.float32)), "a", "auto")
    assert decode_image(tiff(np.full((4, 4), 7, np.float32)), "a", "auto").max() == 0


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_stretch_is_two_numbers_in_order(low, high):
    if low < high:
        assert parse_stretch(f"{low!r},{high!r}") == (low, high)
    else:
        with pytest.raises(ConfigError, match="LOW below HIGH"):
            parse_stretch(f"{low!r},{high!r}")


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "nan,1", "0,inf", "AUTO"])
def test_other_words_are_refused(text):
    with pytest.raises(ConfigError, match="expected auto or two numbers LOW,HIGH"):
        parse_stretch(text)
