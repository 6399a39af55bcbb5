"""COCO's counts, lists and compressed, beside pycocotools where it is installed."""

from contextlib import suppress

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
# pycocotools 2.0.11 does not know NumPy 2's way of copying.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
steps = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 5000)), max_size=30)


@pytest.fixture(scope="module")
def theirs():
    return pytest.importorskip("pycocotools.mask")


@settings(deadline=None)
@given(masks)
def test_counts_there_and_back(mask):
    value = Rle.from_mask(mask)
    counts = reference.counts_of(mask)
    assert rle.to_coco(value) == counts
    text = rle.to_coco(value, compressed=True)
    assert text == reference.compressed(counts)
    for form in (counts, tuple(counts), np.array(counts, np.uint32), text, text.encode()):
        assert rle.from_coco(form, mask.shape) == value


@settings(deadline=None)
@given(masks)
def test_pycocotools_writes_and_reads_the_same(theirs, mask):
    value = Rle.from_mask(mask)
    made = theirs.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert rle.to_coco(value, compressed=True).encode() == made["counts"]
    assert rle.from_coco(made["counts"], made["size"]) == value
    ours = {"size": list(mask.shape), "counts": rle.to_coco(value, compressed=True)}
    np.testing.assert_array_equal(theirs.decode(ours), mask)


@settings(deadline=None)
@given(steps, st.integers(0, 5000))
def test_large_counts_agree_with_pycocotools(theirs, steps, rest):
    counts = [count for step in steps for count in step] + ([rest] if rest else [])
    size = [sum(counts), 1]
    made = theirs.frPyObjects({"size": size, "counts": counts}, *size)
    value = rle.from_coco(made["counts"], size)
    assert value == rle.from_coco(counts, size)
    if 0 not in counts[1:]:
        assert rle.to_coco(value, compressed=True).encode() == made["counts"] or not counts


@settings(deadline=None, max_examples=400)
@given(st.one_of(st.text("012349?@AOPV_`no/p", max_size=8), st.binary(max_size=8), st.text(max_size=8)))
def test_any_text_is_a_mask_or_one_sentence(text):
    with suppress(RleFormatError):  # nothing else may come out
        value = rle.from_coco(text, (3, 4))
        assert value.area <= 12
        assert rle.from_coco(rle.to_coco(value, compressed=True), (3, 4)) == value


@settings(deadline=None)
@given(masks, st.data())
def test_every_cut_is_noticed(mask, data):
    """Counts sum to the pixels exactly, so a shorter text can only be a mask where all that is missing is zeros."""
    text = rle.to_coco(Rle.from_mask(mask), compressed=True)
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(RleFormatError):
        rle.from_coco(text[:cut], mask.shape)


def test_masks_of_billions_of_pixels():
    huge = Rle([[0, 2**32 - 1]], (65537, 65535))
    assert rle.to_coco(huge) == [0, 2**32 - 1]
    assert rle.from_coco(rle.to_coco(huge, compressed=True), huge.shape) == huge


@pytest.mark.parametrize(
    ("counts", "error", "sentence"),
    [
        ([1, 2], RleFormatError, "counts sum to 3, expected 12 (height x width)"),
        ([1, -2, 13], RleFormatError, "count 2 is -2, expected 0 or more"),
        ([13], RleFormatError, "count 1 is 13, expected at most 12 (pixels left of 12)"),
        ([10**5000], RleFormatError, "count 1 needs more than 64 bits, expected less than 4294967296"),
        ([1.5], TypeError, "count 1 is of type float, expected an integer"),
        (None, TypeError, "counts is of type NoneType, expected a list"),
        ("12", RleFormatError, "counts sum to 3, expected 12 (height x width)"),
        (b"1\x002", RleFormatError, "character 2 is byte 0x00, expected '0' to 'o'"),
        ("1\u0663", RleFormatError, "character 2 is byte 0xd9, expected '0' to 'o'"),
        ("1\ud800", RleFormatError, "counts hold characters that are not ASCII, expected '0' to 'o'"),
        ("1 2", RleFormatError, "character 2 is ' ', expected '0' to 'o'"),
        ("1O", RleFormatError, "count 2 is -1, expected 0 or more"),
        ("1oo", RleFormatError, "count 2 is cut off at the end of the text"),
    ],
)
def test_what_is_no_mask_is_refused(counts, error, sentence):
    with pytest.raises(error) as caught:
        rle.from_coco(counts, (3, 4))
    assert str(caught.value) == sentence
