"""Intervals and the detector's curves against slow references."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipedge.evaluate.detector import Ranking, auc, average_precision, calibration
from shipedge.evaluate.resample import FEWEST_DRAWS, MOST_DRAWS, draws, estimate, intervals
from shipedge.metrics import roc_auc

PAIRS = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=30)


def sides(pairs: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([label for label, _ in pairs]), np.array([score / 5 for _, score in pairs])


@given(PAIRS)
def test_auc_is_the_rank_statistic(pairs: list[tuple[bool, int]]) -> None:
    labels, scores = sides(pairs)
    found = auc(*Ranking(labels, scores).positives(np.ones((1, len(labels)))))[0]
    np.testing.assert_allclose(found, roc_auc(labels, scores))


@given(PAIRS, st.integers(0, 99))
def test_weights_are_repetitions(pairs: list[tuple[bool, int]], seed: int) -> None:
    labels, scores = sides(pairs)
    times = np.random.default_rng(seed).integers(0, 3, len(labels))
    if not times.any():
        times[0] = 1
    weighted = Ranking(labels, scores).positives(times[None].astype(float))
    repeated = Ranking(np.repeat(labels, times), np.repeat(scores, times)).positives(np.ones((1, times.sum())))
    for area in (auc, average_precision):
        np.testing.assert_allclose(area(*weighted), area(*repeated))


@given(PAIRS)
def test_average_precision_cut_by_cut(pairs: list[tuple[bool, int]]) -> None:
    labels, scores = sides(pairs)
    ranking = Ranking(labels, scores)
    total, before = 0.0, 0.0
    for cut in sorted(set(scores.tolist()), reverse=True):
        said = scores >= cut
        recall = (said & labels).sum() / labels.sum() if labels.any() else np.nan
        total += (recall - before) * (said & labels).sum() / said.sum()
        before = recall
    np.testing.assert_allclose(average_precision(*ranking.positives(np.ones((1, len(labels)))))[0], total)
    assert ranking.cuts.tolist() == sorted(set(scores.tolist()), reverse=True)


def test_calibration_by_hand() -> None:
    found = calibration(np.array([False, True, True, True]), np.array([0.04, 0.06, 0.95, 1.0]))
    assert found.images.tolist() == [2, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert found.score[[0, -1]] == pytest.approx([0.05, 0.975])
    assert found.share[[0, -1]].tolist() == [0.5, 1.0]
    assert np.isnan(found.score[1])
    assert found.ece == pytest.approx((0.45 + 0.025) / 2)


def slow_interval(part: np.ndarray, whole: np.ndarray, scenes: np.ndarray) -> tuple[float, float]:
    """Draw scenes with replacement, one by one."""
    rng, values = np.random.default_rng(99), []
    names = np.unique(scenes)
    for _ in range(3000):
        rows = np.concatenate([np.flatnonzero(scenes == name) for name in rng.choice(names, len(names))])
        values.append(part[rows].sum() / whole[rows].sum())
    return tuple(np.quantile(values, [0.025, 0.975]))


def test_intervals_agree_with_drawing_scene_by_scene() -> None:
    rng = np.random.default_rng(3)
    scenes = np.repeat(np.arange(20), 4)
    good = rng.random(20)[scenes] + 0.1 * rng.random(80)  # images of one scene look alike
    ratio = (good, np.ones(80))
    by_scene, by_image = (intervals({"x": ratio}, given)["x"] for given in (scenes, None))
    assert by_scene is not None
    assert by_image is not None
    assert by_scene == pytest.approx(slow_interval(*ratio, scenes), abs=0.03)
    assert by_image == pytest.approx(slow_interval(*ratio, np.arange(80)), abs=0.02)
    assert by_scene[1] - by_scene[0] > 1.5 * (by_image[1] - by_image[0])
    assert by_scene[0] < estimate(ratio) < by_scene[1]
    assert intervals({"x": ratio}, scenes)["x"] == by_scene  # the same draws every time


def test_figures_that_many_draws_lack_have_no_interval() -> None:
    whole = np.zeros(10)
    whole[0] = 1  # a third of the draws leave this image out
    found = intervals({"rare": (whole, whole), "all": (whole, np.ones(10))}, None)
    assert found["rare"] is None
    assert found["all"] is not None


@settings(max_examples=20)
@given(st.integers(1, 10**7))
def test_draws_stay_affordable(units: int) -> None:
    assert FEWEST_DRAWS <= draws(units) <= MOST_DRAWS


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng, inside = np.random.default_rng(8), 0
    for _ in range(60):
        values = rng.normal(0.5, 0.2, 80)
        interval = intervals({"x": (values, np.ones(80))}, None)["x"]
        assert interval is not None
        inside += interval[0] <= 0.5 <= interval[1]
    assert inside >= 51  # 57 expected; fewer than 51 happens once in 150 with 95 %
