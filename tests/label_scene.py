"""What tests of label files share: a scene of three ships, and the command line on files made of it."""

import json

import numpy as np
from click.testing import CliRunner

from shipedge.cli import main
from shipedge.rle import Rle, from_coco, from_polygons

SHAPE = (120, 200)
POLYGONS = [[30, 20, 60, 20, 60, 34, 30, 34], [90, 70, 130, 70, 130, 82, 90, 82], [150, 40, 158, 40, 158, 60, 150, 60]]
SHIPS = [from_polygons([np.array(polygon, float).reshape(-1, 2)], SHAPE) for polygon in POLYGONS]


def convert(source, *options, code=0):
    """The ships that `shipedge rle convert` finds in each image of ``source``, and what it says."""
    target = source.parent / "converted.json"
    target.unlink(missing_ok=True)
    done = CliRunner().invoke(
        main, ["rle", "convert", str(source), str(target), "--to", "coco-rle", *map(str, options)]
    )
    assert done.exit_code == code, done.output
    if code:
        assert not target.exists()
        assert done.stderr.startswith("Error: ")
        assert done.stderr.count("\n") == 1
        return done.stderr
    data = json.loads(target.read_text())
    ships = {image["file_name"]: [] for image in data["images"]}
    names = {image["id"]: image["file_name"] for image in data["images"]}
    for one in data["annotations"]:
        ships[names[one["image_id"]]].append(from_coco(one["segmentation"]["counts"], one["segmentation"]["size"]))
    return ships, done.stderr


def rectangle(left, top, right, bottom, shape=SHAPE):
    """A ship that covers these columns and rows."""
    mask = np.zeros(shape, np.uint8)
    mask[top:bottom, left:right] = 1
    return Rle.from_mask(mask)
