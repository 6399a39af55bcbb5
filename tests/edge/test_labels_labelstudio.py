"""Label Studio JSON: what annotators drew is read, suggestions and answers are not."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_scene import POINTS, SHAPE, SHIPS, convert, png, replaced
from shipedge.errors import ShipedgeError
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import ImageList


def packed(pixels):
    """Label Studio's way to pack bytes, of runs and of single values alike."""
    flat = pixels.ravel().tolist()
    bits, at = f"{len(flat):032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16)), 0
    while at < len(flat):
        end = at + 1
        while end < len(flat) and flat[end] == flat[at] and end - at < 1 << 16:
            end += 1
        if end - at > 8:
            bits += f"111{end - at - 1:016b}{flat[at]:08b}"
        else:
            bits += f"000{end - at - 1:03b}" + "".join(f"{value:08b}" for value in flat[at:end])
        at = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[k : k + 8], 2) for k in range(0, len(bits), 8)]


def brush(ship):
    layers = np.zeros((*SHAPE, 4), np.uint8)
    layers[ship.to_mask() != 0] = 10, 20, 30, 255
    return {"format": "rle", "rle": packed(layers), "brushlabels": ["ship"]}


def percent(points):
    return [[x / 2, y / 1.2] for x, y in points]


def task(*values, types=None, **more):
    results = [
        {
            "id": f"r{k}",
            "type": (types or ["polygonlabels"] * len(values))[k],
            "value": value,
            "original_width": 200,
            "original_height": 120,
            "image_rotation": 0,
        }
        for k, value in enumerate(values)
    ]
    return {
        "id": 1,
        "data": {"image": "/data/upload/1/0a1b2c3d-harbor.png"},
        "annotations": [{"id": 1, "was_cancelled": False, "result": results}],
        **more,
    }


def test_label_studio(tmp_path):
    """Percent, brush masks, a region with two labels, answers about the whole image, and all that is no mask."""
    polygon = {"points": percent(POINTS[0]), "closed": True, "polygonlabels": ["ship"]}
    ellipse = {"x": 50, "y": 50, "radiusX": 10, "radiusY": 100 * 5 / 120, "rotation": 90}
    box = {"x": 1, "y": 1, "width": 5, "height": 5, "rotation": 0}
    values = [polygon, brush(SHIPS[1]), ellipse, box, {"choices": ["fog"]}]
    types = ["polygonlabels", "brushlabels", "ellipselabels", "rectanglelabels", "choices"]
    whole = task(*values, types=types)
    whole["annotations"][0]["result"].append({**whole["annotations"][0]["result"][0], "type": "labels"})
    cancelled = {**task({"points": percent(POINTS[2])})["annotations"][0], "was_cancelled": True}
    whole["annotations"] = [cancelled, *whole["annotations"], whole["annotations"][0]]
    path = tmp_path / "project.json"
    path.write_text(json.dumps([whole]))
    ships, said = convert(path)
    *exact, upright = ships["0a1b2c3d-harbor.png"]
    assert exact == SHIPS[:2]
    assert upright.bbox == (95, 40, 105, 80)
    for part in ("1 of type 'rectanglelabels'", "1 in annotations that were skipped", "4 in further annotations"):
        assert part in said
    (tmp_path / "pics").mkdir()
    (tmp_path / "pics" / "harbor.png").write_bytes(png(np.zeros(SHAPE, np.uint8)))
    assert list(convert(path, "--images", tmp_path / "pics")[0]) == ["harbor.png"]


@pytest.mark.parametrize("height", [120.0, "120", "120.0"])
def test_sizes_as_texts_or_with_a_point(tmp_path, height):
    whole = task({"points": percent(POINTS[0])})
    whole["annotations"][0]["result"][0]["original_height"] = height
    (tmp_path / "a.json").write_text(json.dumps([whole]))
    assert list(convert(tmp_path / "a.json")[0].values()) == [SHIPS[:1]]


@pytest.mark.parametrize(
    ("tasks", "sentence"),
    [
        ([task({"points": percent(POINTS[0])}, annotations=[{"result": []}])], "say --images or"),
        ([task({"points": percent(POINTS[0])}, annotations=[])], "nobody has labelled 1 image in it"),
        (
            [task(brush(SHIPS[0]) | {"rle": [1, 2]}, types=["brushlabels"])],
            "rle: the packed mask ends before all its values",
        ),
        ([task(brush(SHIPS[0]) | {"rle": [1, 256]}, types=["brushlabels"])], "expected a list of bytes"),
        (
            [task({"rle": packed(np.zeros(8, np.uint8))}, types=["brush"])],
            "rle: the packed mask has 8 values of 8 bits, expected 96000 (4 a pixel)",
        ),
        ([task({"points": [[1, 2, 3]]})], "a polygon is"),
        ([task({"points": [[1, None]]})], "a polygon is"),
        ([{"data": {"text": "a", "image_url": "b"}}], "data.image is missing, expected a text"),
        ([{"data": []}], "data is an empty list"),
        ([task({"points": percent(POINTS[0])}), 7], "[1] is 7, expected an object"),
        ([task({"points": percent(POINTS[0])})] * 2, "two images in it are called '0a1b2c3d-harbor.png'"),
    ],
)
def test_tasks_that_are_refused(tmp_path, tasks, sentence):
    path = tmp_path / "project.json"
    path.write_text(json.dumps(tasks))
    assert sentence in convert(path, code=1)


def test_turned_images_are_refused(tmp_path):
    turned = task({"points": percent(POINTS[0])})
    turned["annotations"][0]["result"][0]["image_rotation"] = 90
    path = tmp_path / "project.json"
    path.write_text(json.dumps([turned]))
    assert "the image was turned by 90 degrees, expected 0" in convert(path, code=1)


def test_predictions_that_nobody_accepted_are_no_labels(tmp_path):
    suggestion = task({"points": percent(POINTS[0])})
    suggestion["predictions"], suggestion["annotations"] = suggestion["annotations"], []
    path = tmp_path / "project.json"
    path.write_text(json.dumps([suggestion]))
    said = convert(path, "--shape", 120, 200, code=1)
    assert "its only object would be left out (1 in predictions that nobody accepted)" in said


def test_a_task_that_nobody_labelled_is_no_image_without_ships(tmp_path):
    labelled, open_task, skipped = (task({"points": percent(POINTS[0])}) for _ in range(3))
    open_task["annotations"], open_task["data"]["image"] = [], "open.png"
    skipped["annotations"], skipped["data"]["image"] = [{"result": [], "was_cancelled": True}], "skipped.png"
    path = tmp_path / "project.json"
    path.write_text(json.dumps([labelled, open_task, skipped]))
    ships, said = convert(path)
    assert len(ships) == 1
    assert "2 images left out that nobody labelled" in said


SEED = [task({"points": percent(POINTS[0])}, brush(SHIPS[1]))]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_value_in_any_place_is_ships_or_a_sentence(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("x") / "a.json"
    path.write_text(json.dumps(replaced(SEED, data)))
    try:
        for _, shape, ships in read_labelled(path, "labelstudio", ImageList(shape=SHAPE), []):
            assert all(ship.shape == shape and ship.area for ship in ships)
    except ShipedgeError as error:
        assert "\n" not in str(error)  # noqa: PT017
