"""What is no path and no camera is named before anything begins."""

import pytest
from click.testing import CliRunner

from shipedge.cli import main
from shipedge.errors import SourceError
from shipedge.sources.resolve import MOST_CAMERA, resolve

pytest.importorskip("cv2")


@pytest.mark.parametrize(
    "command",
    [
        ["predict", ""],
        ["predict", "a.jpg", "--out", ""],
        ["predict", "a.jpg", "--csv", ""],
        ["predict", "a.jpg", "--bundle", ""],
        ["masks", "", "out"],
        ["masks", "a.csv", ""],
        ["masks", "a.csv", "out", "--images", ""],
        ["evaluate", "", "a.csv"],
        ["evaluate", "a.csv", ""],
        ["evaluate", "a.csv", "a.csv", "--save", ""],
        ["rle", "convert", "", "x.json"],
        ["rle", "convert", "x.csv", ""],
        ["rle", "convert", "x.csv", "y.json", "--images", ""],
        ["rle", "encode", ""],
        ["rle", "decode", "1 3", "--out", ""],
        ["rle", "detect-order", ""],
    ],
)
def test_an_empty_path_is_not_the_folder_one_is_in(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2
    assert done.output.rstrip().endswith("the path is empty.")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_source():
    with pytest.raises(SourceError, match="the name of a source is empty"):
        resolve([""])


@pytest.mark.parametrize("number", ["256", "2147483648", "9" * 5000])
def test_numbers_of_cameras_are_bounded(number):
    with pytest.raises(SourceError, match=r"camera \d{3,20}: expected a number of at most 255"):
        resolve([number])
    assert resolve([str(MOST_CAMERA)])[0].name == "camera 255"


def test_the_words_of_opencv_are_not_ours(monkeypatch):
    import cv2

    def fail():
        cv2.cvtColor(None, 0)

    import click

    monkeypatch.setattr("shipedge.cli.lazy.attribute", lambda target: click.Command("x", callback=fail))
    done = CliRunner().invoke(main, ["doctor"])
    assert (done.exit_code, done.output) == (1, "Error: OpenCV failed in cvtColor\n")
