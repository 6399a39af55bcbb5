"""The first rows of a JPEG are those of the whole, and damage is told."""

import contextlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipedge_train import jpeg

RNG = np.random.default_rng(4)
PIXELS = cv2.resize(RNG.integers(0, 256, (48, 40, 3), dtype=np.uint8), (300, 400), interpolation=cv2.INTER_CUBIC)


def encode(*options, pixels=PIXELS):
    return cv2.imencode(".jpg", pixels, list(options))[1].ravel()


FILES = {
    "420": encode(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420),
    "444": encode(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    "restart": encode(cv2.IMWRITE_JPEG_RST_INTERVAL, 7),
    "grey": encode(pixels=PIXELS[..., 0]),
    "progressive": encode(cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
}


@settings(deadline=None)
@given(name=st.sampled_from(sorted(FILES)), rows=st.integers(0, 450))
def test_the_first_rows_are_those_of_the_whole(name, rows):
    whole, part = jpeg.decode(FILES[name]), jpeg.decode(FILES[name], rows)
    assert whole.shape == (400, 300, 3)
    assert min(rows, 400) <= len(part) <= 400
    np.testing.assert_array_equal(part[:rows], whole[:rows])
    if rows < 300 and name != "progressive":
        assert len(part) < rows + 33  # it did stop


def test_the_whole_is_what_opencv_sees():
    seen = cv2.imdecode(FILES["420"], cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(jpeg.decode(FILES["420"]).astype(int) - seen).max() <= 2


@pytest.mark.parametrize("rows", [None, 100, 390])
@pytest.mark.parametrize("end", [b"", jpeg.END])
def test_a_cut_picture_is_never_painted_grey(rows, end):
    whole = FILES["420"]
    cut = np.frombuffer(whole[: len(whole) // 5].tobytes() + end, np.uint8)
    with pytest.raises(ValueError, match=r"[Pp]remature end"):
        jpeg.decode(cut, rows)


def test_what_a_camera_adds_behind_the_end_does_no_harm():
    file = np.concatenate([FILES["420"], np.zeros(5000, np.uint8)])
    assert jpeg.ends(file)
    assert len(jpeg.decode(file, 64)) < 400
    for rows in (None, 64):
        np.testing.assert_array_equal(jpeg.decode(file, rows)[:64], jpeg.decode(FILES["420"])[:64])


@settings(deadline=None, max_examples=200)
@given(data=st.binary(max_size=60), at=st.integers(2, 400), value=st.integers(0, 255))
def test_any_bytes_are_pixels_or_a_value_error(data, at, value):
    damaged = FILES["420"].copy()
    damaged[at] = value
    for file in (np.frombuffer(jpeg.START + data, np.uint8), damaged):
        with contextlib.suppress(ValueError):
            assert jpeg.decode(file, 64).shape[2] == 3
