import numpy as np
import pytest

from shipedge_train.tasks.scores import average_precision, dice_at, score_detector, score_segmenter


def test_dice_by_hand():
    mask = np.array([[1, 1, 0, 0]], np.uint8)
    assert dice_at(np.array([[0.9, 0.1, 0.8, 0.2]]), mask) == 0.5
    assert dice_at(np.zeros((1, 4)), np.zeros((1, 4), np.uint8)) == 1.0
    assert dice_at(np.ones((1, 4)), np.zeros((1, 4), np.uint8)) == 0.0


def test_average_precision_by_hand():
    truth = np.array([True, False, True, False])
    assert average_precision(truth, np.array([0.9, 0.8, 0.7, 0.1])) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(truth, np.full(4, 0.5)) == pytest.approx((1 / 3 + 2 / 4) / 2)  # ties: pessimistic
    assert np.isnan(average_precision(np.zeros(3, bool), np.zeros(3)))


def test_score_segmenter_counts_ships_and_empties_apart():
    ship, empty = np.array([[1, 0]], np.uint8), np.zeros((1, 2), np.uint8)
    right, wrong = np.array([[0.9, 0.1]]), np.array([[0.1, 0.9]])
    scores = score_segmenter([right, wrong, right, empty.astype(float)], [ship, ship, empty, empty])
    assert scores == {"score": 0.5, "dice_ships": 0.5, "empty_right": 0.5}
    assert score_segmenter([right, right], [ship, empty]) == {"score": 0.5, "dice_ships": 1.0, "empty_right": 0.0}


def test_score_detector_leaves_grazed_cells_out():
    truths = [np.array([[1.0, 0.5]]), np.array([[0.0, 0.0]])]
    grids = [np.array([[0.9, 0.0]]), np.array([[0.3, 0.2]])]
    scores = score_detector(grids, truths)
    assert scores["picture_auc"] == scores["cell_ap"] == scores["cell_auc"] == 1.0
