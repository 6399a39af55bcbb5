"""The value type Rle and the functions on it."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import reference
from shipedge import rle
from shipedge.errors import RleFormatError
from shipedge.rle import Rle

masks = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24))


def pairs_of_masks():
    shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=16)
    return shapes.flatmap(lambda s: st.lists(hnp.arrays(np.bool_, s), min_size=2, max_size=7))


@settings(deadline=None)
@given(masks)
def test_area_box_copy_and_pickle(mask):
    value = Rle.from_mask(mask)
    assert value.area == np.count_nonzero(mask)
    assert value.bbox == reference.bbox(mask)
    for other in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value), Rle(value.runs, value.shape)):
        assert other == value
        assert hash(other) == hash(value)
        assert other.shape == mask.shape


def test_a_pickle_is_not_trusted():
    assert Rle(b"\1\0\0\0\2\0\0\0", (2, 3)) == Rle([[1, 2]], (2, 3))
    with pytest.raises(RleFormatError, match="runs hold 7 bytes, expected 8 for each run"):
        Rle(b"\1\0\0\0\2\0\0", (2, 3))
    with pytest.raises(RleFormatError, match="leaves the mask"):
        Rle(b"\1\0\0\0\xff\xff\xff\xff", (2, 3))


@settings(deadline=None)
@given(pairs_of_masks())
def test_union_and_iou(layers):
    values = [Rle.from_mask(layer) for layer in layers]
    assert rle.union(values, layers[0].shape) == Rle.from_mask(np.any(layers, axis=0))
    matrix = rle.iou_matrix(values, values[1:])
    assert matrix.shape == (len(values), len(values) - 1)
    for i, a in enumerate(layers):
        for j, b in enumerate(layers[1:]):
            assert matrix[i, j] == rle.iou(values[i], values[j + 1]) == pytest.approx(reference.iou(a, b), abs=1e-15)


@settings(deadline=None)
@given(masks, st.sampled_from([4, 8]), st.integers(0, 6))
def test_components(mask, connectivity, min_area):
    truth = [part for part in reference.components(mask, connectivity) if part.sum() >= min_area]
    for source in (mask, Rle.from_mask(mask), np.asfortranarray(mask)):
        found = rle.components(source, connectivity, min_area)
        assert found == [Rle.from_mask(part) for part in truth]


def test_components_of_larger_shapes():
    rng = np.random.default_rng(5)
    for density in (0.02, 0.4, 0.6):
        mask = rng.random((100, 90)) < density
        for connectivity in (4, 8):
            truth = reference.components(mask, connectivity)
            assert rle.components(mask, connectivity) == [Rle.from_mask(part) for part in truth]


def test_unequal_values():
    value = Rle([[1, 2]], (3, 4))
    assert value != Rle([[1, 3]], (3, 4))
    assert value != Rle([[1, 2]], (4, 3))
    assert value != "1 2"
    assert {value: 1}[Rle([[1, 2]], [3, 4])] == 1


def test_repr_and_name():
    assert repr(Rle([[1, 2], [5, 1]], (3, 4))) == "Rle(shape=(3, 4), runs=2, area=3)"
    assert Rle.__module__ == "shipedge.rle"


def test_runs_outlive_the_value_and_cannot_be_changed():
    runs = Rle([[1, 2], [5, 1]], (3, 4)).runs
    assert runs.dtype == np.uint32
    assert runs.tolist() == [[1, 2], [5, 1]]
    with pytest.raises(ValueError, match="read-only"):
        runs[0, 0] = 7
    assert Rle([], (3, 4)).runs.shape == (0, 2)
    with pytest.raises(AttributeError):
        Rle([], (3, 4)).shape = (1, 1)
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Mine", (Rle,), {})


def test_runs_of_any_integer_kind():
    for runs in ([(1, 2)], np.array([[1, 2]], np.uint8), np.array([[1, 9, 2]], np.int64)[:, ::2], ((1, 2),)):
        assert Rle(runs, (3, 4)).to_airbus() == "2 2"


@pytest.mark.parametrize(
    ("runs", "error", "sentence"),
    [
        ([[0, 3], [2, 1]], RleFormatError, "run 2 starts at 2, expected 3 or later (0-based)"),
        ([[-1, 3]], RleFormatError, "run 1 starts at -1, expected 0 or later (0-based)"),
        ([[0, 0]], RleFormatError, "run 1 has length 0, expected 1 or more"),
        ([[11, 2]], RleFormatError, "run 1 (start 11, length 2) leaves the mask, expected its end at 12 or before"),
        ([[2**40, 1]], RleFormatError, "leaves the mask"),
        (np.array([[0, 2**64 - 1]], np.uint64), RleFormatError, "run 1"),
        ([1, 2], ValueError, "runs have shape (2,), expected (n, 2) integers"),
        ([[1.0, 2.0]], TypeError, "expected (n, 2) integers"),
        ([[1, 2, 3]], ValueError, "expected (n, 2) integers"),
        ("1 2", TypeError, "expected (n, 2) integers"),
    ],
)
def test_wrong_runs(runs, error, sentence):
    with pytest.raises(error) as caught:
        Rle(runs, (3, 4))
    assert sentence in str(caught.value)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_mean_of_values_under_the_mask(dtype):
    rng = np.random.default_rng(4)
    mask = rng.random((50, 60)) < 0.2
    values = rng.integers(0, 256, (50, 60)).astype(dtype)
    for view in (values, np.asfortranarray(values), np.repeat(values, 2, axis=1)[:, ::2], values[::-1].copy()[::-1]):
        assert Rle.from_mask(mask).mean(view) == pytest.approx(values[mask].mean(dtype=np.float64), rel=1e-12)


@pytest.mark.parametrize(
    ("runs", "values", "error", "sentence"),
    [
        ([[0, 1]], np.zeros((3, 5), np.uint8), ValueError, "values have shape (3, 5), expected (3, 4)"),
        ([[0, 1]], np.zeros((3, 4)), TypeError, "values have dtype float64, expected uint8 or float32"),
        ([[0, 1]], np.zeros((3, 4), ">f4"), TypeError, "expected uint8 or float32"),
        ([], np.zeros((3, 4), np.uint8), ValueError, "the mask is empty"),
    ],
)
def test_wrong_values(runs, values, error, sentence):
    with pytest.raises(error) as caught:
        Rle(runs, (3, 4)).mean(values)
    assert sentence in str(caught.value)


def test_iou_where_nothing_is():
    empty = Rle([], (3, 4))
    assert rle.iou(empty, empty) == 0.0
    assert rle.iou_matrix([], [empty]).shape == (0, 1)
    assert rle.iou_matrix([empty], []).shape == (1, 0)
    assert rle.union([], (3, 4)) == empty


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda a, b: rle.iou(a, b), RleFormatError, "b has shape (4, 3), expected (3, 4) as a"),
        (lambda a, b: rle.iou_matrix([a], [a, b]), RleFormatError, "b[1] has shape (4, 3), expected (3, 4)"),
        (lambda a, b: rle.iou_matrix([a, b], []), RleFormatError, "a[1] has shape (4, 3), expected (3, 4)"),
        (lambda a, b: rle.union([a, b], (3, 4)), RleFormatError, "rles[1] has shape (4, 3), expected (3, 4)"),
        (lambda a, b: rle.union([a, "1 2"], (3, 4)), TypeError, "rles[1] is of type str, expected Rle"),
        (lambda a, b: rle.union(None, (3, 4)), TypeError, "rles is of type NoneType, expected a list"),
        (lambda a, b: rle.components(a, 6), ValueError, "connectivity is 6, expected 4 or 8"),
        (lambda a, b: rle.components(a, 8, -1), ValueError, "min_area is -1"),
        (lambda a, b: rle.components("1 2"), TypeError, "mask is of type str"),
    ],
)
def test_wrong_values_for_functions(call, error, sentence):
    with pytest.raises(error) as caught:
        call(Rle([[0, 1]], (3, 4)), Rle([[0, 1]], (4, 3)))
    assert sentence in str(caught.value)


def test_masks_of_billions_of_pixels_cost_their_runs_only():
    huge = Rle([[0, 2**32 - 1]], (65537, 65535))
    assert huge.area == 2**32 - 1
    assert huge.bbox == (0, 0, 65535, 65537)
    assert huge.to_airbus("C") == "1 4294967295"
    assert len(rle.components(huge)) == 1
    assert rle.parse("4294967295 1", (2**32 - 1, 1)).bbox == (0, 2**32 - 2, 1, 2**32 - 1)


@pytest.mark.parametrize("cls", [rle.Rle, rle.MaskBatch, rle.CsvIndex])
@pytest.mark.parametrize("new", [lambda cls: cls.__new__(cls), object.__new__, lambda cls: cls()])
def test_no_object_without_a_value(cls, new):
    with pytest.raises(TypeError):
        new(cls)


def test_init_cannot_change_a_value():
    value = Rle([[1, 2]], (3, 4))
    value.__init__([[0, 12]], (3, 4))
    assert value.runs.tolist() == [[1, 2]]
