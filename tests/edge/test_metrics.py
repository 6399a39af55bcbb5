"""The official F2 as published, checked by hand-made cases and against a slow transcription on dense masks."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipedge.metrics import THRESHOLDS, dice, f2_image, f2_score, f2_thresholds, match_counts, overlap, roc_auc
from shipedge.rle import Rle

SHAPE = (40, 10)


def strip(start: int, length: int) -> Rle:
    return Rle([(start, length)], SHAPE)


EMPTY = Rle.from_mask(np.zeros(SHAPE, np.uint8))


def test_the_thresholds_are_ten_literals() -> None:
    assert list(THRESHOLDS) == [float(f"0.{step}") for step in range(50, 100, 5)]


@pytest.mark.parametrize(
    ("truths", "predictions", "expected"),
    [
        pytest.param([strip(0, 8)], [strip(0, 8)], 1.0, id="perfect"),
        pytest.param([strip(0, 8)], [strip(0, 7)], 0.8, id="IoU 0.875 passes eight of ten thresholds"),
        pytest.param([strip(0, 8)], [strip(0, 8), strip(100, 8)], 5 / 6, id="perfect and one false"),
        pytest.param([strip(0, 8), strip(100, 8)], [strip(0, 8)], 5 / 9, id="one of two found"),
        pytest.param([strip(0, 8)], [strip(0, 4)], 0.0, id="IoU exactly 0.5 is no match"),
        pytest.param([strip(0, 20)], [strip(0, 11)], 0.1, id="IoU exactly 0.55 passes only 0.5"),
        pytest.param([], [], 1.0, id="nothing there, nothing said"),
        pytest.param([], [strip(0, 1)], 0.0, id="nothing there, something said"),
        pytest.param([strip(0, 1)], [], 0.0, id="something there, nothing said"),
        pytest.param([], [EMPTY], 1.0, id="an all-zero mask is no prediction"),
        pytest.param([strip(0, 8)], [strip(0, 8), EMPTY], 1.0, id="an all-zero mask is no false alarm"),
        pytest.param([strip(0, 8), strip(8, 8)], [strip(0, 16)], 0.0, id="touching rows stay two truths"),
        pytest.param([Rle([(0, 8), (80, 8)], SHAPE)], [strip(0, 8)], 0.0, id="one row in two parts stays one truth"),
    ],
)
def test_one_image(truths: list[Rle], predictions: list[Rle], expected: float) -> None:
    assert f2_image(truths, predictions) == pytest.approx(expected, abs=1e-12)


def test_the_final_score_is_the_mean_over_all_images() -> None:
    images = [([strip(0, 8)], [strip(0, 8)]), ([strip(0, 8)], []), ([], []), ([], [])]
    assert f2_score(images) == 0.75
    with pytest.raises(ValueError, match="at least one image"):
        f2_score([])


def test_an_all_empty_file_scores_the_share_of_empty_images() -> None:
    truths = [[strip(0, 8)], [], [], [strip(0, 3), strip(50, 2)], []]
    assert f2_score((truth, []) for truth in truths) == 3 / 5


def test_counts_at_each_threshold() -> None:
    counts = match_counts([strip(0, 8), strip(100, 8)], [strip(0, 7), strip(300, 4)])
    assert counts[:, 0].tolist() == [1, 1, 1]
    assert counts[:, 7].tolist() == [1, 1, 1]  # 0.85 < 0.875
    assert counts[:, 8].tolist() == [0, 2, 2]


@st.composite
def disjoint_masks(draw: st.DrawFn) -> list[np.ndarray]:
    labels = np.zeros(48, int)
    for number in range(draw(st.integers(0, 4))):
        start, length = draw(st.integers(0, 40)), draw(st.integers(1, 12))
        piece = labels[start : start + length]
        piece[piece == 0] = number + 1
    return [(labels == number).reshape(8, 6, order="F") for number in range(1, 5) if (labels == number).any()]


def slow_f2(truths: list[np.ndarray], predictions: list[np.ndarray]) -> float:
    """The rules one by one, on pixels."""
    if not truths and not predictions:
        return 1.0
    total = 0.0
    for step in (50, 55, 60, 65, 70, 75, 80, 85, 90, 95):
        # |A and B| / |A or B| > step / 100 in whole numbers: no rounding can decide a tie
        match = [[100 * int((a & b).sum()) > step * int((a | b).sum()) for b in predictions] for a in truths]
        hits = sum(any(row[j] for row in match) for j in range(len(predictions)))
        missed = sum(not any(row) for row in match)
        total += 5 * hits / (5 * hits + 4 * missed + len(predictions) - hits)
    return total / 10


@given(disjoint_masks(), disjoint_masks())
def test_f2_equals_the_slow_transcription(truths: list[np.ndarray], predictions: list[np.ndarray]) -> None:
    found = f2_image([Rle.from_mask(m) for m in truths], [Rle.from_mask(m) for m in predictions])
    assert found == pytest.approx(slow_f2(truths, predictions), abs=1e-12)


@given(disjoint_masks(), disjoint_masks())
def test_dice_equals_the_dense_formula(truths: list[np.ndarray], predictions: list[np.ndarray]) -> None:
    sides = [np.any([np.zeros((8, 6), bool), *masks], axis=0) for masks in (truths, predictions)]
    runs = [[Rle.from_mask(m) for m in masks] for masks in (truths, predictions)]
    common, truth, prediction = int((sides[0] & sides[1]).sum()), int(sides[0].sum()), int(sides[1].sum())
    assert overlap(*runs) == (common, truth, prediction)
    assert dice(*runs) == (2 * common / (truth + prediction) if truth + prediction else 1.0)


def test_f2_never_rises_with_the_threshold() -> None:
    scores = f2_thresholds([strip(0, 20), strip(100, 20)], [strip(0, 13), strip(100, 19)])
    assert (np.diff(scores) <= 0).all()
    assert scores[0] == 1
    assert scores[-1] == 0


@pytest.mark.parametrize(
    ("labels", "scores", "expected"),
    [
        pytest.param([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], 1.0, id="apart"),
        pytest.param([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], 0.0, id="upside down"),
        pytest.param([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5], 0.5, id="all tied"),
        pytest.param([0, 1, 1], [0.5, 0.5, 0.9], 0.75, id="one tie counts half"),
        pytest.param([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.75, id="one pair of four swapped"),
    ],
)
def test_roc_auc(labels: list[int], scores: list[float], expected: float) -> None:
    assert roc_auc(np.array(labels, bool), scores) == pytest.approx(expected)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_roc_auc_is_the_share_of_ordered_pairs(pairs: list[tuple[bool, int]]) -> None:
    high = [score for label, score in pairs if label]
    low = [score for label, score in pairs if not label]
    found = roc_auc([label for label, _ in pairs], [float(score) for _, score in pairs])
    if not high or not low:
        assert math.isnan(found)
    else:
        wins = sum((h > n) + 0.5 * (h == n) for h in high for n in low)
        assert found == pytest.approx(wins / (len(high) * len(low)))


def test_roc_auc_refuses_what_it_cannot_rank() -> None:
    with pytest.raises(ValueError, match="expected the same"):
        roc_auc([True, False], [0.5])
    with pytest.raises(ValueError, match="finite"):
        roc_auc([True, False], [0.5, math.nan])
