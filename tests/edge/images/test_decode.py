"""Pixels as viewers show them, from every format; Pillow is the second witness."""

import io
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from shipedge.errors import ImageError
from shipedge.images import decode_image, decode_reduced, header_of, image_size, read_image

RNG = np.random.default_rng(8)
PIXELS = cv2.resize(RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8), (90, 60), interpolation=cv2.INTER_NEAREST)
EXACT = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True, "quality": 0}, "BMP": {}, "PPM": {}}
OPTIONS = {**EXACT, "JPEG": {"quality": 100, "subsampling": 0}, "JPEG2000": {}}


def saved(form, pixels=PIXELS, **options):
    file = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(file, form, **OPTIONS[form], **options)
    return file.getvalue()


def encode(pixels, suffix=".png"):
    return cv2.imencode(suffix, pixels)[1].tobytes()


@pytest.mark.parametrize("form", sorted(OPTIONS))
def test_colors_are_rgb_and_the_header_says_the_size(form, tmp_path):
    path = tmp_path / "misnamed.jpg"
    path.write_bytes(saved(form))
    found = read_image(path)
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - PIXELS).max() <= (0 if form in EXACT else 9)
    assert image_size(path) == (60, 90)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_is_applied_in_size_and_pixels(form, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    content = saved(form, exif=exif)
    shown = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"), int)
    found = decode_image(content, "a")
    assert header_of(content, "a").shape == found.shape[:2] == shown.shape[:2]
    assert np.abs(found - shown).max() <= (9 if form == "JPEG" else 0)
    half = decode_reduced(content, "a", 2)
    assert half.shape == (-(-shown.shape[0] // 2), -(-shown.shape[1] // 2), 3)
    assert np.abs(half.astype(int) - cv2.resize(found, half.shape[1::-1], interpolation=cv2.INTER_AREA)).mean() < 20


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_there_is_not_is_none(value):
    exif = Image.Exif()
    exif[274] = value
    assert header_of(saved("JPEG", exif=exif), "a").orientation == 1


def test_grey_alpha_and_palettes():
    grey = decode_image(encode(np.full((5, 6), 99, np.uint8)), "grey")
    assert (grey == 99).all()
    assert grey.shape == (5, 6, 3)
    opaque = np.dstack([PIXELS, np.full((60, 90), 255, np.uint8)])
    np.testing.assert_array_equal(decode_image(saved("PNG", opaque), "a"), PIXELS)
    half = opaque.copy()
    half[:30, :, 3] = 7  # transparency is dropped where the colors show something
    np.testing.assert_array_equal(decode_image(saved("PNG", half), "a"), PIXELS)
    palette = Image.fromarray(PIXELS).quantize(64)
    np.testing.assert_array_equal(decode_image(saved("PNG", palette), "a"), np.asarray(palette.convert("RGB")))
    bilevel = Image.fromarray(PIXELS[..., 0] > 99)
    for form in ("PNG", "TIFF"):
        np.testing.assert_array_equal(decode_image(saved(form, bilevel), "a")[..., 0] > 0, PIXELS[..., 0] > 99)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_an_image_whose_shape_lies_in_its_transparency(form):
    clear = np.full((60, 90, 4), 255, np.uint8)
    clear[..., 3] = 0
    clear[20:30, 40:50, 3] = 255
    with pytest.raises(ImageError, match="all that it shows is in its transparency"):
        decode_image(saved(form, clear), "a")


@pytest.mark.parametrize("form", sorted(OPTIONS))
@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_a_cut_image_is_named(form, keep):
    noise = RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = saved(form, noise)
    with pytest.raises(ImageError, match=r"^half: .*(cut off|ends before|damaged)") as found:
        decode_image(content[: int(len(content) * keep)], "half")
    assert found.value.problem in ("truncated", "damaged")


@pytest.mark.parametrize("form", sorted(OPTIONS))
def test_what_stands_behind_an_image_does_no_harm(form):
    content = saved(form)
    np.testing.assert_array_equal(decode_image(content + RNG.bytes(3000), "a"), decode_image(content, "a"))


@pytest.mark.parametrize(
    ("form", "options"),
    [("WEBP", {}), ("TIFF", {"compression": "tiff_lzw"}), ("TIFF", {"compression": "tiff_deflate"})],
)
def test_lost_blocks_are_named(form, options):
    noise = RNG.integers(0, 256, (128, 128, 3), dtype=np.uint8)
    content = saved(form, noise, **options)
    assert decode_image(content, "a").shape == (128, 128, 3)
    for start in range(4096, len(content) - 4096, 4096):
        with pytest.raises(ImageError, match=r"zero bytes in its pixels|damaged"):
            decode_image(content[:start] + bytes(1024) + content[start + 1024 :], "a")


def test_lost_blocks_of_jpeg_2000():
    noise = RNG.integers(0, 256, (256, 256, 3), dtype=np.uint8)
    content = saved("JPEG2000", noise)
    with pytest.raises(ImageError, match="zero bytes in its pixels"):
        decode_image(content[:9000] + bytes(5000) + content[14000:], "a")
    black = saved("JPEG2000", np.zeros((2000, 2000), np.uint8))
    assert decode_image(black, "a").max() == 0


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_png_checksums_and_odd_chunks(capfd):
    content = saved("PNG")
    odd = content[:33] + chunk(b"iCCP", b"x\0\0junk") + chunk(b"tEXt", b"k\0v")[:-1] + b"?" + content[33:]
    np.testing.assert_array_equal(decode_image(odd, "a"), PIXELS)
    at = content.index(b"IDAT") + 20
    with pytest.raises(ImageError, match="checksum of a chunk IDAT is wrong"):
        decode_image(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :], "a")
    assert capfd.readouterr() == ("", "")  # libpng would print a line about each of them


@pytest.mark.parametrize("form", ["PNG", "WebP"])
def test_an_animation_is_no_image(form):
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, form, save_all=True, append_images=[Image.fromarray(255 - PIXELS)])
    with pytest.raises(ImageError, match=f"an animated {form}, expected one image"):
        decode_image(file.getvalue(), "a")


def test_sizes_that_are_refused_before_anything_is_decoded():
    with pytest.raises(ImageError, match=r"x\.pgm: 40000x40000 pixels, expected at most 268435456"):
        decode_image(b"P5\n40000 40000\n255\n", "x.pgm")
    with pytest.raises(ImageError, match=r"90x60 pixels, expected 60x90 \(width x height\)") as found:
        decode_image(saved("PNG"), "a", shape=(90, 60))
    assert found.value.problem == "size"
    assert decode_image(encode(np.zeros((1, 1, 3), np.uint8)), "dot").shape == (1, 1, 3)


def test_files_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "empty.jpg").touch()
    for name, message in (
        ("pipe.jpg", "is a pipe, socket or device, expected an image file"),
        ("empty.jpg", "the file is empty"),
        ("absent.jpg", "cannot be read: No such file"),
        (".", "is a folder"),
    ):
        with pytest.raises(ImageError, match=message):
            read_image(tmp_path / name)


def test_gray_levels_of_netpbm_files_are_scaled_by_what_they_call_white():
    shades = np.array([[0, 30, 50], [70, 99, 100]])
    expected = np.rint(shades * 255 / 100).astype(np.uint8)
    digits = b"P2\n# a comment\n3 2\n100\n" + b" ".join(b"%d" % value for value in shades.ravel())
    binary = b"P5 3 2 100\n" + shades.astype(np.uint8).tobytes()
    deep = b"P5 3 2 1000\n" + (shades * 10).astype(">u2").tobytes()
    for content in (digits, binary, deep):
        np.testing.assert_array_equal(decode_image(content, "a")[..., 1], expected)
    with pytest.raises(ImageError, match="values above white, which is 99"):
        decode_image(binary.replace(b"100", b"99"), "a")
    bits = [b"P1\n3 2\n0 1 0 1 1 0", b"P1\n3 2\n010110", b"P4\n3 2\n" + bytes([0b01000000, 0b11000000])]
    for content in bits:
        assert (decode_image(content, "a")[..., 0] == 255 * np.array([[1, 0, 1], [0, 0, 1]])).all()
    for content in (*bits, digits, binary, deep):
        with pytest.raises(ImageError, match=r"cut off|ends before"):
            decode_image(content[:-4], "a")


def test_a_bmp_with_its_colors_in_another_order_is_named():
    head = struct.pack("<2sIHHI", b"BM", 0, 0, 0, 66) + struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, 32, 3, 0, 0, 0, 0, 0)
    usual, other = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF), struct.pack("<III", 0xFF, 0xFF00, 0xFF0000)
    pixels = bytes([10, 20, 30, 0, 40, 50, 60, 0])
    assert decode_image(head + usual + pixels, "a").tolist() == [[[30, 20, 10], [60, 50, 40]]]
    with pytest.raises(ImageError, match="its colors in an unusual order"):
        decode_image(head + other + pixels, "a")
