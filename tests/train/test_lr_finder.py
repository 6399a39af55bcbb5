import numpy as np
import pytest

from shipedge_train.training import lr_finder


def test_suggestion_is_a_third_of_the_steepest_fall():
    rates = np.geomspace(1e-6, 1, 121)  # twenty steps a decade
    smooth = 1 / (1 + np.exp(4 * (np.log10(rates) + 3)))  # falls fastest at 1e-3
    smooth[-20:] += np.linspace(0, 3, 20)  # and breaks out
    assert lr_finder.suggest(rates, smooth) == pytest.approx(1e-3 / 3, rel=0.2)


def test_smoothing_has_no_start_up_bias():
    assert lr_finder.smoothed(np.full(5, 0.7)) == pytest.approx([0.7] * 5)
    assert lr_finder.smoothed(np.array([1.0, 0.0]))[1] == pytest.approx(0.9 / 1.9)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_real_curve_is_drawn(made_dataset, tiny_config, tmp_path):
    rate = lr_finder.find_learning_rate("segmenter", made_dataset, tiny_config("segmenter"), tmp_path / "lr", steps=25)
    assert lr_finder.LOW / 3 <= rate < lr_finder.HIGH
    assert sorted(path.name for path in (tmp_path / "lr").iterdir()) == ["learning_rate.csv", "learning_rate.png"]
    rows = (tmp_path / "lr" / "learning_rate.csv").read_text().splitlines()
    assert rows[0] == "learning_rate,loss,smoothed"
    assert len(rows) > 10
