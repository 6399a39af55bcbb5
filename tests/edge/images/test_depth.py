"""Pixels of more than 8 bits: read rightly, or named with what to say."""

import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipedge.errors import ConfigError, ImageError
from shipedge.images import decode_image, header_of, parse_stretch

RNG = np.random.default_rng(2)
TYPES = ["int8", "uint16", "int16", "int32", "float32", "float64"]


def tiff(pixels):
    return cv2.imencode(".tif", pixels, [cv2.IMWRITE_TIFF_COMPRESSION, 1])[1].tobytes()  # old ones write LogLuv


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
        with pytest.raises(ImageError, match="nearly all values are below"):
            decode_image(content, "a")
        assert decode_image(content, "a", "auto").mean() == pytest.approx(127, abs=4)


def test_a_glint_does_not_make_a_reflectance_bright():
    scene = RNG.integers(200, 3000, (100, 100, 3)).astype(np.uint16)
    scene[50, 50:53] = 65535
    with pytest.raises(ImageError, match="nearly all values are below 2"):
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


@pytest.mark.parametrize(("kind", "fill"), [("uint16", 65535), ("uint16", 0), ("int16", -32768), ("float32", -9999)])
def test_what_stands_where_nothing_was_measured_says_nothing(kind, fill):
    scene = RNG.integers(200, 3000, (100, 100)).astype(kind)
    scene[:, :20] = fill
    with pytest.raises(ImageError, match=r"nearly all values are below 2|values from 200 to 29"):
        decode_image(tiff(scene), "a")
    assert decode_image(tiff(scene), "a", "auto")[:, 20:].mean() == pytest.approx(127, abs=6)


def test_gdal_says_which_value_is_no_measurement():
    scene = RNG.integers(20000, 60000, (40, 40)).astype(np.uint16)
    scene[:, :10] = 50000
    content = bytearray(tiff(scene))
    at = struct.unpack_from("<I", content, 4)[0]
    entries = struct.unpack_from("<H", content, at)[0]
    table = content[at + 2 : at + 2 + 12 * entries] + struct.pack("<HHII", 42113, 2, 6, len(content))
    content += b"50000\0"
    struct.pack_into("<I", content, 4, len(content))
    content += struct.pack("<H", entries + 1) + table + bytes(4)
    assert header_of(bytes(content), "a").nodata == 50000
    for stretch in (None, "auto", (20000, 60000)):
        seen = decode_image(bytes(content), "a", stretch)
        assert seen[:, :10].max() == 0
        assert seen[:, 10:].mean() > 100


@pytest.mark.parametrize(("stretch", "what"), [((0, 0.3), "above 0.3"), ((5000, 9000), "below 5000")])
def test_a_stretch_that_leaves_nothing_is_named(stretch, what):
    scene = RNG.integers(200, 3000, (30, 30)).astype(np.uint16)
    with pytest.raises(ImageError, match=rf"100 % of its values are {what} \(they lie from 2\d\d to 29\d\d\)"):
        decode_image(tiff(scene), "a", stretch)


def test_nearly_one_value_is_stretched_by_the_others():
    sea = np.full((400, 400), 500, np.uint16)
    sea[10:14, 10:20] = 4000
    assert decode_image(tiff(sea), "a", "auto")[10, 10].tolist() == [255] * 3
