"""The first rows of a JPEG are those of the whole, and damage is told."""

import contextlib
import io

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shipedge.errors import ImageError
from shipedge.images import jpeg_pixels as jpeg
from shipedge.images.jpeg import find_end, scan_end

RNG = np.random.default_rng(4)
PIXELS = cv2.resize(RNG.integers(0, 256, (48, 40, 3), dtype=np.uint8), (300, 400), interpolation=cv2.INTER_CUBIC)


def encode(*options, pixels=PIXELS):
    return cv2.imencode(".jpg", pixels, list(options))[1].tobytes()


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
    whole, part = jpeg.decode(FILES[name], name), jpeg.decode(FILES[name], name, rows)
    assert whole.shape == (400, 300, 3)
    assert min(rows, 400) <= len(part) <= 400
    np.testing.assert_array_equal(part[:rows], whole[:rows])
    if rows < 300 and name != "progressive":
        assert len(part) < rows + 33  # it did stop


def test_the_whole_is_what_opencv_sees():
    seen = cv2.imdecode(np.frombuffer(FILES["420"], np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(jpeg.decode(FILES["420"], "a").astype(int) - seen).max() <= 2


@pytest.mark.parametrize("rows", [None, 100, 390])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9", b"\xff\xd9" + bytes(2000), b"film\xff\xd9"])
@pytest.mark.parametrize("name", ["420", "444", "restart", "grey", "progressive"])
def test_a_cut_image_is_never_painted_grey(name, rows, end):
    whole = FILES[name]
    with pytest.raises(ImageError, match=r"^a: ") as found:
        jpeg.decode(whole[: len(whole) // 5] + end, "a", rows)
    assert found.value.problem in ("truncated", "damaged")


@pytest.mark.parametrize("name", sorted(FILES))
def test_lost_and_exchanged_blocks_are_damage(name):
    whole, size = FILES[name], 512
    blocks = len(whole) // size
    order = [0, 1, 2, 5, 4, 3, *range(6, blocks + 1)]
    exchanged = b"".join(whole[k * size : (k + 1) * size] for k in order)
    lost = [whole[: k * size] + bytes(size) + whole[(k + 1) * size :] for k in range(2, blocks - 1)]
    # Of 350 exchanged blocks of real images libjpeg does not notice 50: there as many pixels come out as before.
    noticed = [exchanged] if name != "grey" else []
    for damaged in (*noticed, *lost, whole[: 3 * size] + whole[4 * size :]):
        with pytest.raises(ImageError, match=r"cannot be decoded|cut off|zero bytes"):
            jpeg.decode(damaged, "a")


def film(size=3000):
    """What phones put behind an image: boxes of a film, with markers of JPEG by chance."""
    noise = RNG.integers(0, 256, size, dtype=np.uint8).tobytes()
    return b"\0\0\0\x18ftypmp42\0\0\0\0" + noise + b"\xff\xda\0\x08\xff\xd8" + noise


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize("behind", [bytes(5000), film(), FILES["444"], FILES["444"][:900], b"\xff\xd9", b"\xff\xda"])
def test_what_stands_behind_the_end_does_no_harm(name, behind):
    for rows in (None, 64):
        found = jpeg.decode(FILES[name] + behind, name, rows)
        np.testing.assert_array_equal(found[:64], jpeg.decode(FILES[name], name)[:64])
    assert find_end(FILES[name] + behind) == len(FILES[name]) - 2
    assert find_end(FILES[name][:-2]) is None


def test_oddities_of_whole_files_are_read():
    whole = FILES["444"]
    scan = whole.index(b"\xff\xda")
    length = int.from_bytes(whole[scan + 2 : scan + 4], "big")
    odd_scan = whole[: scan + 2 + length - 3] + bytes(3) + whole[scan + 2 + length :]  # says: no coefficient
    odd_version = whole.replace(b"JFIF\0\x01", b"JFIF\0\x07")
    padded = whole[:-2] + b"\0\0" + whole[-2:]  # firmware of some cameras
    for odd in (odd_scan, odd_version, padded):
        assert odd != whole
        np.testing.assert_array_equal(jpeg.decode(odd, "a"), jpeg.decode(whole, "a"))
    for odd in (odd_scan, odd_version):  # libjpeg tells its first complaint alone
        with pytest.raises(ImageError, match="cannot be decoded"):
            jpeg.decode(odd[: len(odd) // 2] + b"\xff\xd9", "a")
    with pytest.raises(ImageError, match="extraneous bytes"):
        jpeg.decode(whole[:-2] + bytes(20) + whole[-2:], "a")


def test_four_inks_become_rgb():
    ink = Image.fromarray(PIXELS).convert("CMYK")
    file = io.BytesIO()
    ink.save(file, "JPEG", quality=98)
    seen = np.asarray(Image.open(io.BytesIO(file.getvalue())).convert("RGB"), int)
    assert np.abs(jpeg.decode(file.getvalue(), "a") - seen).mean() < 2


@settings(deadline=None, max_examples=200)
@given(data=st.binary(max_size=60), at=st.integers(2, 400), value=st.integers(0, 255))
def test_any_bytes_are_pixels_or_an_image_error(data, at, value):
    damaged = bytearray(FILES["420"])
    damaged[at] = value
    for file in (b"\xff\xd8" + data, bytes(damaged)):
        with contextlib.suppress(ImageError):
            assert jpeg.decode(file, "a", 64).shape[2] == 3


def test_a_progressive_image_without_its_last_scans_is_cut():
    whole, ends = FILES["progressive"], []
    at = whole.index(b"\xff\xda")
    while at < len(whole) - 2:
        at = scan_end(whole, at + 2 + int.from_bytes(whole[at + 2 : at + 4], "big"))
        ends.append(at)
        at = whole.find(b"\xff\xda", at) if b"\xff\xda" in whole[at:] else len(whole)
    assert len(ends) > 3
    for end in ends[:-1]:
        with pytest.raises(ImageError, match="its last scans are missing"):
            jpeg.decode(whole[:end] + b"\xff\xd9", "a")


def test_fill_bytes_before_the_frame_hide_nothing():
    whole = FILES["progressive"]
    frame = whole.index(b"\xff\xc2")
    filled = whole[:frame] + b"\xff\xff\xff" + whole[frame:]
    np.testing.assert_array_equal(jpeg.decode(filled, "a"), jpeg.decode(whole, "a"))
    first = scan_end(filled, filled.index(b"\xff\xda") + 2)
    with pytest.raises(ImageError, match="last scans are missing"):
        jpeg.decode(filled[: scan_end(filled, first)] + b"\xff\xd9", "a")


@pytest.mark.parametrize("name", ["444", "progressive"])
def test_odd_headers_are_read_in_part_and_in_whole(name):
    odd = FILES[name].replace(b"JFIF\0\x01", b"JFIF\0\x07")
    for rows in (None, 64):
        np.testing.assert_array_equal(jpeg.decode(odd, "a", rows)[:64], jpeg.decode(FILES[name], "a")[:64])


def test_four_inks_are_the_same_in_part_and_at_a_quarter():
    file = io.BytesIO()
    Image.fromarray(PIXELS).convert("CMYK").save(file, "JPEG", quality=95)
    whole = jpeg.decode(file.getvalue(), "a")
    np.testing.assert_array_equal(jpeg.decode(file.getvalue(), "a", 64)[:64], whole[:64])
    grey = jpeg.decode_reduced(file.getvalue(), "a", 4, "GRAY")[..., 0]
    expected = cv2.resize(cv2.cvtColor(whole, cv2.COLOR_RGB2GRAY), grey.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(grey.astype(int) - expected).mean() < 3
