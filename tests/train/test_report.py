"""The report of a run: real (tiny) runs, runs that are still going, damaged ones, and pages of predictions."""

import json
import re
import shutil

import pytest
from click.testing import CliRunner

from shipedge.airbus import read_airbus, write_airbus
from shipedge.cli import main
from shipedge.errors import ConfigError
from shipedge_train.report.run import flatten, read_run_folder
from shipedge_train.report.run_blocks import differences

# Keras 3.15 on NumPy 2.4, where a run is trained for these tests.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def run(*arguments):
    return CliRunner().invoke(main, ["report", *map(str, arguments)])


@pytest.fixture
def found(made_dataset, tmp_path):
    """What a model might have said of the dataset: a.jpg right, b.jpg half, c.jpg a false alarm, the rest nothing."""
    truth = read_airbus(made_dataset / "ships.csv")
    ships = {**dict.fromkeys(truth, ()), "a.jpg": truth["a.jpg"], "b.jpg": truth["b.jpg"][:1], "c.jpg": ["1 30"]}
    lines = [
        json.dumps({"source": name, "score": 0.1 + 0.2 * len(said), "ships": [{"rle": text} for text in said]})
        for name, said in ships.items()
    ]
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "predictions.jsonl").write_text("\n".join(lines))
    write_airbus(tmp_path / "found.csv", ships.items())
    return tmp_path / "found"


@pytest.fixture
def folder(finished, tmp_path):
    """A copy of the finished segmenter run without its large files."""
    target = tmp_path / "run"
    target.mkdir()
    for name in ("config.json", "history.csv"):
        shutil.copy(finished["segmenter"][0] / name, target / name)
    return target


def test_a_finished_run(finished):
    folder = finished["segmenter"][0]
    read = read_run_folder(folder)
    assert read.task == "segmenter"
    assert read.epochs == [1, 2]
    assert read.config["train.steps"] == 4
    assert read.history["score"][read.kept_epoch()] == max(read.history["score"])
    assert read.history["learning_rate"][0] > read.history["learning_rate"][1] > 0


@pytest.mark.parametrize(("keep", "expected"), [("best", 2), ("last", 3)])
def test_the_epoch_that_was_kept_is_marked(folder, keep, expected):
    table = json.loads((folder / "config.json").read_text())
    table["config"]["train"]["keep"] = keep
    (folder / "config.json").write_text(json.dumps(table))
    (folder / "history.csv").write_text("epoch,score\n1,0.5\n2,\n3,0.7\n4,0.6\n5,\n")
    assert read_run_folder(folder).kept_epoch() == expected


def test_the_page_of_a_run_beside_another(finished, folder, tmp_path):
    config = json.loads((folder / "config.json").read_text())
    config["config"]["train"]["seed"] = 9
    (folder / "config.json").write_text(json.dumps(config))
    out = tmp_path / "page.html"
    result = run(folder, "--against", finished["segmenter"][0], "--out", out)
    assert result.exit_code == 0, result.output
    page = out.read_text()
    assert "learning rate; a ring marks" in page
    assert "dice ships; a ring marks" in page
    assert page.count("<svg") >= 4
    rows = re.findall(r"<tr><td>(\S+?)</td>", page)
    assert "train.seed" in rows  # the only choice that differs
    assert "train.steps" not in rows
    assert "best weights" in page  # of the copy, which has none
    assert not re.search(r"(src|href)=\"?(https?:)?//", page)


def test_a_run_that_has_just_begun(folder):
    (folder / "history.csv").unlink()
    result = run(folder)
    assert result.exit_code == 0, result.output
    page = (folder / "report.html").read_text()
    assert "has no finished epoch yet" in page
    assert "No predictions were given" in page
    assert "train.learning_rate" in page


def test_the_page_of_predictions(made_dataset, found, folder):
    where = ["--truth", made_dataset / "ships.csv", "--images", made_dataset / "images"]
    result = run(folder, "--predictions", found, *where)
    assert result.exit_code == 0, result.output
    page = (folder / "report.html").read_text()
    assert "ROC of the image score" in page
    assert "Reliability in 10 bins" in page
    # worst first: nothing right in c, d and f, half of b; a is the best of the images with ships
    assert re.findall(r'class="card"[^>]* data-name="([^"]+)"', page) == ["c.jpg", "d.jpg", "f.jpg", "b.jpg", "a.jpg"]
    assert "F2, official" in page


def test_predictions_alone_and_from_a_csv(made_dataset, found, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("--predictions", f"{found}.csv", "--truth", made_dataset / "ships.csv")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "report.html").read_text()
    assert "a CSV has none" in page
    assert "(--images), so none are shown" in page
    assert "<h2>Run" not in page


def test_images_that_cannot_be_read_are_named(made_dataset, found, tmp_path):
    images = tmp_path / "images"
    shutil.copytree(made_dataset / "images", images)
    (images / "d.jpg").write_bytes(b"no image")
    out = tmp_path / "page.html"
    result = run("--predictions", found, "--truth", made_dataset / "ships.csv", "--images", images, "--out", out)
    assert result.exit_code == 0, result.output
    assert "1 images could not be read" in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        ([], "nothing to show", 2),
        (["--predictions", "x"], "--predictions and --truth belong together", 2),
        (["run", "--images", "."], "--images needs --predictions", 2),
        (["--predictions", "x", "--truth", "y", "--against", "z"], "--against needs a RUN", 2),
        (["nowhere"], "nowhere is not a run folder", 1),
        (["--predictions", "nowhere.csv", "--truth", "nowhere.csv"], "nowhere.csv", 1),
    ],
)
def test_refusals(arguments, message, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == code
    assert message in result.stderr
    assert not list(tmp_path.glob("**/*.html"))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("config.json", "{", "config.json is damaged"),
        ("config.json", "[]", "config.json is damaged"),
        ("config.json", '{"kind": "segmenter"}', "config.json is damaged"),
        ("config.json", '{"kind": "segmenter", "config": 3}', "config.json is damaged"),
        ("history.csv", "a,b\n1,2\n", "has no column epoch"),
        ("history.csv", "epoch,loss\n1,much\n", "line 2: loss is 'much', expected a number"),
        ("history.csv", "epoch,loss\n1\n", "history.csv"),
    ],
)
def test_damaged_runs(folder, name, text, message):
    (folder / name).write_text(text)
    if text == "epoch,loss\n1\n":  # a column that began later is no damage
        assert str(read_run_folder(folder).history["loss"]) == "[nan]"
        return
    with pytest.raises(ConfigError, match=re.escape(message)):
        read_run_folder(folder)


def test_differences():
    mine = flatten({"a": {"b": 1, "c": [1, 2]}, "d": "x"})
    assert mine == {"a.b": 1, "a.c": "[1, 2]", "d": "x"}
    assert differences(mine, {"a.b": 1, "a.c": "[1]", "e": 2}) == [
        ("a.c", "[1, 2]", "[1]"),
        ("d", "x", None),
        ("e", None, 2),
    ]
    assert differences(mine, mine) == []
