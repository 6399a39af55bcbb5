"""``shipedge evaluate``: figures worked out by hand, and refusals."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shipedge.airbus import write_airbus
from shipedge.cli import main
from shipedge.errors import DatasetError
from shipedge.evaluate import evaluate_files
from shipedge.evaluate.export import to_json
from shipedge.evaluate.figures import figures

# perfect, 7 of 8 pixels, one of two found, missed, rightly empty, false alarm
TRUTH = {"a": ["1 8"], "b": ["1 8"], "c": ["1 8", "100 8"], "d": ["1 8"], "e": [], "f": []}
PREDICTION = {"a": ["1 8"], "b": ["1 7"], "c": ["1 8"], "d": [], "e": [], "f": ["1 4"]}
SCORES = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.2, "e": 0.1, "f": 0.7}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_airbus(tmp_path / "truth.csv", TRUTH.items())
    write_airbus(tmp_path / "pred.csv", PREDICTION.items())
    lines = [
        json.dumps({"source": f"/some/where/{name}", "index": 0, "score": score}) for name, score in SCORES.items()
    ]
    (tmp_path / "scores.jsonl").write_text("\n".join(lines) + "\n\n")
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


def test_all_figures(folder: Path) -> None:
    result = evaluate_files(folder / "pred.csv", folder / "truth.csv", scores=folder / "scores.jsonl")
    expected_f2 = [1, 0.8, 5 / 9, 0, 1, 0]
    images = result.images()
    assert [one.f2 for one in images] == pytest.approx(expected_f2)
    assert [one.dice for one in images] == pytest.approx([1, 14 / 15, 2 / 3, 0, 1, 0])
    assert [one.iou for one in images] == pytest.approx([1, 7 / 8, 1 / 2, 0, 1, 0])
    assert [one.score for one in images] == list(SCORES.values())
    found = figures(result)
    assert {name: one.value for name, one in found.items() if " " not in name} == pytest.approx(
        {
            "f2": sum(expected_f2) / 6,
            "f2_all_empty": 2 / 6,
            "f2_ship_images": sum(expected_f2[:4]) / 4,
            "dice_ship_images": (1 + 14 / 15 + 2 / 3) / 4,
            "dice_all": (1 + 14 / 15 + 2 / 3 + 1) / 6,
            "dice_pooled": 2 * 23 / (40 + 27),
            "iou_ship_images": (1 + 7 / 8 + 1 / 2) / 4,
            "iou_all": (1 + 7 / 8 + 1 / 2 + 1) / 6,
            "iou_pooled": 23 / (40 + 27 - 23),
            "empty_right": 0.5,
            "ship_images_found": 0.75,
            "precision_50": 3 / 4,
            "recall_50": 3 / 5,
            "detector_auc": 6.5 / 8,
            "detector_ap": (1 + 1 + 3 / 4 + 4 / 5) / 4,
            "detector_brier": (0.01 + 0.04 + 0.09 + 0.64 + 0.01 + 0.49) / 6,
        }
    )
    assert all(one.interval is None or one.interval[0] <= one.value <= one.interval[1] for one in found.values())
    by_threshold = result.f2_by_image().mean(axis=0)
    assert result.f2 == pytest.approx(by_threshold.mean()) == found["f2"].value
    assert by_threshold[-1] == pytest.approx((1 + 0 + 5 / 9 + 0 + 1 + 0) / 6)
    assert [one.image for one in result.worst(3)] == ["d", "f", "c"]
    assert [one.image for one in result.worst(99)] == ["d", "f", "c", "b"]


@pytest.mark.parametrize(
    ("truth", "prediction", "expected"),
    [
        pytest.param(["1 8"], ["1 8"], 1.0, id="perfect"),
        pytest.param(["1 8"], ["1 7"], 0.8, id="IoU 0.875"),
        pytest.param(["1 8"], ["1 8", "100 8"], 5 / 6, id="perfect and one false"),
        pytest.param(["1 8", "100 8"], ["1 8"], 5 / 9, id="one of two"),
        pytest.param(["1 8"], ["1 4"], 0.0, id="IoU exactly 0.5"),
        pytest.param([], [], 1.0, id="both empty"),
        pytest.param([], ["1 1"], 0.0, id="only said"),
        pytest.param(["1 1"], [], 0.0, id="only there"),
        pytest.param(["1 8", "9 8"], ["1 16"], 0.0, id="touching rows stay two ships"),
        pytest.param(["1 8 100 8"], ["1 8", "100 8"], 0.0, id="a row in two parts stays one ship"),
    ],
)
def test_the_metric_s_own_checks_hold_for_files(
    tmp_path: Path, truth: list[str], prediction: list[str], expected: float
) -> None:
    write_airbus(tmp_path / "truth.csv", [("a", truth), ("b", [])])
    write_airbus(tmp_path / "pred.csv", [("b", []), ("a", prediction)])
    result = evaluate_files(tmp_path / "pred.csv", tmp_path / "truth.csv")
    assert result.f2 == pytest.approx((expected + 1) / 2)  # the empty image counts as much


def test_the_terminal_and_the_json_agree(folder: Path) -> None:
    out = folder / "figures.json"
    result = run(folder / "pred.csv", folder / "truth.csv", "--save", out, "--worst", 2)
    assert result.exit_code == 0, result.output
    figures = json.loads(out.read_text())
    low, high = figures["intervals"]["f2"]
    expected = f"F2, official        {figures['f2']:.4f} [{low:.3f}, {high:.3f}]   (an all-empty file scores 0.3333)"
    assert expected in result.stdout
    assert figures["format"] == 2
    assert figures["detector"] is None
    assert "ROC AUC" not in result.stdout
    assert list(figures["f2_by_threshold"]) == [f"0.{step}" for step in range(50, 100, 5)]
    assert {one["image"]: one["missed"] for one in figures["per_image"]}["c"] == 1
    assert [line.split()[0] for line in result.stdout.splitlines()[-2:]] == ["d", "f"]


def test_the_auc_is_shown_with_scores(folder: Path) -> None:
    result = run(folder / "pred.csv", folder / "truth.csv", "--scores", folder / "scores.jsonl")
    assert "ROC AUC 0.8125" in result.stdout
    out = folder / "figures.json"
    run(folder / "pred.csv", folder / "truth.csv", "--scores", folder / "scores.jsonl", "--save", out)
    detector = json.loads(out.read_text())["detector"]
    assert detector["cuts"] == [0.9, 0.8, 0.7, 0.2, 0.1]
    assert detector["true_positives"] == [1, 2, 3, 4, 4]
    assert detector["false_positives"] == [0, 0, 1, 1, 2]


def test_figures_that_do_not_exist_are_null(tmp_path: Path) -> None:
    write_airbus(tmp_path / "truth.csv", [("a", [])])
    out = tmp_path / "figures.json"
    result = run(tmp_path / "truth.csv", tmp_path / "truth.csv", "--save", out)
    assert result.exit_code == 0, result.output
    figures = json.loads(out.read_text())
    assert figures["f2"] == 1
    assert [figures[name] for name in ("dice_ship_images", "dice_pooled", "precision_50", "recall_50")] == [None] * 4
    assert figures["intervals"]["dice_pooled"] is None
    assert figures["by_size"][0]["f2"] is None
    assert "nan" not in result.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": None}, "lacks 1 image (a) of"),
        ({"a": None, "b": None, "c": None, "d": None}, "lacks 4 images (a, b, c, ...) of"),
        ({"g": []}, "has 1 image (g) that"),
        ({"c": ["1 8", "5 8"]}, "image 'c': ships 1 and 2 overlap"),
        ({"c": ["1 8", "100 8", "1 8"]}, "image 'c': ships 1 and 3 overlap"),
        ({"c": ["1 8", "9"]}, "line 5: image 'c': "),
        ({"a": ["589824 2"]}, "line 2: image 'a': "),
    ],
)
def test_predictions_that_cannot_be_scored(folder: Path, change: dict, message: str) -> None:
    rows = {name: ships for name, ships in {**PREDICTION, **change}.items() if ships is not None}
    write_airbus(folder / "pred.csv", rows.items())
    result = run(folder / "pred.csv", folder / "truth.csv")
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_an_empty_truth_is_refused(folder: Path) -> None:
    (folder / "truth.csv").write_text("ImageId,EncodedPixels\n")
    with pytest.raises(DatasetError, match="holds no images"):
        evaluate_files(folder / "pred.csv", folder / "truth.csv")


def test_scores_must_cover_the_truth(folder: Path) -> None:
    (folder / "scores.jsonl").write_text('{"source": "a", "score": 0}\n')
    result = run(folder / "pred.csv", folder / "truth.csv", "--scores", folder / "scores.jsonl")
    assert result.exit_code == 1
    assert "scores.jsonl lacks 5 images (b, c, d, ...)" in result.stderr
    assert "cannot read" in run(folder / "pred.csv", folder / "truth.csv", "--scores", folder / "no").stderr


def test_other_image_sizes(folder: Path) -> None:
    assert run(folder / "pred.csv", folder / "truth.csv", "--shape", 11, 10).exit_code == 0
    assert "image 'c'" in run(folder / "pred.csv", folder / "truth.csv", "--shape", 10, 10).stderr


def test_what_predict_writes_can_be_scored(tmp_path: Path, image, toy_bundle_dir: Path) -> None:
    """The toy bundle finds bright rectangles: b's is found exactly, c's truth is half of what is found."""

    def text(left: int, top: int, right: int, bottom: int) -> str:
        return " ".join(f"{x * 768 + top + 1} {bottom - top}" for x in range(left, right))

    for name, ships in {"a.png": [], "b.png": [(100, 200, 180, 240)], "c.png": [(300, 300, 340, 340)]}.items():
        image(tmp_path / "images" / name, 768, 768, *ships)
    truth = {"a.png": [], "b.png": [(100, 200, 180, 240)], "c.png": [(300, 300, 320, 340)]}
    write_airbus(tmp_path / "truth.csv", [(name, [text(*box) for box in boxes]) for name, boxes in truth.items()])
    out, csv = tmp_path / "out", tmp_path / "pred.csv"
    arguments = [str(tmp_path / "images"), "--bundle", str(toy_bundle_dir), "--out", str(out), "--csv", str(csv)]
    predicted = CliRunner().invoke(main, ["predict", *arguments])
    assert predicted.exit_code == 0, predicted.output
    result = evaluate_files(csv, tmp_path / "truth.csv", scores=out / "predictions.jsonl")
    assert figures(result)["detector_auc"].value == 1
    assert {one.image: one.f2 for one in result.images()} == {"a.png": 1, "b.png": 1, "c.png": 0}
    assert result.images()[2].dice == pytest.approx(2 / 3)
    alone = evaluate_files(
        out, tmp_path / "truth.csv"
    )  # the folder says the same as its two files, and scores of ships
    curve = to_json(alone, figures(alone))["curve"]
    assert curve["precision"] == [0.5]
    assert to_json(alone, figures(alone)) == to_json(result, figures(result)) | {"curve": curve}


@pytest.mark.shared
def test_the_real_truth_scores_one_and_the_empty_file_its_share(tmp_path: Path) -> None:
    truth = Path(__file__).parents[2].parent / "shared" / "data" / "airbus" / "ships.csv"
    if not truth.exists():
        pytest.skip(f"{truth} is not here")
    assert evaluate_files(truth, truth).f2 == 1
    write_airbus(tmp_path / "empty.csv", [(name, []) for name in evaluate_files(truth, truth).names])
    empty = evaluate_files(tmp_path / "empty.csv", truth)
    assert empty.f2 == figures(empty)["f2_all_empty"].value == pytest.approx(60 / 154)
