"""Texts, masks and runs into each other, against plain NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import reference
from shipedge import rle

DTYPES = ["bool", "int8", "uint8", "int16", ">i2", "uint16", "int32", "uint32", "int64", "uint64"]
masks = hnp.arrays(
    st.sampled_from(["bool", "uint8", "int8", "int64"]),
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=40),
)


def check(mask):
    """Every way from the mask to text and runs and back."""
    binary = (mask != 0).astype(np.uint8)
    shape = mask.shape
    text, text_c = reference.encode(mask), reference.encode(mask, "C")
    assert rle.encode(mask) == text
    assert rle.encode(mask, order="C") == text_c
    np.testing.assert_array_equal(rle.decode(text, shape), binary)
    np.testing.assert_array_equal(rle.decode(text_c, shape, order="C"), binary)
    value = rle.Rle.from_mask(mask)
    assert value == rle.parse(text, shape) == rle.parse(text_c, shape, order="C")
    np.testing.assert_array_equal(value.runs, reference.runs_of(mask))
    np.testing.assert_array_equal(value.to_mask(), binary)
    assert value.to_airbus() == text
    assert value.to_airbus("C") == text_c


@settings(deadline=None)
@given(masks)
def test_any_small_mask(mask):
    check(mask)


@pytest.mark.parametrize("density", [0.003, 0.5, 0.99])
def test_every_width_and_height(density):
    rng = np.random.default_rng(7)
    for side in range(1, 131):
        for shape in [(side, int(rng.integers(1, 131))), (int(rng.integers(1, 131)), side)]:
            check(rng.random(shape) < density)


def test_one_rectangle_at_every_place_of_a_block_border():
    for top in range(58, 70):
        for left in range(58, 70):
            mask = np.zeros((130, 131), np.uint8)
            mask[top : top + 5, left : left + 70] = 1
            assert rle.encode(mask) == reference.encode(mask)
            np.testing.assert_array_equal(rle.decode(rle.encode(mask), mask.shape), mask)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_integer_dtype_and_value_counts_as_ship_unless_zero(dtype):
    rng = np.random.default_rng(1)
    mask = rng.integers(0, 2, (70, 71)).astype(dtype) * np.asarray(1).astype(dtype)
    check(mask)
    if np.dtype(dtype).kind != "b":
        limits = np.iinfo(dtype)
        # Not 0 in any byte alone: the highest bit, all bits, and 256, whose lowest byte is 0.
        for value in {limits.min, limits.max, min(256, limits.max)} - {0}:
            check(np.where(mask != 0, np.asarray(value, dtype), np.asarray(0, dtype)).astype(dtype))


def test_views_of_any_stride():
    rng = np.random.default_rng(2)
    base = (rng.random((140, 150, 3)) < 0.3).astype(np.uint8)
    views = {
        "channel": base[:, :, 1],
        "every other row": base[::2, :, 0],
        "every third column": base[:, ::3, 0],
        "upside down": base[::-1, :, 0],
        "mirrored": base[:, ::-1, 2],
        "both": base[::-2, ::-3, 0],
        "transposed": base[:, :, 0].T,
        "fortran": np.asfortranarray(base[:, :, 0]),
        "part": np.ascontiguousarray(base[:, :, 0])[3:77, 5:111],
        "part of fortran": np.asfortranarray(base[:, :, 0])[3:77, 5:111],
        "fortran mirrored": np.asfortranarray(base[:, :, 0])[::-1, ::-1],
        "one value": np.broadcast_to(np.uint8(1), (66, 67)),
        "one row": np.broadcast_to(base[:1, :, 0], (66, 150)),
        "one column": np.broadcast_to(base[:, :1, 0], (140, 66)),
        "wide dtype": base[::-1, ::2, 0].astype(np.int32),
        "unaligned": np.frombuffer(b"\0" + base[:, :, 0].tobytes(), np.uint8)[1:].reshape(140, 150),
    }
    for view in views.values():
        before = view.copy()
        check(view)
        np.testing.assert_array_equal(view, before)


def test_masks_without_pixels():
    for shape in [(0, 0), (0, 5), (5, 0)]:
        check(np.zeros(shape, np.uint8))
        assert rle.Rle([], shape).bbox == (0, 0, 0, 0)


def test_default_shape_is_the_airbus_image():
    assert rle.decode("").shape == rle.decode_union([]).shape == rle.parse("").shape == (768, 768)


@pytest.mark.parametrize("order", ["F", "C"])
def test_out_is_written_whole_and_returned(order):
    out = np.full((20, 30), 9, np.uint8)
    got = rle.decode("3 4 100 50", (20, 30), order=order, out=out)
    assert got is out
    np.testing.assert_array_equal(out, reference.decode("3 4 100 50", (20, 30), order))


def test_to_mask_writes_into_out():
    out = np.full((4, 5), 9, np.uint8)
    assert rle.Rle([[1, 2]], (4, 5)).to_mask(out) is out
    assert out.sum() == 2


def test_a_large_mask_and_text():
    rng = np.random.default_rng(3)
    mask = rng.random((1100, 1000)) < 0.5
    text = reference.encode(mask)
    assert len(text) > 2_000_000
    assert rle.encode(mask) == text
    np.testing.assert_array_equal(rle.decode(text, mask.shape), mask)
    assert rle.parse(text, mask.shape).to_airbus() == text
