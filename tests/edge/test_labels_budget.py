"""Label files of some kilobytes that stand for gigabytes of runs are refused before the masks are made."""

import json

import numpy as np
import pytest

from shipedge.errors import DatasetError
from shipedge.formats.budget import MOST_RUNS, RunBudget, refuse_filling, refuse_turning
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import ImageList
from shipedge.formats.order import detect_order
from shipedge.rle import Rle, from_polygons

SIDE = 65_535
TRIANGLE = [0, 0, SIDE, 0, SIDE, SIDE]
ZIGZAG = [coordinate for k in range(400) for coordinate in (SIDE * (k % 2), 100 * k)]


def coco(path, polygons, images=1):
    path.write_text(
        json.dumps(
            {
                "images": [{"id": k, "file_name": f"{k}.jpg", "height": SIDE, "width": SIDE} for k in range(images)],
                "annotations": [
                    {"id": k, "image_id": k % images, "category_id": 1, "segmentation": [polygon]}
                    for k, polygon in enumerate(polygons)
                ],
                "categories": [{"id": 1, "name": "ship"}],
            }
        )
    )
    return path


def cvat(path, rows):
    counts = ",".join(["0", *["30000"] * (2 * rows)])
    path.write_text(
        f'<annotations><image name="a.jpg" width="{SIDE}" height="{SIDE}"><mask label="ship" left="0" top="0" '
        f'width="60000" height="{rows}" rle="{counts}"/></image></annotations>'
    )
    return path


def read(path, kind, **options):
    return list(read_labelled(path, kind, ImageList(shape=(8100, 8100)), [], **options))


@pytest.mark.parametrize(
    ("polygons", "images", "message"),
    [
        ([TRIANGLE] * 400, 1, "have over 8 runs for each of its bytes"),
        ([TRIANGLE] * 400, 400, "have over 8 runs for each of its bytes"),
        ([ZIGZAG], 1, r"annotations\[0\]: the mask could have 13107000 runs, expected at most 4194304"),
    ],
)
def test_polygons(tmp_path, polygons, images, message):
    with pytest.raises(DatasetError, match=message):
        read(coco(tmp_path / "a.json", polygons, images), "coco")


def test_some_large_ships_are_read(tmp_path):
    (image,) = read(coco(tmp_path / "a.json", [TRIANGLE] * 10), "coco")
    assert [len(ship.runs) > SIDE - 9 for ship in image.ships] == [True] * 10


def test_rows_that_become_columns(tmp_path):
    with pytest.raises(DatasetError, match=r"mask 0: the mask could have 6000000 runs"):
        read(cvat(tmp_path / "a.xml", 200), "cvat")
    stripes = " ".join(f"{1 + 2 * row * 8100} 8100" for row in range(600))
    (tmp_path / "a.csv").write_text(f"ImageId,EncodedPixels\na.jpg,{stripes}\n")
    with pytest.raises(DatasetError, match="along the rows: the mask could have 4860000 runs"):
        read(tmp_path / "a.csv", "airbus", order="C")
    one = " ".join(f"{1 + 2 * row * 8100} 8100" for row in range(40))
    (tmp_path / "b.csv").write_text("ImageId,EncodedPixels\n" + "".join(f"{k}.jpg,{one}\n" for k in range(9)))
    with pytest.raises(DatasetError, match="along the rows the masks could have"):
        detect_order((ships, None) for _, _, ships in read(tmp_path / "b.csv", "airbus"))
    with pytest.raises(DatasetError, match="have over 8 runs for each of its bytes"):
        read(tmp_path / "b.csv", "airbus", order="C")


def test_bounds_are_bounds():
    rng = np.random.default_rng(0)
    for _ in range(50):
        polygons = [rng.uniform(-20, 90, (int(rng.integers(3, 9)), 2)) for _ in range(2)]
        mask = from_polygons(polygons, (70, 80), "union")
        turned = mask.transpose()
        assert len(turned.runs) <= refuse_turning(mask, "it")
        columns = sum(np.abs(np.diff(np.clip(p[:, 0], 0, 80), append=np.clip(p[:1, 0], 0, 80))).sum() for p in polygons)
        assert len(mask.runs) <= columns / 2 + sum(map(len, polygons))
    wide = np.array([[0.0, 0], [2.0 * MOST_RUNS, 0], [0, 9]])
    refuse_filling([wide], (9, MOST_RUNS), "it")
    with pytest.raises(DatasetError, match="it: the mask could have"):
        refuse_filling([wide] * 2, (9, MOST_RUNS), "it")


def test_a_budget_for_a_folder(tmp_path):
    for name in "ab":
        (tmp_path / name).write_bytes(bytes(100))
    budget = RunBudget(tmp_path)
    mask = Rle(np.arange(0, 2 * (2**20 + 1600), 2)[:, None] * [1, 0] + [0, 1], (2**12, 2**12))
    assert budget.take(mask) is mask
    with pytest.raises(DatasetError, match="have over 8 runs"):
        budget.take(Rle([[0, 1]], (4, 4)))
