"""Pixels of several masks: whose they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from shipedge import rle
from shipedge.errors import RleFormatError
from shipedge.rle import Rle

RULES = ["first", "last", "larger"]


@st.composite
def stacks(draw):
    """A few masks of one shape that overlap, as bool arrays."""
    shape = draw(st.tuples(st.integers(1, 30), st.integers(1, 30)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = draw(st.sampled_from([0.05, 0.4, 0.9]))
    return [rng.random(shape) < share for _ in range(draw(st.integers(0, 5)))], shape


def painted(masks, shape, rule):
    """The label map, slowly: who comes last in this order paints over the others."""
    order = list(range(len(masks)))
    if rule == "first":
        order.reverse()
    if rule == "larger":
        order.sort(key=lambda i: (masks[i].sum(), -i))
    labels = np.zeros(shape, int)
    for i in order:
        labels[masks[i]] = i + 1
    return labels


@settings(deadline=None)
@given(stacks(), st.sampled_from(RULES))
def test_a_pixel_is_of_one_mask(stack, rule):
    masks, shape = stack
    truth = painted(masks, shape, rule)
    rles = [Rle.from_mask(mask) for mask in masks]
    np.testing.assert_array_equal(rle.to_labels(rles, shape, rule), truth)
    np.testing.assert_array_equal(reference.read_png(rle.labels_to_png(rles, shape, rule)), truth)
    own = rle.without_overlaps(rles, rule)
    assert own == [Rle.from_mask(truth == i + 1) for i in range(len(masks))]


def test_masks_without_overlap_need_no_rule():
    rles = [Rle([[0, 2]], (3, 4)), Rle([[2, 3], [9, 3]], (3, 4))]
    for rule in RULES:
        assert rle.without_overlaps(rles, rule) == rles
        np.testing.assert_array_equal(rle.to_labels(rles, (3, 4), rule), rle.to_labels(rles, (3, 4)))
    assert rle.without_overlaps([]) == []


def test_billions_of_pixels():
    everything, spot = Rle([[0, 2**32 - 2]], (2, 2**31 - 1)), Rle([[2**31, 7]], (2, 2**31 - 1))
    assert rle.without_overlaps([everything, spot], "last") == [everything - spot, spot]
    assert rle.without_overlaps([everything, spot], "larger") == [everything, Rle([], everything.shape)]


def test_refusals():
    one = Rle([[0, 2]], (3, 4))
    with pytest.raises(RleFormatError, match=r"overlap at row 0.*: overlap \(--overlap\) first, last or larger says"):
        rle.to_labels([one, one], (3, 4))
    with pytest.raises(ValueError, match="overlap is 'smaller', expected 'error'"):
        rle.to_labels([one], (3, 4), "smaller")
    with pytest.raises(ValueError, match="overlap is 'error', expected 'first'"):
        rle.without_overlaps([one], "error")
    with pytest.raises(RleFormatError, match=r"rles\[1\] has shape"):
        rle.without_overlaps([one, Rle([], (4, 3))])
