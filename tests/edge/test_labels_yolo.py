"""YOLO folders as tools write them: what stands behind a polygon is never a part of it."""

import cv2  # the extra edge has it
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_scene import POLYGONS, SHAPE, SHIPS, convert, rectangle
from shipedge.errors import DatasetError
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import ImageList
from shipedge.rle import from_polygons

SIZE = ("--shape", 120, 200)


REFUSED = ("track id", "other columns", "left out", "as in the other", "a score", "keypoints")


def line(number, form="%.6f", behind=""):
    """A label line of one of the three ships; ``form`` is the tool's way to write numbers."""
    shares = np.array(POLYGONS[number], float).reshape(-1, 2) / [200, 120]
    return " ".join(["0", *(form % share for share in shares.ravel()), *behind.split()])


def folder(tmp_path, **files):
    labels = tmp_path / "labels"
    labels.mkdir(exist_ok=True)
    for stem, lines in files.items():
        (labels / f"{stem}.txt").write_text("\n".join(lines) + "\n")
    return labels


@pytest.mark.parametrize(
    ("files", "note"),
    [
        ({"a": [line(0), line(1), line(2)]}, ""),
        ({"a": [line(k, "%g", "0.91") for k in range(3)]}, "scores and track ids behind the polygons of 1 file"),
        ({"a": [line(k, "%g", "1") for k in range(3)]}, "scores and track ids"),
        ({"a": [line(k, "%g", f"{k + 1}") for k in range(3)]}, "scores and track ids"),
        ({"a": [line(k, "%g", f"0.91 {k + 1}") for k in range(3)]}, "scores and track ids"),
        ({"a": [line(k, "%g", f"0.91 {k}") for k in range(3)]}, "scores and track ids"),
        ({"a": [line(k, "%.6f", "0.873421 1") for k in range(3)]}, "scores and track ids"),
        ({"a": [line(k, "%g", "0.91 1") for k in range(3)], "b": [line(0, "%g", "0.9 17")]}, "of 2 files"),
        ({"a": [line(k, "%g", "0.91 1") for k in range(3)], "b": []}, None),
        ({"a": [line(k) for k in range(3)], "b": [line(0, behind="7")]}, "of 1 file"),
        ({"a": [line(0), "0 .5 .5 .1 .1", line(1), line(2)]}, "1 object left out: 1 with a box alone"),
        ({"a": [line(0), "0 .5 .5 .1 .1 .93", line(1), line(2)]}, "1 object left out: 1 with a box alone"),
        ({"a": ["0 .1 .1 .2 .2 0.9 17", *[line(k, behind="0.9 5") for k in range(3)]]}, "1 with a box alone"),
        ({"a": [line(k).replace(" ", "\t") for k in range(3)]}, ""),
        ({"a": [f"\ufeff{line(0)}\r", "", line(1), "  " + line(2)]}, ""),
    ],
)
def test_what_stands_behind_polygons(tmp_path, files, note):
    labels = folder(tmp_path, **files)
    if note is None:
        assert "a.txt: line 1 ends in 0.91 1, which is a point or a score and a track id" in convert(
            labels, *SIZE, code=1
        )
        return
    ships, said = convert(labels, *SIZE)
    assert ships["a.jpg"] == SHIPS
    assert note in said
    assert bool(note) == ("Note: " in said)


@settings(deadline=None, max_examples=150)
@given(
    st.integers(1, 3),
    st.lists(st.integers(3, 12), min_size=1, max_size=4),
    st.sampled_from(["%g", "%.6f", "%.4f", "%s"]),
    st.sampled_from(["", "score", "id", "score id"]),
    st.randoms(use_true_random=False),
)
def test_scores_and_ids_never_change_a_polygon(tmp_path_factory, files, corners, form, behind, random):
    """The same polygons with and without, coordinates on the border included; or the folder is refused."""
    plain, scored = tmp_path_factory.mktemp("plain"), tmp_path_factory.mktemp("scored")
    number = 0
    for k in range(files):
        lines: list[list[str]] = []
        for n in corners:
            shares = [random.choice([0.0, 1.0, random.random(), random.random()]) for _ in range(2 * n)]
            lines.append(["0", *(form % share for share in shares)])
        (plain / f"{k}.txt").write_text("\n".join(" ".join(one) for one in lines))
        for one in lines:
            number += 1
            one += [f"{random.random():g}"] * ("score" in behind) + [str(number)] * ("id" in behind)
        (scored / f"{k}.txt").write_text("\n".join(" ".join(one) for one in lines))
    images = ImageList(shape=SHAPE)
    try:
        with_more = [image.ships for image in read_labelled(scored, "yolo", images, [])]
        without = [image.ships for image in read_labelled(plain, "yolo", images, [])]
    except DatasetError as error:
        assert any(word in str(error) for word in REFUSED)  # noqa: PT017
        return
    assert with_more == without


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a": [line(0), line(1, behind="0.9")]}, "a.txt: lines 1 and 2 have other columns"),
        ({"a": [line(0), line(1, behind="0.9 17")]}, "a.txt: lines 1 and 2 have other columns"),
        (
            {"a": [line(0)], "b": [line(0, behind="0.5")]},
            "b.txt: line 1: found 9 coordinates, expected 6, 8, 10, ... as",
        ),
        (
            {"a": ["0 0.873421" + line(0)[1:]]},
            "a.txt: line 1: found 9 values, of which the first seems to be a score",
        ),
        ({"a": [line(0, "%g", "0.9 1")]}, "a.txt: line 1 ends in 0.9 1, which is a point or a score and a track id"),
        ({"a": [line(0, "%g", "0.93 1")], "b": [line(1, "%g")]}, "a.txt: line 1 ends in 0.93 1, which is a point or"),
        ({"a": ["0 .5 .5 .2 .1 0.9 1"], "b": [line(1, "%g")]}, "a.txt: line 1 ends in 0.9 1, which is a point or a"),
        (
            {"a": ["0 .5 .5 .2 .1 .45 .48 .55 .52"]},
            "labels seems to hold boxes with keypoints behind them, expected poly",
        ),
        ({"a": ["0 .5 .5 .2 .1 .45 .48 2 .55 .52 2"]}, "labels seems to hold boxes with keypoints behind them"),
        ({"a": ["0 .5 .5 .2 .1 .45 .48 1.0 0 0 0.0 .5 .5 1.0"]}, "labels seems to hold boxes with keypoints"),
        (
            {"a": ["0 .1 .1 .5 .1 .5 .5 .95"]},
            "found 7 values, of which the first or the last could be a score, and too few",
        ),
        ({"a": ["0 .1 .1 .2 .2", "0 .1 .1 .2 .2 .9"]}, "all its 2 objects would be left out (2 with a box alone)"),
        ({"a": [line(0).replace(" ", ",")]}, "a.txt: line 1: class is '0,0.150000,0.166667"),
        ({"a": [line(0).replace(".", ",")]}, "a.txt: line 1: coordinate 1 is '0,150000', expected 0 to 1"),
        ({"a": ["0 30 20 60 20 60 34 30 34"]}, "coordinate 1 is '30', expected 0 to 1 (a share of the side)"),
        ({"a": ["937.0 913.0 921.0 912.0 923.0 874.0 940.0 875.0 plane 0"]}, "class is '937.0', expected a number"),
        ({"a": [], "classes": ["ship"], "train": ["data/a.jpg"]}, ""),
        ({"classes": ["ship"], "train": ["data/a.jpg"]}, "labels has no label files (.txt)"),
    ],
)
def test_folders_that_are_refused(tmp_path, files, sentence):
    labels = folder(tmp_path, **files)
    if sentence:
        assert sentence in convert(labels, "--from", "yolo", *SIZE, code=1)
    else:
        assert convert(labels, *SIZE)[0] == {"a.jpg": []}


def test_border_coordinates_that_are_written_without_a_point(tmp_path):
    """Roboflow writes 1 for 1.0: other such coordinates in the folder say that the last one is a point too."""
    files = {"a": ["0 .1 .5 .5 .5 .5 1 .1 1"], "b": [line(1, "%g")]}
    ships, said = convert(folder(tmp_path, **files), *SIZE)
    assert ships == {"a.jpg": [rectangle(20, 60, 100, 120)], "b.jpg": [SHIPS[1]]}
    assert "the ends of 1 line are read as points, not as scores and track ids" in said
    assert "a.txt: line 1 ends in .1 1" in said


def oriented_boxes(count, seed):
    """Corners of ships in any direction, as shares."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        length, turn = random.uniform(0.02, 0.2), random.uniform(0, 2 * np.pi)
        sides = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [length / 2, length / 2 * random.uniform(0.15, 0.4)]
        turned = sides @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
        yield (turned + random.uniform(0.2, 0.8, 2)).ravel().tolist(), random.uniform(0.3, 0.95)


def test_one_oriented_box_with_a_score(tmp_path):
    """Opposite sides are equal, so that even a single line says at which end its score stands."""
    for corners, score in oriented_boxes(60, seed=3):
        behind = " ".join(f"{value:.6f}" for value in (*corners, score))
        before = " ".join(f"{value:.6f}" for value in (score, *corners))
        (ship,) = convert(folder(tmp_path, a=[f"0 {behind}"]), *SIZE)[0]["a.jpg"]
        assert ship == from_polygons([np.array(corners).reshape(-1, 2).round(6) * [200, 120]], SHAPE)
        assert "the first seems to be a score" in convert(folder(tmp_path, a=[f"0 {before}"]), *SIZE, code=1)


def test_oriented_boxes_are_no_keypoints(tmp_path):
    for corners, _ in oriented_boxes(60, seed=4):
        labels = folder(tmp_path, a=["0 " + " ".join(f"{value:.6f}" for value in corners)])
        assert len(convert(labels, *SIZE)[0]["a.jpg"]) == 1


def test_what_lies_beside_labels(tmp_path):
    """Suffixes in any case; files of macOS, lists of classes and images; an image may be called train.jpg, though."""
    labels = folder(tmp_path, classes=["ship", "boat"], train=["data/a.jpg"], valid=[line(2)], a=[line(0)])
    (labels / "B.TXT").write_text(line(1))
    (labels / "._a.txt").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X        ")
    (labels / ".cache").mkdir()
    (labels / "data.yaml").write_text("names: [ship]")
    ships, said = convert(labels, *SIZE)
    assert ships == {"B.jpg": [SHIPS[1]], "a.jpg": [SHIPS[0]], "valid.jpg": [SHIPS[2]]}
    assert said == ""
    (labels / "b.txt").write_text(line(1))
    (labels / "b.TXT").write_text(line(1))
    if len(list(labels.glob("b.*"))) == 2:
        assert "are labels of the same image 'b.jpg'" in convert(labels, *SIZE, code=1)


def test_folders_above_the_labels_say_where_they_are(tmp_path):
    """As Ultralytics lays them out: images/train, labels/train, data.yaml."""
    for part in ("train", "val"):
        (tmp_path / "data" / "labels" / part).mkdir(parents=True)
        (tmp_path / "data" / "labels" / part / "a.txt").write_text(line(0))
    data = tmp_path / "data"
    (data / "README.dataset.txt").write_text("ships > 2024")
    for options in ([], ["--from", "yolo"]):
        said = convert(data, *options, code=1)
        assert f"folders below it have them: give {data / 'labels' / 'train'} or {data / 'labels' / 'val'}" in said
    (data / "b.txt").write_text(line(0))
    assert "folders in it are not read: labels" in convert(data, *SIZE)[1]


def test_labels_and_images_of_other_spelling(tmp_path):
    labels, pics = folder(tmp_path, Süd=[line(0)], b=[line(1)]), tmp_path / "pics"
    pics.mkdir()
    for name in ("Su\u0308d.PNG", "c.jpg", "._c.jpg"):
        pixels = cv2.imencode(name[-4:].lower(), np.zeros((*SHAPE, 3), np.uint8))[1]
        (pics / name).write_bytes(pixels.tobytes() if name[0] != "." else b"\0\5\x16\7")
    ships, said = convert(labels, "--images", pics)
    assert ships == {"Su\u0308d.PNG": [SHIPS[0]], "c.jpg": []}
    assert "1 file left out" in said
    (labels / "Süd.txt").unlink()
    assert "none of the 1 label files has an image of its name" in convert(labels, "--images", pics, code=1)


def test_sizes_that_nobody_said_are_said_to_be_taken(tmp_path):
    labels = folder(tmp_path, a=[line(0)])
    assert "YOLO labels do not hold sizes, taken to be 768x768" in convert(labels)[1]


def test_text_of_another_coding(tmp_path):
    labels = folder(tmp_path)
    for coding, sentence in (
        ("utf-16", "is not UTF-8 text (byte 0xff)"),
        ("utf-16-le", "class is '0\\x00'"),
        ("utf-32", "is not UTF-8 text (byte 0xff)"),
    ):
        (labels / "a.txt").write_bytes(line(0).encode(coding))
        assert sentence in convert(labels, *SIZE, code=1)
