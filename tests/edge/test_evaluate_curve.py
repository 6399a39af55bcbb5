"""Precision over recall, from the scores that `shipedge predict` gives every ship."""

import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from shipedge.airbus import write_airbus
from shipedge.cli import main
from shipedge.errors import DatasetError
from shipedge.evaluate import evaluate_files
from shipedge.evaluate.curve import precision_over_recall

TRUTH = {"a": ["1 10", "100 10"], "b": ["1 20"], "c": []}


def write_lines(path, images):
    """{image: [(rle, score or None), ...]} as predictions.jsonl."""
    path.write_text(
        "\n".join(
            json.dumps(
                {
                    "source": name,
                    "score": 0.5,
                    "ships": [{"rle": rle} | ({} if score is None else {"score": score}) for rle, score in ships],
                }
            )
            for name, ships in images.items()
        )
    )
    return path


@pytest.fixture
def evaluation(tmp_path):
    """evaluation({image: [(rle, score), ...]}) beside TRUTH."""
    write_airbus(tmp_path / "truth.csv", TRUTH.items())
    return lambda images: evaluate_files(write_lines(tmp_path / "p.jsonl", images), tmp_path / "truth.csv")


def test_by_hand(evaluation):
    found = {"a": [("1 10", 0.9), ("300 5", 0.7)], "b": [("1 20", 0.7)], "c": [("50 3", 0.4)]}
    curve = precision_over_recall(evaluation(found))
    assert curve.score.tolist() == [0.9, 0.7, 0.4]
    assert curve.precision.tolist() == pytest.approx([1, 2 / 3, 2 / 4])
    assert curve.recall.tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3])


def test_nothing_predicted(evaluation):
    curve = precision_over_recall(evaluation({"a": [], "b": [], "c": []}))
    assert [len(values) for values in curve] == [0, 0, 0]


@given(st.lists(st.tuples(st.sampled_from(["right", "wrong"]), st.sampled_from([0.1, 0.5, 0.8, 1.0])), max_size=20))
def test_every_point_is_what_a_bar_at_that_score_gives(tmp_path_factory, predictions):
    folder = tmp_path_factory.mktemp("curve")
    ships = {"a": [f"{1 + 20 * k} 10" for k in range(20)]}
    write_airbus(folder / "truth.csv", ships.items())
    rows = [
        (f"{1 + 20 * k + (15 if kind == 'wrong' else 0)} {4 if kind == 'wrong' else 10}", score)
        for k, (kind, score) in enumerate(predictions)
    ]
    curve = precision_over_recall(
        evaluate_files(write_lines(folder / "p.jsonl", {"a": rows}), folder / "truth.csv", shape=(20, 30))
    )
    assert curve.score.tolist() == sorted({score for _, score in predictions}, reverse=True)
    for score, precision, recall in zip(*curve, strict=True):
        kept = [kind == "right" for kind, of in predictions if of >= score]
        assert precision == pytest.approx(np.mean(kept))
        assert recall == pytest.approx(sum(kept) / 20)


def test_needs_scores_and_ships(evaluation, tmp_path):
    with pytest.raises(DatasetError, match="needs the score of every ship"):
        precision_over_recall(evaluation({"a": [("1 10", 0.9), ("300 5", None)], "b": [], "c": []}))
    write_airbus(tmp_path / "none.csv", {"a": []}.items())
    path = write_lines(tmp_path / "one.jsonl", {"a": [("1 10", 0.9)]})
    with pytest.raises(DatasetError, match="needs ships in the truth"):
        precision_over_recall(evaluate_files(path, tmp_path / "none.csv"))


@pytest.mark.parametrize("score", [2, -0.1, "0.5", None, True, [1], float("nan")])
def test_a_score_that_is_none(tmp_path, score):
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"source": "a", "score": 0.5, "ships": [{"rle": "1 2", "score": score}]}))
    write_airbus(tmp_path / "truth.csv", {"a": ["1 2"]}.items())
    with pytest.raises(DatasetError, match=r"line 1: the score of a ship is .*, expected 0 to 1"):
        evaluate_files(path, tmp_path / "truth.csv")


def test_drawn(evaluation, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed (extra train)")
    monkeypatch.chdir(tmp_path)
    evaluation({"a": [("1 10", 0.9), ("300 5", 0.7)], "b": [("1 20", 0.7)], "c": []})
    done = CliRunner().invoke(main, ["evaluate", "p.jsonl", "truth.csv", "--curve", "c.png", "--save", "c.json"])
    assert done.exit_code == 0, done.output
    image = cv2.imread("c.png")
    assert image.shape == (750, 900, 3)
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 10
    assert json.loads((tmp_path / "c.json").read_text())["curve"]["recall"] == pytest.approx([1 / 3, 2 / 3])


def test_a_csv_has_no_scores(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed (extra train)")
    monkeypatch.chdir(tmp_path)
    write_airbus(tmp_path / "truth.csv", TRUTH.items())
    write_airbus(tmp_path / "p.csv", TRUTH.items())
    done = CliRunner().invoke(main, ["evaluate", "p.csv", "truth.csv", "--curve", "c.png"])
    assert (done.exit_code, "not a CSV" in done.output) == (1, True)
    assert not (tmp_path / "c.png").exists()
