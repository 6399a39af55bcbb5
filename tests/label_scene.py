"""What tests of label files share: a scene of three ships, and the command line on files made of it."""

import json

import cv2  # the extra edge has it
import numpy as np
from click.testing import CliRunner
from hypothesis import strategies as st

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


POINTS = [np.array(polygon).reshape(-1, 2).tolist() for polygon in POLYGONS]
BITMAP = np.zeros((4, 6), np.uint8)
BITMAP[1:3, 2:] = 255
PLACED = rectangle(12, 31, 16, 33)
"""What `BITMAP` covers with its corner at column 10, row 30."""


def png(pixels, *parameters):
    return cv2.imencode(".png", pixels, parameters)[1].tobytes()


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


def replaced(seed, data):
    """A copy of JSON content in which one or two values anywhere are others."""
    changed = json.loads(json.dumps(seed))
    for _ in range(data.draw(st.integers(1, 2))):
        at, key = {"": changed}, ""
        while isinstance(at[key], (dict, list)) and at[key] and data.draw(st.integers(0, 5)):
            at = at[key]
            key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        at[key] = json.loads(json.dumps(data.draw(st.sampled_from(VALUES))))
        changed = changed if key != "" else at[""]
    return changed
