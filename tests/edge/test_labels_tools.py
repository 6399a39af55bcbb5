"""Native files of labelling tools: masks are read, boxes, lines and points are left out and counted."""

import base64
import json
import zlib

import cv2  # the extra edge has it
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_scene import POLYGONS, SHAPE, SHIPS, convert, rectangle
from shipedge.errors import ShipedgeError
from shipedge.formats.convert import TOOLS, read_labelled
from shipedge.formats.labelled import Pictures
from shipedge.rle import Rle, intersection, union

POINTS = [np.array(polygon).reshape(-1, 2).tolist() for polygon in POLYGONS]
BITMAP = np.zeros((4, 6), np.uint8)
BITMAP[1:3, 2:] = 255
PLACED = rectangle(12, 31, 16, 33)
"""What `BITMAP` covers with its corner at column 10, row 30."""


def png(pixels, *parameters):
    return cv2.imencode(".png", pixels, parameters)[1].tobytes()


def text(content):
    return base64.b64encode(content).decode()


def labelme(**changes):
    shapes = [{"label": "ship", "points": points, "group_id": None, "shape_type": "polygon"} for points in POINTS[:1]]
    shapes += [
        {"label": "ship", "points": POINTS[1], "group_id": 5, "shape_type": "polygon"},
        {"label": "ship", "points": POINTS[2], "group_id": 5},
        {"label": "ship", "points": [[10, 30], [15, 33]], "shape_type": "mask", "mask": text(png(BITMAP))},
        {"label": "ship", "points": [[100, 20], [110, 20]], "shape_type": "circle"},
        {"label": "ship", "points": [[1, 1], [5, 5]], "shape_type": "rectangle"},
        {"label": "ship", "points": [[1, 1]], "shape_type": "point"},
        {"label": "ship", "points": [[1, 1], [5, 5]], "shape_type": "line"},
    ]
    file = {"version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": "..\\pics\\harbor.png", "imageData": None}
    return {**file, "imageHeight": 120, "imageWidth": 200, **changes}


def circle(x, y, radius):
    rows, columns = np.indices(SHAPE) + 0.5
    return Rle.from_mask((columns - x) ** 2 + (rows - y) ** 2 < radius**2)


def overlap(a, b):
    return intersection([a, b], SHAPE).area / union([a, b], SHAPE).area


def test_labelme(tmp_path):
    """Shapes of one group are one object; the mask lies where its first point is."""
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "harbor.json").write_text(json.dumps(labelme()))
    (tmp_path / "labels" / "sea.json").write_text(json.dumps(labelme(shapes=[], imagePath="sea.png")))
    (tmp_path / "labels" / "harbor.png").write_bytes(png(np.zeros(SHAPE, np.uint8)))  # labelme saves beside images
    for source in (tmp_path / "labels", tmp_path / "labels" / "harbor.json"):
        ships, said = convert(source)
        *exact, disk = ships["harbor.png"]
        assert exact == [SHIPS[0], union(SHIPS[1:], SHAPE), PLACED]
        assert overlap(disk, circle(100, 20, 10)) > 0.99
        assert "3 objects left out: 1 of type 'rectangle', 1 of type 'point', 1 of type 'line'" in said
        (source / "converted.json" if source.is_dir() else source.parent / "converted.json").unlink(missing_ok=True)
    boxes = labelme(shapes=labelme()["shapes"][-3:])
    (tmp_path / "labels" / "harbor.json").write_text(json.dumps(boxes))
    assert "all its 3 objects would be left out" in convert(tmp_path / "labels", code=1)


def supervisely():
    holes = [[[4, 4], [8, 4], [8, 8], [4, 8]], [[6, 6], [10, 6], [10, 10], [6, 10]]]
    palette = png(BITMAP // 255, cv2.IMWRITE_PNG_BILEVEL, 1)
    return {
        "description": "",
        "tags": [{"name": "train"}],
        "size": {"height": 120, "width": 200},
        "objects": [
            {"geometryType": "polygon", "points": {"exterior": POINTS[0], "interior": []}},
            {
                "geometryType": "polygon",
                "points": {"exterior": [[2, 2], [12, 2], [12, 12], [2, 12]], "interior": holes},
            },
            {"geometryType": "bitmap", "bitmap": {"data": text(zlib.compress(palette)), "origin": [10, 30]}},
            {"geometryType": "rectangle", "points": {"exterior": [[1, 1], [5, 5]], "interior": []}},
        ],
    }


def test_supervisely(tmp_path):
    """Holes may overlap: they are cut out of the polygon one after the other."""
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "harbor.png.json").write_text(json.dumps(supervisely()))
    ships, said = convert(tmp_path / "ann")
    hollow = rectangle(2, 2, 12, 12) - rectangle(4, 4, 8, 8) - rectangle(6, 6, 10, 10)
    assert ships == {"harbor.png": [SHIPS[0], hollow, PLACED]}
    assert "1 object left out: 1 of type 'rectangle'" in said
    (tmp_path / "ann").rename(tmp_path / "other")
    (tmp_path / "project" / "ds").mkdir(parents=True)
    (tmp_path / "other").rename(tmp_path / "project" / "ds" / "ann")
    assert f"give {tmp_path / 'project' / 'ds' / 'ann'}" in convert(tmp_path / "project", code=1)


def via_regions():
    shapes = [
        {"name": "polygon", "all_points_x": [x for x, _ in points], "all_points_y": [y for _, y in points]}
        for points in POINTS
    ]
    shapes += [
        {"name": "circle", "cx": 100, "cy": 20, "r": 10},
        {"name": "ellipse", "cx": 100, "cy": 60, "rx": 20, "ry": 5, "theta": np.pi / 2},
        {"name": "rect", "x": 1, "y": 1, "width": 5, "height": 5},
        {"name": "polyline", "all_points_x": [1, 2, 3], "all_points_y": [1, 2, 1]},
        {},
    ]
    return [{"shape_attributes": shape, "region_attributes": {}} for shape in shapes]


@pytest.mark.parametrize("project", [True, False])
@pytest.mark.parametrize("numbered", [True, False])
def test_via(tmp_path, project, numbered):
    """Projects and exports, of version 2 (a list of regions) and 1 (numbered regions); they hold no sizes."""
    regions = via_regions()
    entry = {"filename": "may/harbor.png", "size": 1234, "regions": regions, "file_attributes": {}}
    if numbered:
        entry["regions"] = {str(k): region for k, region in enumerate(regions)}
    data = {"harbor.png1234": entry}
    path = tmp_path / "via.json"
    path.write_text(json.dumps({"_via_settings": {}, "_via_img_metadata": data} if project else data))
    ships, said = convert(path, "--shape", 120, 200)
    *exact, disk, upright = ships["harbor.png"]
    assert exact == SHIPS
    assert overlap(disk, circle(100, 20, 10)) > 0.99
    assert upright.bbox == (95, 40, 105, 80)
    assert "3 objects left out: 1 of type 'rect', 1 of type 'polyline', 1 without a mask" in said
    assert "the file does not say the size of 'harbor.png', say --images or --shape" in convert(path, code=1)


def runs(bitmap):
    """Lengths of runs along the rows, the first of background."""
    flat = np.concatenate([[0], bitmap.ravel() != 0])
    edges = np.flatnonzero(np.diff(flat)).tolist()
    return np.diff([0, *edges, bitmap.size]).tolist()


def cvat(inside, name="harbor.png"):
    image = f'<image id="0" name="{name}" width="200" height="120">{inside}</image>'
    return f'<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>{image}</annotations>'


def cvat_mask(bitmap, left, top):
    height, width = bitmap.shape
    counts = ", ".join(map(str, runs(bitmap)))
    return f'<mask label="ship" rle="{counts}" left="{left}" top="{top}" width="{width}" height="{height}"></mask>'


CVAT = (
    "".join(f'<polygon points="{";".join(f"{x}.00,{y}.00" for x, y in points)}"/>' for points in POINTS)
    + cvat_mask(BITMAP, 10, 30)
    + '<ellipse cx="100" cy="60" rx="20" ry="5" rotation="90"/><box xtl="1" ytl="1" xbr="5" ybr="5"/>'
    + '<polyline points="1,1;2,2"/><tag label="fog"/>'
)


def test_cvat(tmp_path):
    path = tmp_path / "annotations.xml"
    path.write_text(cvat(CVAT))
    ships, said = convert(path)
    *exact, upright = ships["harbor.png"]
    assert exact == [*SHIPS, PLACED]
    assert upright.bbox == (95, 40, 105, 80)
    assert "2 objects left out: 1 of type 'box', 1 of type 'polyline'" in said
    for coding in ("utf-16", "utf-8-sig"):
        path.write_bytes(cvat(CVAT).replace('"utf-8"', '"utf-16"' if coding == "utf-16" else '"utf-8"').encode(coding))
        assert convert(path)[0] == ships


def test_frames_of_a_video_have_no_suffix_in_cvat(tmp_path):
    (tmp_path / "pics").mkdir()
    (tmp_path / "pics" / "frame_000000.PNG").write_bytes(png(np.zeros(SHAPE, np.uint8)))
    (tmp_path / "annotations.xml").write_text(cvat(CVAT, "frame_000000"))
    ships, _ = convert(tmp_path / "annotations.xml", "--images", tmp_path / "pics")
    assert list(ships) == ["frame_000000.PNG"]


BOMB = '<!DOCTYPE a [<!ENTITY b "ship"><!ENTITY c "&b;&b;&b;&b;">]>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (cvat('<mask rle="1, 2" left="0" top="0" width="2" height="2"/>'), "rle does not count the 2 x 2 pixels"),
        (cvat('<mask rle="9999999998" left="0" top="0" width="99999" height="100001"/>'), "does not count"),
        (cvat('<mask rle="9000000000" left="0" top="0" width="90000" height="100000"/>'), "the mask is 100000 x 90000"),
        (cvat('<mask rle="x" left="0" top="0" width="2" height="2"/>'), "rle does not count"),
        (cvat('<mask rle="4" top="0" width="2" height="2"/>'), "left is missing, expected an integer"),
        (cvat('<polygon points="1,1;2"/>'), "points are '1,1;2', expected x,y;x,y;..."),
        (cvat('<polygon points="1,1;2,x;3,3"/>'), "expected x,y;x,y;..."),
        (cvat('<polygon points="1,1;2,nan;3,3"/>'), "polygon 1: point 2 is (2, nan), expected"),
        (cvat("<polygon/>"), "points are missing"),
        (cvat("", name=""), "name '' does not end in a plain file name"),
        (cvat(CVAT).replace("200", "200.5"), "width is '200.5', expected an integer"),
        (cvat(CVAT).replace("</annotations>", ""), "is no XML of CVAT: no element found"),
        (cvat(CVAT).replace("<annotations>", BOMB + "<annotations>"), "is no XML of CVAT: it has a document type"),
        (cvat(CVAT).replace("annotations", "dataset"), "begins with <dataset>, expected <annotations>"),
        (cvat(CVAT).replace("<version>", "<track/><version>"), "holds tracks, which name no images"),
        (cvat('<box xtl="1"/>'), "its only object would be left out (1 of type 'box')"),
        ("", "is no XML of CVAT"),
    ],
)
def test_xml_that_is_refused(tmp_path, content, sentence):
    path = tmp_path / "annotations.xml"
    path.write_text(content)
    assert sentence in convert(path, code=1)


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


@pytest.mark.parametrize(
    ("tasks", "sentence"),
    [
        ([task({"points": percent(POINTS[0])}, annotations=[], predictions=[{"result": []}])], "say --images or"),
        ([task(brush(SHIPS[0]) | {"rle": [1, 2]}, types=["brushlabels"])], "rle ends before all its values"),
        ([task(brush(SHIPS[0]) | {"rle": [1, 256]}, types=["brushlabels"])], "expected a list of bytes"),
        ([task({"rle": packed(np.zeros(8, np.uint8))}, types=["brush"])], "rle has 8 values, expected 4 for each of"),
        ([task({"points": [[1, 2, 3]]})], "a polygon is"),
        ([task({"points": [[1, None]]})], "a polygon is"),
        ([{"data": {"text": "a", "image_url": "b"}}], "data.image is missing, expected a text"),
        ([{"data": []}], "data is an empty list"),
        ([task({"points": percent(POINTS[0])}), 7], "[1] is 7, expected an object"),
        ([task({"points": percent(POINTS[0])})] * 2, "image '0a1b2c3d-harbor.png' comes twice"),
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


SEEDS = {
    "labelme": labelme(),
    "supervisely": supervisely(),
    "via": {"a": {"filename": "a.png", "regions": via_regions()}},
    "labelstudio": [task({"points": percent(POINTS[0])}, brush(SHIPS[1]))],
}
VALUES = [
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    float("nan"),
    "",
    "x",
    [],
    [[]],
    [1],
    {},
    {"x": 1},
    [[1, 2], [3, 4], [5, 6]],
]


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(sorted(SEEDS)), st.data())
def test_any_value_in_any_place_is_ships_or_a_sentence(tmp_path_factory, kind, data):
    changed = json.loads(json.dumps(SEEDS[kind]))
    for _ in range(data.draw(st.integers(1, 2))):
        at, key = {"": changed}, ""
        while isinstance(at[key], (dict, list)) and at[key] and data.draw(st.integers(0, 5)):
            at = at[key]
            key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        at[key] = json.loads(json.dumps(data.draw(st.sampled_from(VALUES))))
        changed = changed if key != "" else at[""]
    path = tmp_path_factory.mktemp("x") / "a.json"
    path.write_text(json.dumps(changed))
    try:
        for _, shape, ships in read_labelled(path, kind, Pictures(shape=SHAPE), []):
            assert all(ship.shape == shape and ship.area for ship in ships)
    except ShipedgeError as error:
        assert "\n" not in str(error)  # noqa: PT017


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 1000), st.binary(max_size=4), st.integers(0, 4))
def test_damaged_xml_is_ships_or_a_sentence(tmp_path_factory, at, new, removed):
    content = bytearray(cvat(CVAT).encode())
    content[at : at + removed] = new
    path = tmp_path_factory.mktemp("x") / "a.xml"
    path.write_bytes(content)
    try:
        for _, shape, ships in read_labelled(path, "cvat", Pictures(shape=SHAPE), []):
            assert all(ship.shape == shape and ship.area for ship in ships)
    except ShipedgeError as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize("kind", sorted(TOOLS))
def test_files_of_another_tool_are_one_sentence(tmp_path, kind):
    for content in ("", "[]", "{}", "[7]", '{"a": 1}', "7", '"x"', "null", "<a/>", "[" * 100000):
        path = tmp_path / "x.json"
        path.write_text(content)
        if (content == "[]" and kind == "labelstudio") or (content == "{}" and kind == "via"):  # no tasks
            assert list(read_labelled(path, kind, Pictures(), [])) == []
        else:
            with pytest.raises(ShipedgeError) as caught:
                list(read_labelled(path, kind, Pictures(), []))
            assert "\n" not in str(caught.value)
