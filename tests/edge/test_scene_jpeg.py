"""Strips that are cut out of a JPEG show the pixels of the whole image, and damage is named."""

import cv2
import numpy as np
import pytest

pytest.importorskip("simplejpeg", reason="simplejpeg is not installed (extra edge)")

from shipedge._core import cut_jpeg, jpeg_strips
from shipedge.errors import ImageError, RleFormatError
from shipedge.images import decode_reduced, read_image
from shipedge.scene import open_scene, opening
from shipedge.scene.jpeg import JpegRows
from shipedge.sources.files import read_frame

SAMPLINGS = ["444", "422", "440", "420", "411"]
RESTARTS, OPTIMIZED = [cv2.IMWRITE_JPEG_RST_INTERVAL, 7], [cv2.IMWRITE_JPEG_OPTIMIZE, 1]


@pytest.fixture
def jpeg(tmp_path):
    """jpeg((height, width), *parameters) -> a file of noise on a ramp."""

    def write(shape, *parameters):
        height, width = shape
        noise = np.random.default_rng(height).integers(0, 90, (height, width, 3))
        pixels = (noise + np.linspace(0, 160, width)[:, None]).astype(np.uint8)
        path = tmp_path / "a.jpg"
        cv2.imwrite(str(path), pixels, list(parameters))
        return path

    return write


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("more", [[], RESTARTS, OPTIMIZED])
@pytest.mark.parametrize("shape", [(301, 133), (17, 33), (16, 16), (1, 1), (200, 7)])
def test_rows_are_those_of_the_whole_image(jpeg, shape, sampling, more):
    path = jpeg(
        shape, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, getattr(cv2, f"IMWRITE_JPEG_SAMPLING_FACTOR_{sampling}"), *more
    )
    whole, rows = read_image(path), JpegRows(str(path))
    assert (rows.height, rows.width) == shape
    rng = np.random.default_rng(0)
    for _ in range(8):  # in any order
        top = int(rng.integers(0, shape[0]))
        bottom = int(rng.integers(top, shape[0])) + 1
        found = rows.read([1, 2, 3], ((top, bottom), (0, shape[1])))
        assert np.array_equal(np.moveaxis(found, 0, 2), whole[top:bottom])


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("shape", [(301, 133), (17, 33), (16, 16), (1, 1), (200, 7)])
def test_half_size(jpeg, monkeypatch, shape, sampling):
    monkeypatch.setattr(opening, "LARGE", 0)
    path = jpeg(shape, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, getattr(cv2, f"IMWRITE_JPEG_SAMPLING_FACTOR_{sampling}"))
    frame = read_frame(str(path))
    whole = decode_reduced(path.read_bytes(), "a.jpg", 2)
    half = frame.raster(2)
    assert half.shape == whole.shape
    assert np.array_equal(half[0:300, 0:300], whole)
    assert np.array_equal(half[31:70, 3:50], whole[31:70, 3:50])
    assert frame.decode_ms > 0


def test_grey(tmp_path):
    cv2.imwrite(str(tmp_path / "a.jpg"), np.random.default_rng(0).integers(0, 256, (90, 70), np.uint8))
    found = JpegRows(str(tmp_path / "a.jpg")).read([1], ((20, 61), (0, 70)))
    assert np.array_equal(np.moveaxis(found, 0, 2), read_image(tmp_path / "a.jpg")[20:61])


def test_a_large_jpeg_needs_no_rasterio(jpeg, monkeypatch):
    monkeypatch.setattr(opening, "LARGE", 0)
    monkeypatch.setattr(opening, "is_installed", lambda: False)
    path = jpeg((200, 300))
    assert np.array_equal(open_scene(str(path))[10:150, 20:200], read_image(path)[10:150, 20:200])
    path = jpeg((200, 300), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    with pytest.raises(RleFormatError, match="not sequential"):
        JpegRows(str(path))
    assert open_scene(str(path)) is None


@pytest.mark.parametrize("more", [[], RESTARTS])
def test_a_cut_file(jpeg, tmp_path, monkeypatch, more):
    monkeypatch.setattr(opening, "LARGE", 0)
    path = jpeg((400, 300), *more)
    content = path.read_bytes()
    for end in (len(content) - 2, len(content) - 300, len(content) // 2, len(content) // 10):
        path.write_bytes(content[:end])
        with pytest.raises(ImageError, match=r"a\.jpg: .*cut off"):
            _ = open_scene(str(path))[:, :]


@pytest.mark.parametrize("more", [[], RESTARTS, OPTIMIZED])
def test_damage_is_named_wherever_the_whole_image_names_it(jpeg, monkeypatch, more):
    monkeypatch.setattr(opening, "LARGE", 0)
    path = jpeg((300, 200), *more)
    content = path.read_bytes()
    rng = np.random.default_rng(5)
    named = 0
    for _ in range(60):
        damaged = bytearray(content)
        at = int(rng.integers(700, len(content) - 40))
        damaged[at : at + 20] = rng.bytes(20)
        path.write_bytes(damaged)
        try:
            whole = read_image(path)
        except ImageError:
            with pytest.raises(ImageError):
                _ = open_scene(str(path))[:, :]
            named += 1
        else:
            try:
                pixels = open_scene(str(path))[:, :]
            except ImageError:  # stricter: a coefficient out of range
                continue
            assert np.array_equal(pixels, whole)
    assert named > 20


@pytest.mark.parametrize(
    "start", [[0] * 8, [-1] * 8, [2**62] * 8, [700, 0, 65, 0, 0, 0, 0, 0], [700, 0, 8, 0, 0, 2**62, 0, 0]]
)
def test_a_wrong_beginning(jpeg, start):
    content = jpeg((64, 64)).read_bytes()
    _, _, begin = jpeg_strips(content)
    with pytest.raises(RleFormatError, match=r"no row begins there|out of range|is none of its table|end"):
        cut_jpeg(content, np.array(start), 1, 3)
    for first, count in ((0, 0), (4, 1), (0, 5)):
        with pytest.raises(RleFormatError, match="no such rows"):
            cut_jpeg(content, begin, first, count)
