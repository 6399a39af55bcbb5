"""TIFF: kinds that are read, and those that are named because OpenCV reads them wrongly or without a complaint."""

import io
import struct
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from PIL import Image

from shipedge.errors import ImageError
from shipedge.images import decode_image, header_of

RNG = np.random.default_rng(8)
PIXELS = cv2.resize(RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8), (90, 60), interpolation=cv2.INTER_NEAREST)


def saved(pixels=PIXELS, **options):
    file = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(file, "TIFF", **options)
    return file.getvalue()


def test_16_bit_tiff_is_turned_like_8_bit(tmp_path):
    deep = (PIXELS.astype(np.uint16) << 8)[..., 0]
    image = Image.fromarray(deep)
    content = saved(image, tiffinfo={274: 6})
    np.testing.assert_array_equal(decode_image(content, "a")[..., 0], np.rot90(PIXELS[..., 0], -1))


def test_a_tiff_of_several_images():
    first, second = Image.fromarray(PIXELS), Image.fromarray(255 - PIXELS)
    pages, preview = io.BytesIO(), io.BytesIO()
    first.save(pages, "TIFF", save_all=True, append_images=[second, second])
    with pytest.raises(ImageError, match="a TIFF of 3 images of one size, expected one"):
        decode_image(pages.getvalue(), "a")
    first.save(preview, "TIFF", save_all=True, append_images=[second.resize((9, 6))])
    np.testing.assert_array_equal(decode_image(preview.getvalue(), "a"), PIXELS)


def tiff(planes, photometric, bits=8, planar=1, extra=(), **more):
    """An uncompressed TIFF, one strip for each plane."""
    height, width = planes[0].shape[:2]
    channels = len(planes) if planar == 2 else (planes[0].shape[2] if planes[0].ndim == 3 else 1)
    data = b"".join(plane.tobytes() for plane in planes)
    sizes, places = [plane.nbytes for plane in planes], np.cumsum([8, *(plane.nbytes for plane in planes)])[:-1]
    tags = {256: [width], 257: [height], 258: [bits] * channels, 259: [1], 262: [photometric]}
    tags |= {273: places.tolist(), 277: [channels], 278: [height], 279: sizes, 284: [planar]}
    tags |= {int(key): value for key, value in more.items()}
    if extra:
        tags[338] = list(extra)
    at = 8 + len(data) + len(data) % 2
    table, behind = b"", b""
    room = at + 2 + 12 * len(tags) + 4
    for tag, values in sorted(tags.items()):
        kind = 4 if tag in (273, 279) else 3
        packed = struct.pack(f"<{len(values)}{'I' if kind == 4 else 'H'}", *values)
        value = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack("<I", room + len(behind))
        behind += packed if len(packed) > 4 else b""
        table += struct.pack("<HHI", tag, kind, len(values)) + value
    head = struct.pack("<2sHI", b"II", 42, at) + data + b"\0" * (len(data) % 2)
    return head + struct.pack("<H", len(tags)) + table + bytes(4) + behind


GREY = PIXELS[..., 0].copy()
FOUR = np.dstack([PIXELS, RNG.integers(1, 255, GREY.shape, dtype=np.uint8)])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(tiff([PIXELS], 2), PIXELS, id="RGB"),
        pytest.param(tiff([GREY], 1), np.dstack([GREY] * 3), id="grey"),
        pytest.param(tiff([255 - GREY], 0), np.dstack([GREY] * 3), id="0 is white"),
        pytest.param(tiff([65535 - GREY.astype("<u2") * 257], 0, 16), np.dstack([GREY] * 3), id="0 is white, 16 bits"),
        pytest.param(tiff([PIXELS[..., k].copy() for k in range(3)], 2, planar=2), PIXELS, id="bands apart"),
        pytest.param(tiff([FOUR], 2, extra=[2]), PIXELS, id="unassociated alpha"),
        pytest.param(tiff([FOUR], 2, extra=[1]), PIXELS, id="associated alpha"),
        pytest.param(tiff([FOUR], 2, extra=[0]), PIXELS, id="infrared"),
        pytest.param(tiff([PIXELS.astype("<u2") * 257], 2, 16), PIXELS, id="16 bits"),
    ],
)
def test_tiff_kinds_that_are_read(content, expected):
    np.testing.assert_array_equal(decode_image(content, "a"), expected)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tiff([PIXELS[..., k].astype("<u2") for k in range(3)], 2, 16, planar=2), "16 bits with its bands one after"),
        (tiff([PIXELS], 1), "3 bands that it calls shades of grey"),
        (tiff([PIXELS], 8), "CIE LAB colors"),
        (tiff([np.dstack([FOUR, GREY])], 2, extra=[0, 0]), "5 bands"),
        (tiff([FOUR.astype("<u2")], 5, 16), "16 bits and photometric interpretation 5"),
        (tiff([GREY[:, ::2].copy()], 1, 4), "4 bits"),
        (tiff([GREY], 1, **{"259": [50000]}), "packed with ZSTD"),
        (tiff([GREY], 1, **{"254": [1], "330": [8]}), "a camera's raw file, whose first image is a preview"),
    ],
)
def test_tiff_kinds_that_are_named(content, message):
    with pytest.raises(ImageError, match=message):
        decode_image(content, "a")


def test_a_preview_before_the_image_is_not_the_image():
    preview, image = Image.fromarray(255 - PIXELS).resize((9, 6)), Image.fromarray(PIXELS)
    preview.encoderinfo, image.encoderinfo = {"tiffinfo": {254: 1}}, {"tiffinfo": {254: 0}}
    file = io.BytesIO()
    preview.save(file, "TIFF", save_all=True, append_images=[image], tiffinfo={254: 1})
    np.testing.assert_array_equal(decode_image(file.getvalue(), "a"), PIXELS)


@pytest.mark.parametrize("compression", ["tiff_deflate", "tiff_adobe_deflate"])
def test_a_damaged_deflate_stream_is_named(compression):
    noise = RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = saved(noise, compression=compression)
    np.testing.assert_array_equal(decode_image(content, "a"), noise)
    for place in range(len(content) // 4, 3 * len(content) // 4, 997):
        damaged = content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]
        with pytest.raises(ImageError, match="the TIFF is damaged"):
            decode_image(damaged, "a")


def test_a_black_area_in_deflate_is_no_lost_block():
    scene = np.vstack([np.zeros((3000, 500, 3), np.uint8), RNG.integers(0, 256, (100, 500, 3), dtype=np.uint8)])
    for level in (0, 9):
        encoded = cv2.imencode(".tif", scene, [cv2.IMWRITE_TIFF_COMPRESSION, 8])[1].tobytes() if level else saved(scene)
        assert decode_image(encoded, "a", max_pixels=1 << 22).shape == scene.shape


def test_directories_that_lie_beyond_every_file():
    for start in (b"II+\0\x08\0\0\0" + b"\xff" * 8, b"II*\0\xff\xff\xff\xff"):
        with pytest.raises(ImageError, match="ends before its size is said"):
            header_of(start, "a")


def test_a_small_image_before_a_large_one():
    file = io.BytesIO()
    small, large = Image.fromarray(PIXELS[:6, :9]), Image.fromarray(PIXELS)
    small.save(file, "TIFF", save_all=True, append_images=[large])
    with pytest.raises(ImageError, match="whose first image is smaller than another"):
        decode_image(file.getvalue(), "a")


@pytest.mark.parametrize(("bits", "photometric"), [(16, 1), (16, 0)])
def test_deep_grey_with_transparency_is_named(bits, photometric):
    two = np.dstack([GREY, GREY]).astype("<u2")
    with pytest.raises(ImageError, match="16 bits with transparency"):
        decode_image(tiff([two], photometric, bits, extra=[2]), "a")


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg"])
def test_damage_without_checksums_is_named(compression, capfd):
    noise = RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = bytearray(saved(noise, compression=compression))
    assert decode_image(bytes(content), "a").shape == (64, 64, 3)
    half = len(content) // 2
    content[half : half + 200] = bytes(range(200, 0, -1))
    with pytest.raises(ImageError, match=r"the TIFF is damaged: |the JPEG cannot be decoded"):
        decode_image(bytes(content), "a")
    assert capfd.readouterr() == ("", "")


def test_several_threads_blame_the_right_file():
    good = saved(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8), compression="tiff_lzw")
    bad = bytearray(good)
    bad[4000:4300] = bytes(300)
    bad[5000:5200] = bytes(range(200))

    def is_good(content):
        try:
            return decode_image(content, "a").shape == (64, 64, 3)
        except ImageError:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(is_good, [good, bytes(bad)] * 20)) == [True, False] * 20
