"""Native files of labelling tools: masks are read, boxes, lines and points are left out and counted."""

import base64
import json
import zlib

import cv2  # the extra edge has it
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_scene import BITMAP, PLACED, POINTS, SHAPE, SHIPS, convert, png, rectangle, replaced
from shipedge.errors import ShipedgeError
from shipedge.formats.convert import TOOLS, read_labelled
from shipedge.formats.labelled import ImageList
from shipedge.rle import Rle, intersection, union


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


def test_a_box_in_a_group_of_labelme_is_counted(tmp_path):
    """labelme ties the box and the outline of an object together; the outline is its mask."""
    path = tmp_path / "a.json"
    tied = [{"points": POINTS[0], "group_id": 1}, {"points": POINTS[1], "group_id": 1}]
    tied += [
        {"points": [[1, 1], [9, 9]], "shape_type": "rectangle", "group_id": 1},
        {"points": [[1, 1]], "group_id": 1},
    ]
    path.write_text(json.dumps(labelme(shapes=tied)))
    ships, said = convert(path)
    assert ships == {"harbor.png": [union(SHIPS[:2], SHAPE)]}
    assert "2 objects left out: 1 of type 'rectangle', 1 with fewer than three corners" in said


@pytest.mark.parametrize("height", [120.0, "120", "120.0"])
def test_sizes_of_labelme_as_texts_or_with_a_point(tmp_path, height):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(labelme(imageHeight=height)))
    assert convert(path)[0]["harbor.png"][0] == SHIPS[0]
    path.write_text(json.dumps(labelme(imageHeight=120.5)))
    assert "size is 120.5 x 200, expected height and width as integers" in convert(path, code=1)


def test_settings_beside_files_of_labelme(tmp_path):
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "0settings.json").write_text('{"theme": "dark"}')
    (labels / "harbor.json").write_text(json.dumps(labelme(shapes=labelme()["shapes"][:1])))
    ships, said = convert(labels)
    assert ships == {"harbor.png": SHIPS[:1]}
    assert "1 file left out, not of labelme: 0settings.json" in said
    (labels / "z.json").write_text('{"images": [], "annotations": []}')
    assert "z.json is no file of labelme: it looks like one of coco" in convert(labels, code=1)
    (labels / "z.json").unlink()
    (labels / "harbor.json").write_text(json.dumps(labelme(shapes=[])))
    assert "no ship is left, but 1 file left out, not of labelme: 0settings.json" in convert(labels, code=1)


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


SEEDS = {
    "labelme": labelme(),
    "supervisely": supervisely(),
    "via": {"a": {"filename": "a.png", "regions": via_regions()}},
}


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(sorted(SEEDS)), st.data())
def test_any_value_in_any_place_is_ships_or_a_sentence(tmp_path_factory, kind, data):
    path = tmp_path_factory.mktemp("x") / "a.json"
    path.write_text(json.dumps(replaced(SEEDS[kind], data)))
    try:
        for _, shape, ships in read_labelled(path, kind, ImageList(shape=SHAPE), []):
            assert all(ship.shape == shape and ship.area for ship in ships)
    except ShipedgeError as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize("kind", sorted(TOOLS))
def test_files_of_another_tool_are_one_sentence(tmp_path, kind):
    for content in ("", "[]", "{}", "[7]", '{"a": 1}', "7", '"x"', "null", "<a/>", "[" * 100000):
        path = tmp_path / "x.json"
        path.write_text(content)
        with pytest.raises(ShipedgeError) as caught:
            list(read_labelled(path, kind, ImageList(), []))
        assert "\n" not in str(caught.value)
