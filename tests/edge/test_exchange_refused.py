"""Nothing from a file is trusted: what is malformed is one sentence that names the place."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipedge.errors import DatasetError
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import ImageList

SHAPE = (12, 17)


def coco(**changes):
    """A good COCO object, with some of its values changed: image_id=5 changes annotations[0]."""
    image = {"id": 1, "file_name": "a.jpg", "height": 12, "width": 17}
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 5, 1, 5, 5]]}
    for key, value in changes.items():
        (annotation if key in ("image_id", "category_id", "segmentation", "iscrowd") else image)[key] = value
    return {"images": [image], "annotations": [annotation]}


def complaint(path, kind, images=None):
    with pytest.raises(DatasetError) as caught:
        list(read_labelled(path, kind, images or ImageList(shape=SHAPE), []))
    sentence = str(caught.value)
    assert sentence.startswith(str(path)) or sentence.startswith(f"cannot read {path}"), sentence
    assert "\n" not in sentence
    assert len(sentence) < 400 + len(str(path))
    return sentence


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (coco(file_name="../.."), "images[0]: file_name '../..' does not end in a plain file name"),
        (coco(file_name="pics/"), "images[0]: file_name 'pics/' does not end in a plain file name"),
        (coco(file_name="C:a.jpg"), "images[0]: file_name 'C:a.jpg' does not end in a plain file name"),
        (coco(file_name="https://[x/a.jpg"), "images[0]: file_name 'https://[x/a.jpg' does not end in a plain"),
        (coco(file_name=None), "images[0]: file_name is missing, expected a text"),
        (coco(file_name=["a"]), "images[0]: file_name is ['a'], expected a text"),
        (coco(height=-1), "images[0]: shape (-1, 17) has a negative side"),
        (coco(height=2**32, width=2), "images[0]: shape (4294967296, 2) is too large"),
        (coco(height=10**30), "images[0]: height is a number of 31 digits, expected an integer"),
        (coco(height=12.5), "images[0]: height is 12.5, expected an integer"),
        (coco(height=True), "images[0]: height is True, expected an integer"),
        (coco(width="17 px"), "images[0]: width is '17 px', expected an integer"),
        (coco(image_id=2), "annotations[0]: image_id 2 is no image of the file"),
        (coco(image_id=None), "annotations[0]: image_id is missing, expected an integer"),
        (coco(image_id=True), "annotations[0]: image_id is True, expected an integer"),
        (coco(image_id="one"), "annotations[0]: image_id 'one' is no image of the file"),
        (coco(segmentation=None), "its only object would be left out (1 without a mask)"),
        (coco(segmentation=[]), "its only object would be left out (1 without a mask)"),
        (coco(segmentation="abc"), "annotations[0]: segmentation is 'abc', expected polygons or counts"),
        (coco(segmentation=[1, 2, 3, 4, 5, 6]), "annotations[0]: a polygon is 1, expected a list of x1, y1"),
        (coco(segmentation=[[1, 2, 3, 4, 5]]), "annotations[0]: a polygon is a list of 5, expected a list of x1"),
        (coco(segmentation=[[1, 2, 3, 4]]), "its only object would be left out (1 with fewer than three corners)"),
        (coco(segmentation=[[1, 2, 3, 4, 5, math.nan]]), "annotations[0]: polygon 1: point 3 is (5, nan), expected"),
        (coco(height=math.nan), "images[0]: height is nan, expected an integer"),
        (coco(segmentation=[["1"] * 6]), "annotations[0]: a polygon is a list of 6, expected a list of x1"),
        (coco(segmentation=[[1, 2, 3, 4, 5, 1e99]]), "annotations[0]: polygon 1: point 3 is (5, 1e+99), expected"),
        (coco(segmentation=[[1, 2, 3, 4, 5, 10**400]]), "annotations[0]: polygon 1: point 3 is (5, inf), expected"),
        (coco(segmentation={"size": [17, 12], "counts": [204]}), "size is [17, 12], expected [12, 17] as its image"),
        (coco(segmentation={"counts": [204]}), "size is missing, expected [12, 17] as its image has"),
        (coco(segmentation={"size": [12, 17], "counts": [203]}), "annotations[0]: counts sum to 203, expected 204"),
        (coco(segmentation={"size": [12, 17], "counts": "a"}), "annotations[0]: count 1 is cut off"),
        (coco(segmentation={"size": [12, 17], "counts": 7}), "annotations[0]: counts is of type int, expected a list"),
        (coco(segmentation={"size": [12, 17]}), "annotations[0]: counts is of type NoneType, expected a list"),
        (coco(segmentation={"size": [12, 17], "counts": [[204]]}), "count 1 is of type list, expected an integer"),
        ({"images": [], "annotations": []}, "x.json holds no images, expected one or more, with or without ships"),
        ({"images": [], "annotations": {}}, "annotations is an empty object, expected a list"),
        ({"images": [7], "annotations": []}, "images[0] is 7, expected an object"),
        ({"annotations": []}, "images is missing, expected a list"),
        (
            [{"image_id": 1, "score": 0.5}],
            "holds a list of results, which names no images: say --images DIR or COCO file",
        ),
        ("x" * 1000, "expected a COCO object"),
        (None, "holds missing, expected a COCO object"),
    ],
)
def test_coco(tmp_path, data, sentence):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data))
    assert sentence in complaint(path, "coco")


def test_coco_ids_that_come_twice(tmp_path):
    path = tmp_path / "x.json"
    data = coco()
    data["images"] *= 2
    path.write_text(json.dumps(data))
    assert "images[1]: id 1 comes twice" in complaint(path, "coco")
    data = coco()
    data["images"].append({**data["images"][0], "id": 2})
    path.write_text(json.dumps(data))
    assert "images[1]: file_name 'a.jpg' ends like 'a.jpg' before it" in complaint(path, "coco")


def test_a_csv_with_nothing_but_a_header(tmp_path):
    """Who has images without ships has a row for each of them."""
    path = tmp_path / "x.csv"
    path.write_text("ImageId,EncodedPixels\n")
    assert "x.csv holds no images, expected one or more" in complaint(path, "airbus")
    path.write_text("ImageId,EncodedPixels\na.jpg,\n")
    assert [ships for _, _, ships in read_labelled(path, "airbus", ImageList(), [])] == [[]]


@pytest.mark.parametrize("side", [12, 12.0, "12", "12.0", "12."])
def test_sizes_as_tools_write_them(tmp_path, side):
    """pandas writes 12.0, forms give texts."""
    path = tmp_path / "x.json"
    counts = {"size": [side, 17], "counts": [198, 6]}
    for data in (coco(height=side), coco(height=side, segmentation=counts), coco(height=None, segmentation=counts)):
        path.write_text(json.dumps(data))
        ((_, shape, ships),) = read_labelled(path, "coco", ImageList(), [])
        assert (shape, [ship.area for ship in ships]) == (SHAPE, [6])


def test_a_key_that_comes_twice(tmp_path):
    """Python would take the second list, which is empty: no ship, and no word about it."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(coco())[:-1] + ', "annotations": []}')
    assert "x.json is not JSON: the key 'annotations' comes twice in one object" in complaint(path, "coco")


def test_json_of_powershell(tmp_path):
    path = tmp_path / "x.json"
    for coding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le"):
        path.write_bytes(json.dumps(coco()).encode(coding))
        assert [len(ships) for _, _, ships in read_labelled(path, "coco", ImageList(), [])] == [1]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "is not JSON: Expecting value"),
        (b"{", "is not JSON: Expecting property name"),
        (b"\xff\xfe\xff", "is not JSON: "),
        (b"[" * 200_000, "is nested too deeply"),
        (b'{"a":' * 200_000, "is nested too deeply"),
        (b'{"images": ' + b"9" * 5000 + b"}", "images is inf, expected a list"),
        (b'{"images": []} x', "is not JSON: Extra data"),
    ],
)
def test_what_is_no_json(tmp_path, text, sentence):
    path = tmp_path / "x.json"
    path.write_bytes(text)
    assert sentence in complaint(path, "coco")
    assert "cannot read" in complaint(tmp_path / "absent.json", "coco")


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 300),
        st.floats(allow_nan=False),
        st.sampled_from(["a.jpg", "204", "x"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=6), st.dictionaries(st.sampled_from(["size", "counts"]), inner)),
    max_leaves=12,
)
keys = st.sampled_from(
    ["id", "file_name", "height", "width", "image_id", "category_id", "segmentation", "iscrowd", "images"]
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(keys, values, max_size=3))
def test_any_value_in_any_place_is_ships_or_a_sentence(tmp_path_factory, changes):
    path = tmp_path_factory.mktemp("fuzz") / "x.json"
    path.write_text(json.dumps(coco(**changes)))
    with suppress(DatasetError):  # nothing else may come out
        for _, shape, ships in read_labelled(path, "coco", ImageList(), []):
            assert all(ship.shape == shape and ship.area for ship in ships)


def test_coco_says_what_it_leaves_out(tmp_path):
    path = tmp_path / "x.json"
    data = coco()
    good = data["annotations"][0]
    data["annotations"] += [
        {**good, "id": 2, "category_id": 7},
        {**good, "id": 3, "iscrowd": 1, "segmentation": {"size": [12, 17], "counts": [200, 4]}},
        {**good, "id": 4, "segmentation": [[1, 1, 1.2, 1, 1.2, 1.2]]},
    ]
    path.write_text(json.dumps(data))
    notes: list[str] = []
    (image,) = read_labelled(path, "coco", ImageList(), notes)
    assert [ship.area for ship in image.ships] == [6, 6, 4]
    assert notes == [
        f"{path}: categories are not kept: 1, 7 all become ships",
        f"{path}: 1 object marked as crowds become ships, --crowds drop leaves them out",
        f"{path}: 1 object left out: 1 without a pixel",
    ]
    notes.clear()
    (image,) = read_labelled(path, "coco", ImageList(), notes, crowds="drop")
    assert [ship.area for ship in image.ships] == [6, 6]
    assert notes[1:] == [f"{path}: 2 objects left out: 1 marked as crowds, 1 without a pixel"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0 .1 .1 .2 .2", "its only object would be left out (1 with a box alone)"),
        ("\n0 .1 .1 .2 .2 .3 .3\n0 .1 .1 .2 .2 .3 .3 .4", "lines 2 and 3 have other columns"),
        ("0 .1 .1", "line 1: found 2 coordinates"),
        ("ship .1 .1 .2 .2 .3 .9", "line 1: class is 'ship', expected a number from 0"),
        ("-1 .1 .1 .2 .2 .3 .9", "class is '-1'"),
        ("\u0663 .1 .1 .2 .2 .3 .9", "class is '\u0663'"),
        ("9999999999 .1 .1 .2 .2 .3 .9", "class is '9999999999'"),
        ("0 .1 .1 .2 .2 .3 x", "line 1: coordinate 6 is 'x', expected 0 to 1"),
        ("0 .1 .1 .2 .2 .3 nan", "line 1: coordinate 6 is 'nan', expected 0 to 1"),
        ("0 .1 .1 .2 .2 .3 1e400", "line 1: coordinate 6 is '1e400', expected 0 to 1"),
        ("0 10 .1 .2 .2 .3 .9", "line 1: coordinate 1 is '10', expected 0 to 1 (a share of the side)"),
        ("0 .1 .1 .2 .2 .3 -.5", "line 1: coordinate 6 is '-.5', expected 0 to 1"),
    ],
)
def test_yolo(tmp_path, text, sentence):
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError) as caught:
        list(read_labelled(tmp_path, "yolo", ImageList(shape=SHAPE), []))
    assert str(caught.value).startswith(str(tmp_path))
    assert sentence in str(caught.value)


def test_yolo_says_what_it_leaves_out(tmp_path):
    (tmp_path / "classes.txt").write_text("ship\n")
    (tmp_path / "a.txt").write_text("0 0 0 .5 0 .5 .5\n\n3 0 0 .01 0 .01 .01\n")
    (tmp_path / "b.txt").write_text("")
    notes: list[str] = []
    found = list(read_labelled(tmp_path, "yolo", ImageList(shape=SHAPE), notes))
    assert [(image, len(ships)) for image, _, ships in found] == [("a.jpg", 1), ("b.jpg", 0)]
    assert notes == [
        f"{tmp_path}: classes are not kept: 0, 3 all become ships",
        f"{tmp_path}: 1 object left out: 1 without a pixel",
    ]
    (tmp_path / "a.txt").write_bytes(b"0 \xff")
    with pytest.raises(DatasetError, match="is not UTF-8 text"):
        list(read_labelled(tmp_path, "yolo", ImageList(), []))


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.lists(st.sampled_from(["0", "1", ".5", "-1", "nan", "1e9", "x", "\0", "\u0663"]), max_size=9), max_size=3
    )
)
def test_any_label_file_is_ships_or_a_sentence(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "a.txt").write_text("\n".join(map(" ".join, lines)), encoding="utf-8")
    with suppress(DatasetError):  # nothing else may come out
        for _, shape, ships in read_labelled(folder, "yolo", ImageList(shape=SHAPE), []):
            assert all(ship.shape == shape and ship.area for ship in ships)
