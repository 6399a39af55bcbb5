"""Frames: what they refuse, and pixels that are decoded when they are asked for."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shipedge import _core
from shipedge.errors import ImageError, SourceError
from shipedge.frame import Frame
from shipedge.images import Reading, read_image
from shipedge.sources.files import read_frame


def halve(pixels):
    """Mean of 2 x 2 pixels, rounded; an odd side is continued by its last row or column."""
    height, width = pixels.shape[:2]
    even = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), "edge").astype(int)
    return ((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2] + 2) // 4).astype(np.uint8)


def half_of(frame, top, bottom):
    """Rows of the frame (even, of its full size) at half size."""
    return frame.raster(2)[top // 2 : -(-bottom // 2), 0 : -(-frame.shape[1] // 2)]


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 70)).flatmap(lambda s: arrays(np.uint8, (*s, 3))),
    st.sampled_from([np.s_[:], np.s_[::-1], np.s_[:, ::-1], np.s_[::2, 1:], np.s_[..., ::-1]]),
)
def test_halve(pixels, view):
    seen = pixels[view] if pixels[view].size else pixels
    assert np.array_equal(_core.halve(seen), halve(seen))
    assert np.array_equal(_core.halve(np.asfortranarray(seen)), halve(seen))


@pytest.mark.parametrize(
    "bad", [[[1]], "x", None, np.zeros((3, 3)), np.zeros((3, 3, 4), np.uint8), np.zeros((2, 2, 3))]
)
def test_halve_refuses(bad):
    with pytest.raises((TypeError, ValueError), match=r"expected (a uint8 array|uint8) \(height, width, 3\)"):
        _core.halve(bad)


@pytest.mark.parametrize(
    "bad", [None, [1], np.zeros((3, 3, 3)), np.zeros((0, 3, 3), np.uint8), np.zeros((3, 3), np.uint8)]
)
def test_a_frame_is_refused(bad):
    with pytest.raises(SourceError, match=r"^odd: pixels are .*expected"):
        Frame(bad, "odd")


def test_too_large_for_a_mask():
    wide = np.broadcast_to(np.zeros(3, np.uint8), (70_000, 70_000, 3))
    with pytest.raises(SourceError, match="70000x70000 is too large"):
        Frame(wide, "odd")


@pytest.fixture
def jpeg(tmp_path):
    """jpeg(orientation): a JPEG of 90 x 61 pixels."""

    def write(name="a.jpg"):
        ramp = np.linspace(0, 255, 90 * 61).reshape(61, 90).astype(np.uint8)
        cv2.imwrite(str(tmp_path / name), cv2.merge([ramp, 255 - ramp, ramp // 2]), [cv2.IMWRITE_JPEG_QUALITY, 95])
        return tmp_path / name

    return write


def test_a_jpeg_is_decoded_whole_when_it_is_asked_for(jpeg):
    path = jpeg()
    whole = read_frame(str(path))
    frame = read_frame(str(path), Reading(half=True))
    path.unlink()  # what was read is kept: the file may change meanwhile
    assert frame.shape == whole.shape == (61, 90)
    assert half_of(frame, 0, 61).shape == (31, 45, 3)
    assert np.abs(half_of(frame, 0, 61).astype(int) - half_of(whole, 0, 61)).mean() < 2
    assert np.array_equal(half_of(frame, 2, 11), half_of(frame, 0, 61)[1:6])
    before = frame.decode_ms
    assert np.array_equal(frame.pixels, whole.pixels)
    assert frame.decode_ms > before
    assert frame.pixels is frame.pixels


def test_other_files_are_decoded_at_once(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (21, 30, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels[..., ::-1])
    frame = read_frame(str(tmp_path / "a.png"), Reading(half=True))
    assert np.array_equal(frame.pixels, pixels)
    assert np.array_equal(half_of(frame, 0, 21), halve(pixels))
    assert np.array_equal(half_of(frame, 4, 14), halve(pixels[4:14]))


def test_damage_is_found_at_half_size(jpeg):
    path = jpeg()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(ImageError, match="cut off"):
        read_frame(str(path), Reading(half=True))


def test_looking_for_ships_costs_more_than_decoding(tmp_path, monkeypatch):
    """A small file may be an empty mask of a large scene, but hardly an image of one."""
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((500, 500), np.uint8))
    size = (tmp_path / "a.png").stat().st_size
    monkeypatch.setattr("shipedge.images.budget._ALWAYS", 500 * 500 * 3 - 1)
    assert 100 * size < 500 * 500 * 3
    with pytest.raises(ImageError, match=rf"500x500 pixels in a file of {size} bytes, .* say --max-pixels 250000$"):
        read_frame(str(tmp_path / "a.png"))
    assert read_frame(str(tmp_path / "a.png"), Reading(max_pixels=250_000)).shape == (500, 500)
    assert read_image(tmp_path / "a.png").shape == (500, 500, 3)
    monkeypatch.setattr("shipedge.images.budget._FOR_A_BYTE", 500 * 500 * 3 // size + 1)
    assert read_frame(str(tmp_path / "a.png")).shape == (500, 500)


def test_the_price_list_holds_at_half_size(jpeg):
    with pytest.raises(ImageError, match="90x61"):
        read_frame(str(jpeg()), Reading(half=True, max_pixels=1000))
