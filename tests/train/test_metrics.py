import numpy as np
import pytest

from shipedge_train.tasks.scores import dice_at, score_detector, score_segmenter


def test_dice_by_hand():
    mask = np.array([[1, 1, 0, 0]], np.uint8)
    assert dice_at(np.array([[0.9, 0.1, 0.8, 0.2]]), mask) == 0.5
    assert dice_at(np.zeros((1, 4)), np.zeros((1, 4), np.uint8)) == 1.0
    assert dice_at(np.ones((1, 4)), np.zeros((1, 4), np.uint8)) == 0.0


def test_cells_are_ranked():
    truth, empty = np.array([[1.0, 0.0, 1.0, 0.0]]), np.zeros((1, 4))
    ranked = score_detector([np.array([[0.9, 0.8, 0.7, 0.1]]), empty], [truth, empty])
    assert ranked["cell_ap"] == pytest.approx((1 + 2 / 3) / 2)
    tied = score_detector([np.full((1, 4), 0.5), empty], [truth, empty])
    assert tied["cell_ap"] == pytest.approx(2 / 4)
    assert np.isnan(score_detector([empty], [empty])["cell_ap"])


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
    assert scores["image_auc"] == scores["cell_ap"] == scores["cell_auc"] == 1.0
