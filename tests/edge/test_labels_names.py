"""What objects are called in a tool is not kept, and said where it is not "ship"."""

import json

import pytest

from label_scene import POINTS, POLYGONS, SHAPE, convert

LABELME = {"shapes": [{"label": "?", "points": POINTS[0]}], "imagePath": "a.png", "imageHeight": SHAPE[0],
           "imageWidth": SHAPE[1]}  # fmt: skip
REGION = {"name": "polygon", "all_points_x": [1, 9, 9], "all_points_y": [1, 1, 9]}
FILES = {
    "labelme.json": lambda label: json.dumps({**LABELME, "shapes": [{"label": label, "points": POINTS[0]}]}),
    "via.json": lambda label: json.dumps(
        {
            "a": {
                "filename": "a.png",
                "size": 1,
                "regions": [{"shape_attributes": REGION, "region_attributes": {"is": label}}],
            }
        }
    ),
    "coco.json": lambda label: json.dumps(
        {
            "images": [{"id": 1, "file_name": "a.png", "height": SHAPE[0], "width": SHAPE[1]}],
            "annotations": [{"id": k, "image_id": 1, "category_id": k, "segmentation": [POLYGONS[k]]} for k in (0, 1)],
            "categories": [{"id": 0, "name": "ship"}, {"id": 1, "name": label}],
        }
    ),
    "cvat.xml": lambda label: (
        f'<annotations><image id="0" name="a.png" width="{SHAPE[1]}" height="{SHAPE[0]}">'
        f'<polygon label="{label}" points="1,1;9,1;9,9"/></image></annotations>'
    ),
}


@pytest.mark.parametrize("name", sorted(FILES))
def test_other_labels_are_said(tmp_path, name):
    size = ["--shape", *SHAPE] if name == "via.json" else []
    for label, said in (("island", True), ("ship", False), ("Cargo ship", False)):
        (tmp_path / name).write_text(FILES[name](label))
        notes = convert(tmp_path / name, *size)[1]
        expected = said or (name == "coco.json" and label != "ship")  # two categories that become one are said
        assert ("all become ships" in notes) == expected, notes
        assert (label in notes) == expected
