"""Where other libraries are right, they agree with us; the inputs that break them do not break us."""

import numpy as np
import pytest

from shipedge import rle
from shipedge.errors import RleFormatError

SHAPES = [(1, 1), (5, 3), (64, 64), (65, 127), (200, 130)]


def random_masks(seed):
    rng = np.random.default_rng(seed)
    for shape in SHAPES:
        for density in (0, 0.02, 0.5, 0.98, 1):
            yield (rng.random(shape) < density).astype(np.uint8)


def box_of(value):
    left, top, right, bottom = value.bbox
    return [left, top, right - left, bottom - top]


@pytest.fixture(scope="module")
def coco():
    return pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed (extra bench)")


@pytest.fixture(scope="module")
def masklib():
    return pytest.importorskip("rlemasklib", reason="rlemasklib is not installed (extra bench)").RLEMask


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # it knows an older NumPy
def test_pycocotools_sees_the_same_pixels(coco):
    for mask in random_masks(1):
        value, theirs = rle.Rle.from_mask(mask), coco.encode(np.asfortranarray(mask))
        np.testing.assert_array_equal(value.to_mask(), coco.decode(theirs))
        counts = {"size": list(mask.shape), "counts": rle.to_coco(value)}
        np.testing.assert_array_equal(coco.decode(coco.frPyObjects(counts, *mask.shape)), mask)
        assert value.area == coco.area(theirs)
        assert box_of(value) == coco.toBbox(theirs).tolist()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pycocotools_finds_the_same_overlaps(coco):
    rng = np.random.default_rng(2)
    masks = [(rng.random((60, 70)) < density).astype(np.uint8) for density in (0.01, 0.2, 0.5, 0.9)]
    values, theirs = [rle.Rle.from_mask(mask) for mask in masks], [coco.encode(np.asfortranarray(m)) for m in masks]
    np.testing.assert_allclose(rle.iou_matrix(values, values), coco.iou(theirs, theirs, [0] * 4), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(rle.union(values[:2], (60, 70)).to_mask(), coco.decode(coco.merge(theirs[:2])))


def test_rlemasklib_sees_the_same_pixels(masklib):
    for mask in random_masks(3):
        value, theirs = rle.Rle.from_mask(mask), masklib.from_array(mask)
        np.testing.assert_array_equal(value.to_mask(), theirs.to_array(order="C"))
        assert value == rle.from_coco(theirs.counts.tolist(), mask.shape)
        assert value.area == theirs.area()
        assert not value.area or box_of(value) == theirs.bbox().tolist()


def test_rlemasklib_finds_the_same_parts_and_overlaps(masklib):
    rng = np.random.default_rng(4)
    mask = (rng.random((90, 70)) < 0.3).astype(np.uint8)
    for connectivity in (4, 8):
        parts = masklib.from_array(mask).connected_components(connectivity=connectivity)
        ours = {part.to_airbus() for part in rle.components(mask, connectivity)}
        assert ours == {rle.from_coco(part.counts.tolist(), mask.shape).to_airbus() for part in parts}
    masks = [(rng.random((90, 70)) < density).astype(np.uint8) for density in (0.05, 0.4, 0.7)]
    values, theirs = [rle.Rle.from_mask(mask) for mask in masks], [masklib.from_array(mask) for mask in masks]
    np.testing.assert_array_equal(rle.union(values, (90, 70)).to_mask(), masklib.union(theirs).to_array())
    np.testing.assert_allclose(rle.iou_matrix(values, values), masklib.iou_matrix(theirs, theirs), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ([], "counts sum to 0, expected 600"),
        ([5], "counts sum to 5, expected 600"),
        ([5, 3, 7], "counts sum to 15, expected 600"),
        ([5, 3], "counts sum to 8, expected 600"),
        ([601], "count 1 is 601, expected at most 600"),
        ([0, 2**32 - 1], "count 2 is 4294967295, expected at most 600"),
        ([2**31, 2**31, 600], "count 1 is 2147483648, expected at most 600"),
        ([300, -1, 301], "count 2 is -1, expected 0 or more"),
    ],
)
def test_counts_that_make_others_read_foreign_memory(counts, sentence):
    """Short, odd and overflowing counts: pycocotools returns uninitialised pixels or ends the process."""
    with pytest.raises(RleFormatError) as caught:
        rle.from_coco(counts, (20, 30))
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("number", [589_825, 2**31, 2**32, 2**32 + 1, 2**63, 2**64 + 1, 10**30])
def test_starts_and_lengths_that_make_others_write_foreign_memory(number):
    """numba's loops and upolygon end the process, or write somewhere."""
    for text in (f"{number} 1", f"1 {number}", f"{number} {number}", f"1 1 {number} 1", f"1 1 5 {number}"):
        with pytest.raises(RleFormatError, match=r"expected it inside the 589824 pixels"):
            rle.decode(text)


@pytest.mark.parametrize(
    "text", ["-1 3", "1 -3", "+1 3", "1e3 1", "1.0 1", "0x1 1", "\u0661 1", "1\u00a01", "1 1\0", "\uff11 1"]
)
def test_what_int_and_split_would_take_is_refused(text):
    with pytest.raises(RleFormatError, match="expected a digit or a space"):
        rle.decode(text)


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, np.float64("nan"), ""])
def test_missing_texts_are_no_ship_in_rows(missing):
    """pandas gives NaN for an empty field, which raises everywhere else."""
    assert rle.decode_union([missing], (20, 30)).sum() == 0
    out = np.ones((1, 20, 30), np.uint8)
    rle.decode_batch([[missing, "3 4"]], out)
    assert out.sum() == 4
