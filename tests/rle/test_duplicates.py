"""Masks of one object found several times, and masks compared near their outlines."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from shipedge import rle
from shipedge.errors import RleFormatError
from shipedge.rle import Rle


@st.composite
def stacks(draw):
    """Rectangles and noise of one shape, with scores and classes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    masks = []
    for _ in range(draw(st.integers(0, 7))):
        mask = np.zeros((24, 31), bool)
        top, left = rng.integers(0, 20), rng.integers(0, 26)
        mask[top : top + rng.integers(0, 12), left : left + rng.integers(1, 14)] = True
        if draw(st.booleans()):
            mask &= rng.random(mask.shape) < 0.7
        masks.append(mask)
    scores = rng.choice([0.1, 0.5, 0.5, 0.9, 0.7], len(masks))
    return masks, scores, rng.integers(0, 2, len(masks))


def share(a, b, over):
    if over == "union":
        return reference.iou(a, b)
    smaller = min(a.sum(), b.sum())
    return (a & b).sum() / smaller if smaller else 0.0


@settings(deadline=None)
@given(stacks(), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), st.sampled_from(["union", "smaller"]), st.booleans())
def test_nms_and_merge(stack, threshold, over, by_class):
    masks, scores, classes = stack
    numbers = classes if by_class else np.zeros(len(masks), int)
    rles = [Rle.from_mask(mask) for mask in masks]

    def one(i, j):
        return numbers[i] == numbers[j] and share(masks[i], masks[j], over) > threshold

    kept = []
    for i in sorted(range(len(masks)), key=lambda i: (-scores[i], i)):
        if not any(one(i, j) for j in kept):
            kept.append(i)
    found = rle.nms(rles, scores, threshold, over, classes if by_class else None)
    assert found.dtype == np.int64
    assert found.tolist() == kept

    objects = list(range(len(masks)))
    for i in range(len(masks)):
        for j in range(i):
            if one(i, j):
                objects = [objects[j] if number == objects[i] else number for number in objects]
    order = list(dict.fromkeys(objects))
    merged, places = rle.merge(rles, threshold, over, classes if by_class else None)
    assert places.tolist() == [order.index(number) for number in objects]
    for k, mask in enumerate(merged):
        members = [masks[i] for i in range(len(masks)) if places[i] == k]
        assert mask == Rle.from_mask(np.any(members, axis=0))


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (([1],), ValueError, "scores holds 1 numbers, expected 2"),
        (([1, np.nan],), ValueError, "a score is"),
        (([1, "x"],), TypeError, "a score is 'x', expected a number"),
        (([1, 2], 1.5), ValueError, "threshold is 1.5, expected 0 to 1"),
        (([1, 2], 0.5, "iou"), ValueError, "over is 'iou', expected 'union'"),
        (([1, 2], 0.5, "union", [1]), ValueError, "classes holds 1 numbers, expected 2"),
    ],
)
def test_nms_refuses(arguments, error, sentence):
    one = Rle([[0, 1]], (2, 2))
    with pytest.raises(error, match=sentence):
        rle.nms([one, one], *arguments)


def boundary_of_the_paper(mask, ratio):
    """boundary-iou-api: eroded by 3 x 3 pixels as often as the distance has pixels, padded with background."""
    height, width = mask.shape
    distance = max(1, round(ratio * np.sqrt(height**2 + width**2)))
    padded = np.pad(mask, 1)
    for _ in range(distance):
        around = np.pad(padded, 1, constant_values=True)  # as cv2.erode: what lies outside does not erode
        rows, columns = padded.shape
        padded = np.all([around[y : y + rows, x : x + columns] for y in range(3) for x in range(3)], axis=0)
    return mask & ~padded[1 : height + 1, 1 : width + 1]


@settings(deadline=None)
@given(stacks(), st.sampled_from([0.001, 0.02, 0.0385, 0.1, 0.5]))
def test_boundary_iou(stack, ratio):
    masks, _, _ = stack
    edges = [boundary_of_the_paper(mask, ratio) for mask in masks]
    rles = [Rle.from_mask(mask) for mask in masks]
    assert [one.boundary(ratio) for one in rles] == [Rle.from_mask(edge) for edge in edges]
    for i in range(len(masks)):
        assert rle.boundary_iou(rles[0], rles[i], ratio) == reference.iou(edges[0], edges[i])


def test_a_mask_that_fills_the_image_has_a_boundary():
    everything = Rle([[0, 2**20]], (2, 2**19))
    assert everything.boundary(1e-12) == everything
    with pytest.raises(RleFormatError, match="too large"):  # the mask and a pixel around it
        Rle([[0, 2**32 - 2]], (2, 2**31 - 1)).boundary()
    assert Rle([[0, 30000]], (100, 300)).boundary().area == 30000 - 88 * 288
    assert not Rle([], (0, 0)).boundary()
