"""Which format a path has, and what is said where it is a folder above the labels or a format of nobody."""

import json

import cv2  # the extra edge has it
import numpy as np
import pytest
from click.testing import CliRunner

from label_scene import POLYGONS, SHAPE, SHIPS, convert, png
from shipedge.cli import main
from shipedge.errors import DatasetError
from shipedge.formats.recognize import recognize

COCO = {"images": [], "annotations": []}


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.json", COCO, "coco"),
        ("a.JSON", [{"image_id": 1}], "coco"),
        ("a.json", {"a": 1}, "coco"),
        ("a.json", [], "coco"),
        ("a.json", 7, "coco"),
        ("a.json", {"shapes": [], "imagePath": "a.png"}, "labelme"),
        ("a.json", [{"data": {"image": "a.png"}, "annotations": []}], "labelstudio"),
        ("a.jpg.json", {"size": {}, "objects": []}, "supervisely"),
        ("a.json", {"_via_settings": {}, "_via_img_metadata": {}}, "via"),
        ("a.json", {"a.png12": {"filename": "a.png", "regions": []}}, "via"),
        ("a.xml", "", "cvat"),
    ],
)
def test_files_are_recognized_by_what_is_in_them(tmp_path, name, content, kind):
    (tmp_path / name).write_text(json.dumps(content))
    assert recognize(tmp_path / name, exists=True) == kind
    found = recognize(tmp_path, exists=True) if kind in ("labelme", "supervisely") else None
    assert found in (None, kind)


@pytest.mark.parametrize("name", ["_annotations.coco.json", "annotations.xml"])
def test_a_folder_of_images_with_one_file_of_labels(tmp_path, name):
    """As Roboflow and CVAT export it: the images must not be taken for masks."""
    (tmp_path / "a.png").write_bytes(png(np.zeros(SHAPE, np.uint8)))
    (tmp_path / name).write_text(json.dumps(COCO))
    with pytest.raises(DatasetError, match=r"is a folder, say which file of labels in it: .*annotations"):
        recognize(tmp_path, exists=True)


def test_masks_with_some_other_file(tmp_path):
    (tmp_path / "a.png").write_bytes(png(np.zeros(SHAPE, np.uint8)))
    (tmp_path / "meta.json").write_text('{"classes": []}')
    assert recognize(tmp_path, exists=True) == "png"


def test_masks_in_other_formats_are_said_to_be_left_out(tmp_path):
    """A photograph lies beside the mask of its name; an image without a PNG could be a mask."""
    labels = tmp_path / "masks"
    labels.mkdir()
    for name, ships in (("a.tif", SHIPS), ("b.png", SHIPS[:1]), ("b.jpg", []), ("c.bmp", [])):
        mask = sum((ship.to_mask() for ship in ships), np.zeros(SHAPE, np.uint8))
        cv2.imwrite(str(labels / name), 255 * mask)
    ships, said = convert(labels)
    assert ships == {"b.jpg": SHIPS[:1]}
    assert "2 files left out, masks are read from .png alone: a.tif, c.bmp" in said
    (labels / "b.png").write_bytes(png(np.zeros(SHAPE, np.uint8)))
    assert "no ship is left, but 2 files left out" in convert(labels, code=1)
    (labels / "a.tif").unlink()
    (labels / "c.bmp").unlink()
    assert convert(labels) == ({"b.jpg": []}, "")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([{"image": "a.png", "tag": []}], "holds a list of 1, expected a COCO object with images and annotations or"),
        ({"a": 1}, "images is missing, expected a list"),
        ({"images": [], "categories": []}, "annotations is missing, expected a list"),
    ],
)
def test_files_of_nobody(tmp_path, content, sentence):
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert sentence in convert(tmp_path / "a.json", code=1)


@pytest.mark.parametrize("kind", ["png", "labels", "yolo"])
def test_labels_without_a_image_are_not_no_ship(tmp_path, kind):
    """Ships of images that are not there are lost: that is an error, unless others are left."""
    labels, pics = tmp_path / "labels", tmp_path / "pics"
    labels.mkdir()
    pics.mkdir()
    ships = {"a": [], "b": SHIPS}
    for stem, found in ships.items():
        if kind == "yolo":
            shares = [np.array(polygon).reshape(-1, 2) / [200, 120] for polygon in POLYGONS[: len(found)]]
            lines = [f"0 {' '.join(map(str, share.ravel().tolist()))}\n" for share in shares]
            (labels / f"{stem}.txt").write_text("".join(lines))
        else:
            mask = sum((ship.to_mask() for ship in found), np.zeros(SHAPE, np.uint8))
            (labels / f"{stem}.png").write_bytes(png(mask))
    (pics / "a.png").write_bytes(png(np.zeros(SHAPE, np.uint8)))
    options = ("--from", kind, "--images", pics)
    assert "no ship is left, " in convert(labels, *options, code=1)
    (pics / "b.png").write_bytes(png(np.zeros(SHAPE, np.uint8)))
    assert sum(map(len, convert(labels, *options)[0].values())) == (1 if kind == "labels" else 3)
    cv2.imwrite(str(pics / "c.png"), np.zeros((*SHAPE, 3), np.uint8))
    (pics / "a.png").unlink()
    ships, said = convert(labels, *options)
    assert "1 file left out" in said
    assert ships["b.png"]


def test_info_says_what_it_leaves_out(tmp_path):
    """Standard input is recognized by its content too."""
    shapes = [{"points": np.array(polygon).reshape(-1, 2).tolist()} for polygon in POLYGONS]
    shapes.append({"points": [[1, 1], [5, 5]], "shape_type": "rectangle"})
    content = json.dumps({"shapes": shapes, "imagePath": "a.png", "imageHeight": 120, "imageWidth": 200})
    (tmp_path / "a.json").write_text(content)
    for source, piped in ((str(tmp_path / "a.json"), None), ("-", content)):
        done = CliRunner().invoke(main, ["rle", "info", source, "--json"], input=piped)
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["ships"] == 3
        assert done.stderr == f"Note: {source}: 1 object left out: 1 of type 'rectangle'\n"
    boxes = json.dumps({**json.loads(content), "shapes": shapes[3:]})
    done = CliRunner().invoke(main, ["rle", "info", "-", "--json"], input=boxes)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: stdin: its only object would be left out")
