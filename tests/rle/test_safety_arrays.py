"""Any NumPy array is read right or refused with a sentence, and nothing beside an output is ever touched."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

import reference
from shipedge import rle
from shipedge.errors import RleFormatError

RUBBISH = 0xA5


def unaligned(shape, offset):
    """A C-contiguous (height, width) view that starts at any byte, and the rubbish around it."""
    size = shape[0] * shape[1]
    memory = np.full(offset + size + 64, RUBBISH, np.uint8)
    return memory[offset : offset + size].reshape(shape), memory


def is_untouched_around(memory, offset, size):
    return bool((memory[:offset] == RUBBISH).all() and (memory[offset + size :] == RUBBISH).all())


@pytest.mark.parametrize("height", [1, 2, 63, 65, 130])
def test_every_width_on_unaligned_memory(height):
    rng = np.random.default_rng(height)
    for width in range(1, 201):
        shape, offset = (height, width), width % 64
        truth = (rng.random(shape) < rng.choice([0.02, 0.5, 0.98])).astype(np.uint8)
        other = (rng.random(shape) < 0.05).astype(np.uint8)
        mask, _ = unaligned(shape, offset)
        mask[...] = truth * rng.integers(1, 256, shape, np.uint8)
        text = rle.encode(mask)
        assert text == reference.encode(truth)
        for order in "FC":
            out, memory = unaligned(shape, offset)
            rle.decode(reference.encode(truth, order), shape, order=order, out=out)
            np.testing.assert_array_equal(out, truth)
            assert is_untouched_around(memory, offset, out.size)
        rle.decode_union([text, None, reference.encode(other)], shape, out=out)
        np.testing.assert_array_equal(out, truth | other)
        assert is_untouched_around(memory, offset, out.size)


@pytest.mark.parametrize("shape", [(1, 1), (7, 65), (64, 64), (129, 70)])
def test_batches_on_unaligned_memory(shape):
    rng = np.random.default_rng(1)
    masks = (rng.random((5, *shape)) < 0.3).astype(np.uint8)
    for offset in (0, 1, 31, 63):
        memory = np.full(offset + masks.size + 64, RUBBISH, np.uint8)
        out = memory[offset : offset + masks.size].reshape(masks.shape)
        rle.decode_batch([[reference.encode(mask)] for mask in masks], out)
        np.testing.assert_array_equal(out, masks)
        assert is_untouched_around(memory, offset, out.size)


@pytest.mark.parametrize("size", [(1448, 1448), (2900, 2901), (1, 9_000_000), (9_000_000, 1)])
def test_large_masks_on_unaligned_memory(size):
    """Large memory is cleared in another way than small memory."""
    out, memory = unaligned(size, 13)
    pixels = size[0] * size[1]
    rle.decode(f"1 1 {pixels} 1", size, out=out)
    assert (out.sum(), out.flat[0], out.flat[-1]) == (2, 1, 1)
    assert is_untouched_around(memory, 13, pixels)
    assert rle.encode(out) == f"1 1 {pixels} 1"


def views_of(mask):
    """The same pixels in every kind of memory."""
    height, width = mask.shape
    yield "Fortran", np.asfortranarray(mask)
    yield "upside down", mask[::-1].copy()[::-1]
    yield "mirrored", mask[:, ::-1].copy()[:, ::-1]
    yield "turned round", mask[::-1, ::-1].copy()[::-1, ::-1]
    yield "every third column", np.repeat(mask, 3, axis=1)[:, ::3]
    yield "every second row", np.repeat(mask, 2, axis=0)[::2]
    yield "a cut of a larger array", np.pad(mask, 9, constant_values=1)[9:-9, 9:-9]
    channels = np.full((height, width, 3), 77, mask.dtype)
    channels[:, :, 1] = mask
    yield "a channel of an image", channels[:, :, 1]
    record = np.zeros(mask.shape, [("pad", "u1"), ("mask", mask.dtype)])
    record["mask"] = mask
    yield "an unaligned field", record["mask"]
    frozen = mask.copy()
    frozen.flags.writeable = False
    yield "read-only", frozen


@pytest.mark.parametrize("dtype", ["bool", "u1", "i1", ">u2", "<i2", ">i4", ">u8", "i8"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (90, 1), (66, 131)])
def test_every_kind_of_memory_and_integer(dtype, shape):
    rng = np.random.default_rng(3)
    highest = 2 if dtype == "bool" else np.iinfo(dtype).max
    values = rng.integers(1, highest, shape, np.int64, endpoint=dtype != "bool") if highest < 2**63 else 1 << 40
    mask = np.where(rng.random(shape) < 0.3, values, 0).astype(dtype)
    text = reference.encode(mask)
    for name, view in views_of(mask):
        assert rle.encode(view) == text, name
        assert rle.Rle.from_mask(view).to_airbus() == text, name


def test_values_whose_last_byte_is_zero_are_ship():
    for dtype in ("<u2", ">u2", "<i4", ">i8"):
        assert rle.encode(np.array([[256, 0], [0, -256 % 65536]]).astype(dtype)) == "1 1 4 1"


def test_masks_that_mix_1_and_255():
    mask = np.array([[1, 255, 0], [255, 1, 255], [0, 2, 254]], np.uint8)
    assert rle.encode(mask) == reference.encode(mask != 0)
    np.testing.assert_array_equal(rle.decode(rle.encode(mask), (3, 3)), mask != 0)


def test_one_byte_shown_as_a_whole_mask():
    assert rle.encode(np.broadcast_to(np.uint8(1), (300, 200))) == "1 60000"
    assert rle.encode(np.broadcast_to(np.uint8([0, 1, 1]), (2, 3))) == "3 4"
    assert rle.encode(as_strided(np.uint8([0, 1, 0, 1, 1]), (3, 3), (1, 1))) == reference.encode(
        np.array([[0, 1, 0], [1, 0, 1], [0, 1, 1]])
    )


@pytest.mark.parametrize("shape", [(0, 0), (0, 7), (7, 0), (0, 4294967295), (4294967295, 0)])
def test_shapes_without_pixels(shape):
    assert rle.parse("", shape).area == 0
    assert rle.decode("", shape).shape == shape
    assert rle.encode(rle.decode("", shape)) == ""
    assert rle.components(rle.parse("", shape)) == []
    with pytest.raises(RleFormatError):
        rle.parse("1 1", shape)


FLOATS = ["f2", "f4", ">f8", "c8"]


@pytest.mark.parametrize("dtype", [*FLOATS, "O", "S1", "U1", "M8[s]", "m8[s]", [("a", "u1")], "V1"])
def test_what_holds_no_integers_is_no_mask(dtype):
    mask = np.zeros((3, 4), dtype)
    for call in (rle.encode, rle.Rle.from_mask, rle.components):
        with pytest.raises(TypeError, match="expected"):
            call(mask)


@pytest.mark.parametrize("mask", [None, 0, b"ab", bytearray(4), memoryview(b"abcd"), [[0, 1]], "1 2"])
def test_what_is_no_array_is_no_mask(mask):
    with pytest.raises(TypeError, match="expected a NumPy array"):
        rle.encode(mask)


def test_outputs_that_overlap_their_own_memory_or_lie_about_it_are_refused():
    for out in (
        as_strided(np.zeros(20, np.uint8), (20, 30), (0, 1)),
        np.zeros((20, 30), np.uint8)[::-1],
        np.zeros((20, 30), ">u2"),
        np.broadcast_to(np.uint8(0), (20, 30)),
    ):
        with pytest.raises((TypeError, ValueError), match="out "):
            rle.decode("1 3", (20, 30), out=out)
