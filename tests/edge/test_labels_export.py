"""What `predict` finds goes into other tools: the COCO file of `rle convert` fits what each of them asks for."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from label_scene import SHAPE, SHIPS
from shipedge.airbus import write_airbus
from shipedge.cli import main
from shipedge.formats.convert import write_labelled
from shipedge.formats.labelled import Labelled
from shipedge.rle import Rle, components

click_testing = pytest.importorskip("click.testing")
masks = hnp.arrays(np.bool_, (11, 14))

NUMBER = (int, float)
# What CVAT (Datumaro's reader of COCO instances) takes for granted: keys and types.
CVAT = {
    "images": {"id": int, "file_name": str, "height": int, "width": int},
    "annotations": {"id": int, "image_id": int, "category_id": int, "iscrowd": int, "bbox": list},
    "categories": {"id": int, "name": str, "supercategory": str},
}


def check_keys(data):
    for key, schema in CVAT.items():
        for entry in data[key]:
            for name, kind in schema.items():
                assert type(entry[name]) is kind, (key, name, entry)
    ids = {key: [entry["id"] for entry in data[key]] for key in CVAT}
    assert all(len(set(found)) == len(found) and 0 not in found for found in ids.values())  # 0 is no category there
    for one in data["annotations"]:
        assert one["image_id"] in ids["images"]
        assert one["category_id"] in ids["categories"]
        assert len(one["bbox"]) == 4
        assert one["iscrowd"] == 0


def check_label_studio(data):
    """Its converter takes lists of polygons only, and pairs what it finds in them."""
    for one in data["annotations"]:
        assert isinstance(one["segmentation"], list)
        assert one["segmentation"]
        for polygon in one["segmentation"]:
            assert len(polygon) >= 6
            assert len(polygon) % 2 == 0
            assert all(type(value) in NUMBER for value in polygon)


@pytest.fixture
def exported(tmp_path):
    """A CSV as `predict` writes it, converted."""
    ring = np.zeros(SHAPE, np.uint8)
    ring[40:60, 40:60] = 1
    ring[45:55, 45:50] = ring[45:55, 52:55] = 0
    ships = [ship.to_airbus() for ship in [*SHIPS, Rle.from_mask(ring)]]
    write_airbus(tmp_path / "found.csv", [("harbor.png", ships), ("sea.png", [])])
    command = ["rle", "convert", str(tmp_path / "found.csv"), str(tmp_path / "found.json"), "--shape", "120", "200"]
    done = click_testing.CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    return tmp_path / "found.json"


def test_cvat_and_label_studio_take_it(exported):
    data = json.loads(exported.read_text())
    check_keys(data)
    check_label_studio(data)
    assert [len(data[key]) for key in CVAT] == [2, 4, 1]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_pycocotools_evaluates_it(exported, capsys):
    """As truth and, as a list of results, as predictions; both are the same, so everything is found."""
    coco, evaluation = pytest.importorskip("pycocotools.coco"), pytest.importorskip("pycocotools.cocoeval")
    truth = coco.COCO(str(exported))
    keys = ("image_id", "category_id", "segmentation")
    results = [{**{key: one[key] for key in keys}, "score": 0.9} for one in truth.dataset["annotations"]]
    for one in results:
        one["segmentation"] = truth.annToRLE(one)
    scores = evaluation.COCOeval(truth, truth.loadRes(results), "segm")
    scores.evaluate()
    scores.accumulate()
    scores.summarize()
    capsys.readouterr()  # it talks
    assert scores.stats[0] == 1


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@settings(deadline=None, max_examples=150)
@given(st.lists(masks.filter(np.any), min_size=1, max_size=3), st.booleans())
def test_polygons_hold_every_mask(tmp_path_factory, layers, parts):
    """Also for pycocotools, which fills polygons in its own way; holes and several parts included."""
    coco_mask = pytest.importorskip("pycocotools.mask")
    ships = [Rle.from_mask(mask) for mask in layers]
    ships = [part for ship in ships for part in components(ship)] if parts else ships
    path = tmp_path_factory.mktemp("x") / "x.json"
    write_labelled(path, "coco", [Labelled("a.png", (11, 14), ships)], [])
    data = json.loads(path.read_text())
    check_keys(data)
    check_label_studio(data)
    for one, ship in zip(data["annotations"], ships, strict=True):
        theirs = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(one["segmentation"], 11, 14)))
        np.testing.assert_array_equal(theirs, ship.to_mask())
        assert one["area"] == ship.area
