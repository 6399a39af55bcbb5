"""Set operations, measures of many masks, and what an Rle does as a Python value."""

import copy
import gc
import importlib
import math
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from shipedge import rle
from shipedge.errors import RleFormatError
from shipedge.rle import Rle

sides = st.sampled_from([0, 1, 2, 3, 7, 20, 63, 64, 65])
shapes = st.tuples(sides, sides).filter(lambda s: s[0] * s[1] <= 1300)


@st.composite
def layers(draw, least=0, most=7):
    shape = draw(shapes)
    seed = draw(st.integers(0, 2**32 - 1))
    count = draw(st.integers(least, most))
    rng = np.random.default_rng(seed)
    return shape, [rng.random(shape) < rng.choice([0.0, 0.02, 0.5, 0.98, 1.0]) for _ in range(count)]


@settings(deadline=None)
@given(layers())
def test_set_operations_follow_the_pixels(drawn):
    shape, masks = drawn
    values = [Rle.from_mask(mask) for mask in masks]
    votes = np.sum([np.zeros(shape, int), *masks], axis=0)
    assert rle.union(values, shape) == Rle.from_mask(votes > 0)
    assert rle.intersection(values, shape) == Rle.from_mask(votes == len(masks))
    assert rle.xor(values, shape) == Rle.from_mask(votes % 2)
    for k in range(len(masks) + 2):
        assert rle.at_least(values, k, shape) == Rle.from_mask(votes >= k)


@settings(deadline=None)
@given(layers(2, 2))
def test_operators(drawn):
    _, (a, b) = drawn
    left, right = Rle.from_mask(a), Rle.from_mask(b)
    assert left | right == Rle.from_mask(a | b)
    assert left & right == Rle.from_mask(a & b)
    assert left ^ right == Rle.from_mask(a ^ b)
    assert left - right == rle.difference(left, right) == Rle.from_mask(a & ~b)
    assert ~left == Rle.from_mask(~a)
    assert ~~left == left
    assert bool(left) == bool(a.any())


@settings(deadline=None)
@given(st.lists(layers(1, 1), max_size=5))
def test_measures_of_masks_of_any_shape(drawn):
    masks = [mask for _, (mask,) in drawn]
    values = [Rle.from_mask(mask) for mask in masks]
    areas, bboxes, centroids = rle.areas(values), rle.bboxes(values), rle.centroids(values)
    assert (areas.dtype, bboxes.dtype, centroids.dtype) == (np.int64, np.int64, np.float64)
    assert (areas.shape, bboxes.shape, centroids.shape) == ((len(masks),), (len(masks), 4), (len(masks), 2))
    for i, mask in enumerate(masks):
        assert areas[i] == np.count_nonzero(mask)
        assert tuple(bboxes[i]) == reference.bbox(mask) == values[i].bbox
        np.testing.assert_allclose(centroids[i], reference.centroid(mask), rtol=1e-12)
        np.testing.assert_array_equal(centroids[i], values[i].centroid)


@settings(deadline=None)
@given(layers(2, 6), st.integers(0, 2**32 - 1))
def test_iou_matrix_counts_crowds_as_coco_does(drawn, seed):
    _, masks = drawn
    values = [Rle.from_mask(mask) for mask in masks]
    crowd = np.random.default_rng(seed).random(len(masks)) < 0.5
    matrix = rle.iou_matrix(values, values, crowd)
    np.testing.assert_array_equal(matrix, rle.iou_matrix(values, values, crowd.astype(np.uint8).tolist()))
    for i, a in enumerate(masks):
        for j, b in enumerate(masks):
            whole = np.count_nonzero(a) if crowd[j] else np.count_nonzero(a | b)
            assert matrix[i, j] == (np.count_nonzero(a & b) / whole if whole else 0)


@settings(deadline=None)
@given(layers(1, 1), st.sampled_from([4, 8]), st.integers(0, 6))
def test_component_texts_are_those_of_the_components(drawn, connectivity, min_area):
    _, (mask,) = drawn
    truth = [reference.encode(part) for part in reference.components(mask, connectivity) if part.sum() >= min_area]
    for source in (mask, Rle.from_mask(mask)):
        assert rle.component_texts(source, connectivity, min_area) == truth
        assert [part.to_airbus() for part in rle.components(source, connectivity, min_area)] == truth


def test_masks_of_billions_of_pixels_cost_their_runs_only():
    shape = (2, 2**31 - 1)
    full = Rle([[0, 2**32 - 2]], shape)
    dot = Rle([[2**31, 1]], shape)
    assert rle.components(full) == [full]
    assert [part.area for part in rle.components(full - dot, 4)] == [2**32 - 3]
    assert rle.areas([full, dot]).tolist() == [2**32 - 2, 1]
    assert rle.bboxes([full, dot]).tolist() == [[0, 0, 2**31 - 1, 2], [2**30, 0, 2**30 + 1, 1]]
    assert full.centroid == (2**30 - 1, 0.5)
    assert rle.union([full, dot], shape) == full == ~Rle([], shape) == rle.intersection([], shape)
    assert (full ^ dot).area == 2**32 - 3
    assert rle.at_least([full, dot, dot], 2, shape) == dot
    assert rle.iou_matrix([dot], [full], [True]).tolist() == [[1.0]]
    last = Rle([[2**32 - 2, 1]], (65537, 65535))
    assert (~last).area == 2**32 - 2
    assert (last | ~last).area == 2**32 - 1


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda a, b: a | b, RleFormatError, "b has shape (4, 3), expected (3, 4) as a"),
        (lambda a, b: a - b, RleFormatError, "b has shape (4, 3), expected (3, 4) as a"),
        (lambda a, b: rle.difference(a, b), RleFormatError, "b has shape (4, 3), expected (3, 4) as a"),
        (lambda a, b: rle.xor([a, b], (3, 4)), RleFormatError, "rles[1] has shape (4, 3), expected (3, 4)"),
        (lambda a, b: rle.intersection([], (1 << 16, 1 << 16)), RleFormatError, "is too large"),
        (lambda a, b: rle.at_least([a], -1, (3, 4)), ValueError, "k is -1, expected 0 or more masks"),
        (lambda a, b: rle.areas([a, None]), TypeError, "rles[1] is of type NoneType, expected Rle"),
        (lambda a, b: rle.areas("1 2"), TypeError, "rles is one string, expected a list"),
        (lambda a, b: rle.iou_matrix([a], [a], [1, 0]), ValueError, "crowd has shape (2,), expected (1,)"),
        (lambda a, b: rle.iou_matrix([a], [a], 1), ValueError, "crowd has shape (), expected (1,)"),
        (lambda a, b: rle.iou_matrix([a], [a], [0.5]), TypeError, "crowd has dtype float64, expected bool"),
        (lambda a, b: a | np.zeros((3, 4), bool), TypeError, "does not support ufuncs"),
        (lambda a, b: np.zeros((3, 4), bool) | a, TypeError, "unsupported operand"),
        (lambda a, b: a + a, TypeError, "unsupported operand"),
        (lambda a, b: len(a), TypeError, "has no len"),
    ],
)
def test_refusals(call, error, sentence):
    with pytest.raises(error) as caught:
        call(Rle([[0, 1]], (3, 4)), Rle([[0, 1]], (4, 3)))
    assert sentence in str(caught.value)


def test_the_runs_are_a_view_that_keeps_the_value_alive():
    value = Rle([[1, 2], [5, 1]], (3, 4))
    runs = value.runs
    assert runs.dtype == np.uint32
    assert not runs.flags.writeable
    assert np.shares_memory(runs, value.runs)
    del value
    gc.collect()
    assert runs.tolist() == [[1, 2], [5, 1]]


def test_copies_of_a_value_that_cannot_change_are_the_value():
    value = Rle([[1, 2]], (3, 4))
    assert copy.copy(value) is value
    assert copy.deepcopy([value])[0] is value
    assert {value, pickle.loads(pickle.dumps(value)), ~~value} == {value}
    assert math.isnan(Rle([], (3, 4)).centroid[0])


def test_threads_may_share_values():
    rng = np.random.default_rng(3)
    masks = [rng.random((200, 200)) < 0.3 for _ in range(5)]
    values = [Rle.from_mask(mask) for mask in masks]

    def work(_):
        texts = rle.component_texts(values[0])
        return rle.union(values, (200, 200)), rle.xor(values, (200, 200)), texts, rle.areas(values).tolist()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(40)))
    assert all(result == results[0] for result in results)
    assert results[0][0] == Rle.from_mask(np.any(masks, axis=0))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools on NumPy 2
@pytest.mark.parametrize("seed", range(3))
def test_peers_agree(seed):
    peers = [name for name in ("pycocotools.mask", "rlemasklib") if importlib.util.find_spec(name.partition(".")[0])]
    if not peers:
        pytest.skip("neither pycocotools nor rlemasklib is installed")
    rng = np.random.default_rng(seed)
    masks = [(rng.random((70, 90)) < p).astype(np.uint8) for p in (0.02, 0.5, 0.95)]
    values = [Rle.from_mask(mask) for mask in masks]
    if "pycocotools.mask" in peers:
        coco = importlib.import_module("pycocotools.mask")
        theirs = [coco.encode(np.asfortranarray(mask)) for mask in masks]
        np.testing.assert_allclose(rle.iou_matrix(values, values), coco.iou(theirs, theirs, [0] * 3), rtol=1e-12)
        crowd = [1, 0, 1]
        np.testing.assert_allclose(rle.iou_matrix(values, values, crowd), coco.iou(theirs, theirs, crowd), rtol=1e-12)
        np.testing.assert_array_equal(
            coco.decode(coco.merge(theirs, True)), rle.intersection(values, (70, 90)).to_mask()
        )
    if "rlemasklib" in peers:
        mask_type = importlib.import_module("rlemasklib").RLEMask
        a, b = (mask_type.from_array(mask) for mask in masks[:2])
        for ours, other in (
            (values[0] ^ values[1], a ^ b),
            (values[0] - values[1], a - b),
            (~values[0], ~a),
        ):
            np.testing.assert_array_equal(ours.to_mask(), other.to_array())
