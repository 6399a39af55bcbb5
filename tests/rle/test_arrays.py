"""Masks and arrays: what NumPy makes of an Rle, painting into arrays, many masks at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipedge import rle
from shipedge.errors import RleFormatError
from shipedge.rle import Rle

DTYPES = [np.bool_, np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint64, np.float32, np.float64]


@st.composite
def masks(draw, count=None):
    height, width = draw(st.tuples(st.integers(0, 40), st.integers(0, 40)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (height, width) if count is None else (draw(st.integers(0, count)), height, width)
    return rng.random(shape) < draw(st.sampled_from([0.0, 0.05, 0.5, 1.0]))


@settings(deadline=None)
@given(masks())
def test_numpy_makes_the_mask_of_it(mask):
    value = Rle.from_mask(mask)
    np.testing.assert_array_equal(np.array(value, dtype=bool), mask)
    array = np.asarray(value)
    assert (array.dtype, array.shape) == (np.uint8, mask.shape)
    np.testing.assert_array_equal(array, mask)
    assert np.asarray(value, np.float32).dtype == np.float32


def test_an_rle_is_taken_for_no_list_of_numbers():
    narrow = Rle([[0, 3]], (4, 2))  # its mask is as wide as a list of runs or points
    with pytest.raises(TypeError, match="runs is an Rle, expected"):
        Rle(narrow, (4, 2))
    with pytest.raises(TypeError, match=r"polygons\[0\] is an Rle, expected"):
        rle.from_polygons([narrow], (4, 2))
    with pytest.raises(TypeError, match="rles is one Rle, expected a list of them"):
        rle.areas(narrow)
    with pytest.raises(TypeError):
        memoryview(narrow)
    with pytest.raises(TypeError):
        np.ones((4, 2)) + narrow
    with pytest.raises(ValueError, match="copy is False"):
        narrow.__array__(copy=False)


@settings(deadline=None)
@given(masks(), st.sampled_from(DTYPES), st.booleans(), st.sampled_from(["C", "F", "strided", "backwards"]))
def test_paint(mask, dtype, colored, layout):
    shape = (*mask.shape, 3) if colored else mask.shape
    base = np.random.default_rng(7).integers(0, 2, shape).astype(dtype)
    views = {
        "C": lambda: base.copy(),
        "F": lambda: np.asfortranarray(base),
        "strided": lambda: np.repeat(base, 2, axis=-1)[..., ::2],
        "backwards": lambda: base[::-1].copy()[::-1],
    }
    array = views[layout]()
    value = ([1, 0, 1] if colored else 1) if dtype is np.bool_ else ([5, 6, 7] if colored else 5)
    expected = base.copy()
    expected[mask] = value
    assert Rle.from_mask(mask).paint(array, value) is array
    np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(("dtype", "low", "high"), [(np.uint8, 0, 255), (np.int8, -128, 127), (np.uint16, 0, 65535)])
def test_paint_holds_what_the_array_can(dtype, low, high):
    one = Rle([[0, 1]], (1, 2))
    for value in (low, high):
        assert one.paint(np.zeros((1, 2), dtype), value).tolist() == [[value, 0]]
    for value in (low - 1, high + 1):
        with pytest.raises(ValueError, match=f"value is {value}, the array has dtype"):
            one.paint(np.zeros((1, 2), dtype), value)
    assert one.paint(np.zeros((1, 2)), 0.25).tolist() == [[0.25, 0]]
    assert one.paint(np.zeros((1, 2, 3), np.uint8), 9).tolist() == [[[9, 9, 9], [0, 0, 0]]]


@pytest.mark.parametrize(
    ("array", "value", "error", "sentence"),
    [
        ([[0, 0]], 1, TypeError, "array is of type list, expected a NumPy array"),
        (np.zeros((1, 3)), 1, ValueError, r"array has shape \(1, 3\), expected \(1, 2\)"),
        (np.zeros((1, 2), complex), 1, TypeError, "array has dtype complex128"),
        (np.zeros((1, 2), ">i4"), 1, TypeError, "array has dtype >i4"),
        (np.zeros((1, 2), np.uint8), 0.5, TypeError, "value is of type float, expected an integer"),
        (np.zeros((1, 2, 3), np.uint8), [1, 2], ValueError, "value holds 2 numbers, expected 3"),
        (np.zeros((1, 2)), "red", TypeError, "value is 'red', expected a number"),
        (np.broadcast_to(np.uint8(1), (1, 2)), 1, ValueError, "array is read-only"),
    ],
)
def test_paint_refuses(array, value, error, sentence):
    with pytest.raises(error, match=sentence):
        Rle([[0, 1]], (1, 2)).paint(array, value)


@settings(deadline=None)
@given(masks(4), st.sampled_from([np.bool_, np.uint8, np.int32]))
def test_many_masks_there_and_back(stack, dtype):
    for view in (stack.astype(dtype), np.asfortranarray(stack.astype(dtype)), stack.astype(dtype)[::-1][::-1]):
        rles = rle.from_masks(view)
        assert rles == [Rle.from_mask(mask) for mask in stack]
    batch = rle.to_masks(rles, stack.shape[1:])
    assert batch.dtype == np.uint8
    np.testing.assert_array_equal(batch, stack)
    out = np.full(stack.shape, 9, np.uint8)
    assert rle.to_masks(rles, stack.shape[1:], out) is out
    np.testing.assert_array_equal(out, stack)


def test_batches_refuse():
    one = Rle([[0, 1]], (1, 2))
    with pytest.raises(ValueError, match=r"masks have shape \(1, 2\), expected \(n, height, width\)"):
        rle.from_masks(np.zeros((1, 2), bool))
    with pytest.raises(TypeError, match="masks have dtype float64"):
        rle.from_masks(np.zeros((1, 1, 2)))
    with pytest.raises(RleFormatError, match=r"rles\[0\] has shape"):
        rle.to_masks([one], (2, 2))
    with pytest.raises(ValueError, match=r"out has shape \(2, 1, 2\), expected \(1, 1, 2\)"):
        rle.to_masks([one], (1, 2), np.zeros((2, 1, 2), np.uint8))


def test_functions_of_one_mask_take_arrays():
    mask = np.zeros((5, 6), np.uint8)
    mask[1:3, 2:5] = 1
    value = Rle.from_mask(mask)
    assert rle.to_coco(mask) == rle.to_coco(value)
    assert rle.to_png(mask) == rle.to_png(value)
    assert rle.iou(mask, value) == rle.iou(mask, mask) == 1.0
    assert rle.boundary_iou(mask, value) == 1.0
    assert rle.to_polygons(mask)[0].tolist() == rle.to_polygons(value)[0].tolist()
    for call in (rle.to_coco, rle.to_png, rle.to_polygons):
        with pytest.raises(TypeError, match="rle is of type list, expected an Rle or a NumPy array"):
            call([[1]])
    with pytest.raises(TypeError, match=r"rles\[0\] is of type ndarray, expected Rle \(Rle\.from_mask makes one"):
        rle.areas([mask])
