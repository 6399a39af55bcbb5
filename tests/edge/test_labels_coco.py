"""COCO as tools write it: objects are read, or left out and counted; values that are not used are not checked."""

import json
import math
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_scene import POLYGONS, SHAPE, SHIPS, convert
from shipedge.errors import DatasetError
from shipedge.formats.coco_results import listed_images
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import ImageList
from shipedge.rle import Rle, to_coco

cv2 = pytest.importorskip("cv2")


def scene(*changes, **of_image):
    """A COCO object with three ships; ``changes`` go to the first annotations, None values delete a key."""
    image = {"id": 1, "file_name": "harbor.png", "height": 120, "width": 200}
    objects = [{"id": k, "image_id": 1, "category_id": 1, "segmentation": [p]} for k, p in enumerate(POLYGONS, 1)]
    for entry, change in zip([image, *objects], [of_image, *changes], strict=False):
        entry.update(change)
        for key in [key for key, value in change.items() if value is None]:
            del entry[key]
    return {"images": [image], "annotations": objects, "categories": [{"id": 1, "name": "ship"}]}


def write(folder, data):
    path = folder / "labels.json"
    path.write_text(json.dumps(data))
    return path


@pytest.fixture
def pics(tmp_path):
    """A folder with the image of the scene."""
    folder = tmp_path / "pics"
    folder.mkdir()
    cv2.imwrite(str(folder / "harbor.png"), np.zeros((*SHAPE, 3), np.uint8))
    return folder


NUL = {"segmentation": []}
LINE = [30, 20, 60, 20]


@pytest.mark.parametrize(
    ("data", "kept", "note"),
    [
        (scene(NUL), [1, 2], "1 object left out: 1 without a mask"),
        (scene({"segmentation": None, "bbox": [30, 20, 30, 14]}), [1, 2], "1 object left out: 1 without a mask"),
        (scene({"segmentation": [[]]}), [1, 2], "1 without a mask"),
        (scene({"segmentation": {}}), [1, 2], "1 without a mask"),
        (scene({"segmentation": math.nan}), [1, 2], "1 without a mask"),
        (scene({"segmentation": {"size": [120, 200], "counts": []}}), [1, 2], "1 without a mask"),
        (scene({"segmentation": {"size": [120, 200], "counts": [24000]}}), [1, 2], "1 without a pixel"),
        (scene({"segmentation": [LINE]}), [1, 2], "1 with fewer than three corners"),
        (scene({"segmentation": [[30, 20, 40, 20, 60, 20]]}), [1, 2], "1 without a pixel"),
        (scene({"segmentation": [[900, 20, 940, 20, 960, 90]]}), [1, 2], "1 without a pixel"),
        (scene(NUL, {"segmentation": [LINE]}), [2], "2 objects left out: 1 without a mask, 1 with fewer than three"),
        (scene({"isbbox": True}), [1, 2], "1 object left out: 1 drawn as a box"),
        (scene({"segmentation": [LINE, POLYGONS[0]]}), [0, 1, 2], ""),
        (scene({"isbbox": False, "area": math.nan, "bbox": [math.inf] * 4}), [0, 1, 2], ""),
        (scene({"id": None}, {"id": "two"}, {"id": 3.5}), [0, 1, 2], ""),
        (scene({"id": 2}), [0, 1, 2], ""),
        (scene({"category_id": None}, {"category_id": 0}), [0, 1, 2], "categories are not kept: 'ship', 0 all become"),
        (scene(*[{"iscrowd": value} for value in (False, "0", math.nan)]), [0, 1, 2], ""),
        (scene(*[{"image_id": "harbor"}] * 3, id="harbor"), [0, 1, 2], ""),
        (scene(*[{"image_id": "1"}] * 3), [0, 1, 2], ""),
        (scene(*[{"image_id": "harbor.png"}] * 3, id=None), [0, 1, 2], ""),
        (scene(*[{"image_id": 1.0}] * 3, id="1"), [0, 1, 2], ""),
        (scene(license="", date_captured=math.nan, extra={"deep": [[]]}), [0, 1, 2], ""),
        (scene(*[{"segmentation": {"size": [120, 200], "counts": to_coco(ship)}} for ship in SHIPS]), [0, 1, 2], ""),
    ],
)
def test_objects_are_read_or_counted(tmp_path, data, kept, note):
    ships, said = convert(write(tmp_path, data))
    assert ships == {"harbor.png": [SHIPS[k] for k in kept]}
    assert note in said
    assert bool(note) == ("Note: " in said)


@pytest.mark.parametrize("change", [NUL, {"segmentation": [LINE]}, {"segmentation": [[0, 0, 1, 0, 2, 0]]}])
def test_a_file_of_which_no_object_is_left_is_an_error(tmp_path, change):
    said = convert(write(tmp_path, scene(change, change, change)), code=1)
    assert "all its 3 objects would be left out (3 with" in said


def test_images_without_objects_have_no_ships(tmp_path):
    data = {**scene(), "annotations": []}
    assert convert(write(tmp_path, data)) == ({"harbor.png": []}, "")


def test_crowds_are_ships_unless_they_are_dropped(tmp_path):
    """CVAT marks each mask of its brush as a crowd."""
    counts = [{"iscrowd": 1, "segmentation": {"size": [120, 200], "counts": to_coco(ship)}} for ship in SHIPS]
    path = write(tmp_path, scene(*counts))
    ships, said = convert(path)
    assert ships == {"harbor.png": SHIPS}
    assert "3 objects marked as crowds become ships, --crowds drop leaves them out" in said
    said = convert(path, "--crowds", "drop", code=1)
    assert "all its 3 objects would be left out (3 marked as crowds)" in said
    ships, said = convert(write(tmp_path, scene(*counts[:2])), "--crowds", "drop")
    assert ships == {"harbor.png": SHIPS[2:]}
    assert "2 objects left out: 2 marked as crowds" in said


def test_counts_that_python_wrote_as_bytes(tmp_path):
    shape = (300, 300)
    mask = np.zeros(shape, np.uint8)
    mask[4:180, 7:9] = mask[0:140, 20] = 1
    ship = Rle.from_mask(mask)
    counts = to_coco(ship, compressed=True)
    for written in (str(counts.encode()), counts):
        data = scene({"segmentation": {"size": [300, 300], "counts": written}}, height=300, width=300)
        data["annotations"] = data["annotations"][:1]
        assert convert(write(tmp_path, data))[0] == {"harbor.png": [ship]}


def test_sizes_come_from_where_they_are_known(tmp_path, pics):
    path = write(tmp_path, scene(height=None, width=None))
    assert "images[0]: height and width are missing, say --images or --shape" in convert(path, code=1)
    for options in (["--images", pics], ["--shape", 120, 200]):
        assert convert(path, *options)[0] == {"harbor.png": SHIPS}
    path = write(tmp_path, scene(height=0, width=0))
    assert convert(path, "--images", pics)[0] == {"harbor.png": SHIPS}
    counts = [{"segmentation": {"size": [120, 200], "counts": to_coco(ship)}} for ship in SHIPS]
    assert convert(write(tmp_path, scene(*counts, height=None, width=None)))[0] == {"harbor.png": SHIPS}
    assert "has shape (121, 200), its file (120, 200)" in convert(
        write(tmp_path, scene(height=121)), "--images", pics, code=1
    )


@pytest.mark.parametrize(
    "name",
    [
        "images/harbor.png",
        "/data/local-files/?d=pics%20of%20may/harbor.png",
        "../../label-studio/data/upload/1/0a1b2c3d-harbor.png",
        "images\\may\\harbor.png",
        "C:\\pics\\harbor.png",
        "https://host.example/a%20b/harbor.png?X-Amz-Signature=1/2",
        "s3://bucket/harbor.png",
        "harbor.PNG",
        "./harbor.png",
    ],
)
def test_names_match_by_their_last_part(tmp_path, pics, name):
    path = write(tmp_path, scene(file_name=name))
    assert convert(path, "--images", pics)[0] == {"harbor.png": SHIPS}
    (read,) = convert(path)[0]
    assert read.lower().endswith("harbor.png")


def test_unicode_forms_of_a_name_match(tmp_path, pics):
    name = "Hafen Süd.png"
    (pics / "harbor.png").rename(pics / unicodedata.normalize("NFD", name))
    ships, _ = convert(write(tmp_path, scene(file_name=unicodedata.normalize("NFC", name))), "--images", pics)
    assert list(ships.values()) == [SHIPS]


def test_names_that_could_be_two_are_not_guessed(tmp_path, pics):
    data = scene(file_name="may/harbor.png")
    data["images"].append({**data["images"][0], "id": 2, "file_name": "june/harbor.png"})
    said = convert(write(tmp_path, data), code=1)
    assert "images[1]: file_name 'june/harbor.png' ends like 'may/harbor.png' before it" in said
    cv2.imwrite(str(pics / "harbor.PNG"), np.zeros((*SHAPE, 3), np.uint8))
    if len(list(pics.iterdir())) == 2:  # the file system tells them apart
        said = convert(write(tmp_path, scene(file_name="harbor.Png")), "--images", pics, code=1)
        assert "pics has no image of the 1 image in it" in said


def test_ids_that_could_be_two_are_not_guessed(tmp_path):
    data = scene({"image_id": "7"}, {"image_id": 7}, {"image_id": 7}, id=7)
    data["images"].append({**data["images"][0], "id": "7", "file_name": "quay.png"})
    assert convert(write(tmp_path, data))[0] == {"harbor.png": SHIPS[1:], "quay.png": SHIPS[:1]}
    data["annotations"][0]["image_id"] = "8"
    assert "annotations[0]: image_id '8' is no image of the file" in convert(write(tmp_path, data), code=1)


def test_images_without_a_image_are_counted_with_their_objects(tmp_path, pics):
    data = scene({"image_id": 2}, {"image_id": 2})
    data["images"].append({**data["images"][0], "id": 2, "file_name": "quay.png"})
    ships, said = convert(write(tmp_path, data), "--images", pics)
    assert ships == {"harbor.png": SHIPS[2:]}
    assert "1 image left out, " in said
    assert "2 objects left out: 2 in images without a file" in said
    data["annotations"].pop()
    said = convert(write(tmp_path, data), "--images", pics, code=1)
    assert "all its 2 objects would be left out (2 in images without a file)" in said


def test_two_images_that_are_one_image_are_not_guessed(tmp_path, pics):
    data = scene(file_name="harbor.PNG")
    data["images"].append({**data["images"][0], "id": 2, "file_name": "harbor.Png"})
    said = convert(write(tmp_path, data), "--images", pics, code=1)
    assert "two images in it are called 'harbor.png'" in said


def results(*ids):
    return [
        {"image_id": one, "category_id": 1, "score": 0.9, "segmentation": {"size": [120, 200], "counts": to_coco(ship)}}
        for one, ship in zip(ids, SHIPS, strict=True)
    ]


def test_results_are_read_where_the_images_are_known(tmp_path, pics):
    cv2.imwrite(str(pics / "000000000139.png"), np.zeros((*SHAPE, 3), np.uint8))
    path = write(tmp_path, results("harbor", "harbor.png", 139))
    ships, said = convert(path, "--images", pics)
    assert ships == {"harbor.png": SHIPS[:2], "000000000139.png": SHIPS[2:]}
    assert "scores are not kept" in said
    assert "which names no images: say --images" in convert(path, code=1)
    path = write(tmp_path, results("harbor", 140, 139))
    assert "[1]: image_id 140 is no id of an image that is known" in convert(path, "--images", pics, code=1)


def test_results_of_a_coco_file(tmp_path):
    """Ids of images mean what the COCO file says, whatever numbers stand in their names."""
    data = scene(id=1)
    data["images"] += [{**data["images"][0], "id": 2, "file_name": "1.png"}]
    known = tmp_path / "known.json"
    known.write_text(json.dumps(data))
    ships, _ = convert(write(tmp_path, results(1, 2, 1)), "--images", known)
    assert ships == {"1.png": [SHIPS[1]], "harbor.png": [SHIPS[0], SHIPS[2]]}
    assert listed_images(known)[2] == ("1.png", SHAPE)
    known.write_text("[]")
    assert "is no COCO file with images" in convert(write(tmp_path, results(1, 2, 1)), "--images", known, code=1)


def test_roboflow_and_fiftyone(tmp_path):
    """Categories from 0, a hash in the name, and an attribute of every kind."""
    data = scene({"category_id": 0}, {"supercategory": "ships"}, {"attributes": {"occluded": None}})
    data["images"][0] |= {"file_name": "harbor_png.rf.0a1b2c3d4e5f.jpg", "extra": {"name": "harbor.png"}}
    data["categories"].insert(0, {"id": 0, "name": "ships", "supercategory": "none"})
    path = tmp_path / "_annotations.coco.json"
    path.write_text(json.dumps({"info": {"year": "2024"}, "licenses": [{}], **data}))
    assert convert(path)[0] == {"harbor_png.rf.0a1b2c3d4e5f.jpg": SHIPS}


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.sampled_from([[], [LINE], [POLYGONS[0]], [POLYGONS[1], LINE], None, {}, [[5, 5, 5, 5, 5, 5]]]), min_size=1
    ),
    st.lists(st.sampled_from([0, 1, None, True]), min_size=1),
    st.sampled_from(["keep", "drop"]),
)
def test_no_object_goes_without_a_word(tmp_path_factory, segmentations, crowds, wanted):
    """Ships and counted objects together are as many as the file has, or the file is refused."""
    data = scene()
    data["annotations"] = [
        {"image_id": 1, "segmentation": value, "iscrowd": crowds[k % len(crowds)]}
        for k, value in enumerate(segmentations)
    ]
    path = write(tmp_path_factory.mktemp("x"), data)
    notes = []
    try:
        (image,) = read_labelled(path, "coco", ImageList(), notes, crowds=wanted)
    except DatasetError as error:
        assert "would be left out" in str(error)  # noqa: PT017
        return
    lost = [int(note.partition(": ")[2].partition(" ")[0]) for note in notes if " left out: " in note]
    assert len(image.ships) + sum(lost) == len(segmentations)
    assert image.ships
