"""What ``shipedge evaluate`` reads besides a CSV: JSON Lines, their folder, scenes; and what it refuses."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from shipedge.airbus import write_airbus
from shipedge.errors import DatasetError
from shipedge.evaluate import evaluate_files, read_prediction, read_scores
from shipedge.formats.scenes import read_scenes


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2 is not JSON: Expecting property name"),
        ("[" * 100_000, "line 2 is not JSON: it is nested too deeply"),
        ('{"source": "b", "score": 0.1, "score": 0.9}', "line 2 is not JSON: the key 'score' comes twice"),
        ('{"source": "b", "score": ' + "9" * 400 + "}", "line 2: score is inf, expected a finite number"),
        ('{"source": "b", "score": ' + "9" * 5000 + "}", "line 2: score is inf, expected a finite number"),
        ("[]", 'expected an object with "source" and "score"'),
        ('{"source": "b"}', 'expected an object with "source" and "score"'),
        ('{"source": "b", "score": "high"}', 'expected an object with "source" and "score"'),
        ('{"source": "b", "score": NaN}', "line 2: score is nan, expected a finite number"),
        ('{"source": "a", "score": 1}', "line 2: image 'a' comes twice"),
        ('{"source": "x/a", "score": 1}', "line 2: a and x/a are both image 'a': predict and score them one after"),
        ('{"source": "b.mp4", "score": 1}', 'and the "index" of a frame of a video'),
        ('{"source": "b.mp4", "score": 1, "index": -1}', 'and the "index" of a frame of a video'),
        ('{"source": "b.mp4", "score": 1, "index": "1"}', 'and the "index" of a frame of a video'),
        ("\xff", "line 2 is not JSON: 'utf-8' codec"),
    ],
)
def test_bad_scores(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(b'{"source": "a", "score": 0}\n' + line.encode("latin-1"))
    with pytest.raises(DatasetError) as caught:
        read_scores(path)
    assert message in str(caught.value)


def write_lines(path: Path, ships: dict[str, list[str]]) -> Path:
    lines = [
        json.dumps({"source": f"x/{name}", "score": 0.5, "ships": [{"rle": text} for text in texts]})
        for name, texts in ships.items()
    ]
    path.write_text("\n".join(lines))
    return path


def test_json_lines_say_the_same_as_a_csv(tmp_path: Path) -> None:
    ships = {"a": ["1 8", "100 3"], "b": [], "c": ["7 2"]}
    write_airbus(tmp_path / "truth.csv", ships.items())
    path = write_lines(tmp_path / "predictions.jsonl", ships)
    for given in (path, tmp_path):
        read = read_prediction(given)
        assert {name: read.ships[name] for name in read.ships} == ships
        assert read.scores == {"a": 0.5, "b": 0.5, "c": 0.5}
        assert evaluate_files(given, tmp_path / "truth.csv").f2 == 1


def frames(*sources: tuple[str, int, list[str]]) -> str:
    lines = [
        {"source": source, "index": index, "time_s": None, "score": 0.5, "ships": [{"rle": text} for text in texts]}
        for source, index, texts in sources
    ]
    return "\n".join(map(json.dumps, lines))


def test_frames_of_videos_and_cameras_go_by_name_and_number(tmp_path: Path) -> None:
    """By the names that the CSV of the same run has."""
    truth = {"flight 1_frame000000": ["1 8"], "flight 1_frame000001": [], "camera2_frame000000": ["7 2"], "a.png": []}
    write_airbus(tmp_path / "truth.csv", truth.items())
    lines = frames(
        ("x/flight 1.h264", 0, ["1 8"]), ("x/flight 1.h264", 1, []), ("camera 2", 0, ["7 2"]), ("C:\\x\\a.png", 0, [])
    )
    (tmp_path / "predictions.jsonl").write_text(lines)
    prediction = read_prediction(tmp_path)
    assert {name: prediction.ships[name] for name in prediction.ships} == truth
    assert evaluate_files(tmp_path, tmp_path / "truth.csv").f2 == 1
    assert set(read_scores(tmp_path / "predictions.jsonl")) == set(truth)


@pytest.mark.parametrize("other", ["y/flight.mp4", "x/flight.mov"])
def test_two_videos_of_one_name(tmp_path: Path, other: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(frames(("x/flight.mp4", 0, []), ("x/flight.mp4", 1, []), (other, 0, [])))
    both = f"line 3: x/flight.mp4 and {other} are both image 'flight_frame000000'"
    with pytest.raises(DatasetError, match=re.escape(both)):
        read_prediction(path)


def test_one_frame_twice(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(frames(("a.mp4", 0, []), ("a.mp4", 0, [])))
    with pytest.raises(DatasetError, match="line 2: image 'a_frame000000' comes twice"):
        read_prediction(tmp_path / "p.jsonl")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"source": "a", "score": 0}', 'line 1: expected "ships", each with its "rle"'),
        ('{"source": "a", "score": 0, "ships": [1]}', 'line 1: expected "ships", each with its "rle"'),
        ('{"source": "a", "score": 0, "ships": [{"rle": "9"}]}', "line 1: image 'a': "),
        (
            '{"source": "a", "score": 0, "ships": [], "shape": [96, 128]}',
            "image 'a' has shape [96, 128], expected [768, 7",
        ),
        ('{"source": "a", "score": 0, "ships": [], "shape": "wide"}', "has shape 'wide', expected [768, 768]; --shape"),
        ('{"source": "a", "score": 0, "ships": [{"rle": "589825 1"}]}', "line 1: image 'a': "),
        ('{"source": "a", "score": 0, "ships": [{"rle": "1 8"}, {"rle": "8 1"}]}', "ships 1 and 2 overlap"),
    ],
)
def test_bad_json_lines(tmp_path: Path, line: str, message: str) -> None:
    write_airbus(tmp_path / "truth.csv", [("a", ["1 8"])])
    (tmp_path / "p.jsonl").write_text(line)
    with pytest.raises(DatasetError) as caught:
        evaluate_files(tmp_path / "p.jsonl", tmp_path / "truth.csv")
    assert message in str(caught.value)
    assert "p.jsonl" in str(caught.value)


def test_a_folder_without_predictions(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"holds no predictions\.jsonl"):
        read_prediction(tmp_path)


def test_scenes_are_found_beside_the_truth(tmp_path: Path) -> None:
    write_airbus(tmp_path / "truth.csv", [(name, []) for name in "abcd"])
    assert evaluate_files(tmp_path / "truth.csv", tmp_path / "truth.csv").scenes is None
    (tmp_path / "scenes.csv").write_text("ImageId,BigImageId\na,7\nb,8\nc,7\nother,9\n")
    scenes = evaluate_files(tmp_path / "truth.csv", tmp_path / "truth.csv").scenes
    assert scenes is not None
    assert scenes.tolist() == [0, 1, 0, 2]  # d is in none: a scene of its own
    assert len(np.unique(scenes)) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "header is '', expected 'ImageId,BigImageId'"),
        ("ImageId,Scene\na,1\n", "header is 'ImageId,Scene'"),
        ("ImageId,BigImageId\na,1\nb\n", "line 3: found 1 fields, expected 2"),
        ("ImageId,BigImageId\nz,1\n", "knows none of the images"),
        ("\xff", "is no CSV"),
    ],
)
def test_bad_scenes(tmp_path: Path, text: str, message: str) -> None:
    write_airbus(tmp_path / "truth.csv", [("a", [])])
    path = tmp_path / "scenes.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DatasetError, match=r"scenes\.csv") as caught:
        evaluate_files(tmp_path / "truth.csv", tmp_path / "truth.csv", scenes=path)
    assert message in str(caught.value)


def test_scenes_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot read"):
        read_scenes(tmp_path / "scenes.csv")


def test_one_part_alone(tmp_path: Path) -> None:
    truth = {"a": ["1 8"], "b": [], "c": ["7 2"], "d": ["9 9"]}
    write_airbus(tmp_path / "truth.csv", truth.items())
    (tmp_path / "splits.csv").write_text("ImageId,Group,Part\na,a,test\nb,b,fold0\nc,c,test\nd,d,fold1\n")
    write_airbus(tmp_path / "said.csv", (truth | {"b": ["1 8"], "c": []}).items())
    result = evaluate_files(tmp_path / "said.csv", tmp_path / "truth.csv", part="test")
    assert (result.names, result.f2) == (("a", "c"), 0.5)
    write_airbus(tmp_path / "said.csv", [("a", ["1 8"]), ("c", ["7 2"])])  # what is not asked for may be left out
    assert evaluate_files(tmp_path / "said.csv", tmp_path / "truth.csv", part="test").f2 == 1
    with pytest.raises(DatasetError, match=r"said\.csv lacks 1 image \(d\)"):
        evaluate_files(tmp_path / "said.csv", tmp_path / "truth.csv", part="fold1")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (None, "cannot read"),
        ("a,a,fold0\n", "has no part 'test', only fold0"),
        ("a,a,test\nz,z,test\n", "'z' of part test is not in"),
    ],
)
def test_parts_that_cannot_be_scored(tmp_path: Path, rows: str | None, message: str) -> None:
    truth = tmp_path / "truth.csv"
    write_airbus(truth, [("a", [])])
    if rows is not None:
        (tmp_path / "splits.csv").write_text("ImageId,Group,Part\n" + rows)
    with pytest.raises(DatasetError, match=r"splits\.csv") as caught:
        evaluate_files(truth, truth, part="test")
    assert message in str(caught.value)
