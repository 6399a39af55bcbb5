"""What ships are: center, length, width, orientation; meters and degrees where the frame has them."""

import csv
import json
import math

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

import logs

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.cli import main
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import ImageList
from shipedge.frame import FrameResult, Ship
from shipedge.measure import as_json, corners, measure
from shipedge.rle import Rle


def result_of(*masks, **known):
    ships = tuple(Ship(rle, 0.9, rle.bbox) for rle in (Rle.from_mask(mask) for mask in masks))
    return FrameResult("a.tif", 0, None, masks[0].shape, 0.9, np.zeros((1, 1), np.uint8), ships, **known)


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 135, 179])
def test_a_turned_ship(degrees):
    mask = np.zeros((400, 500), np.uint8)
    cv2.fillPoly(mask, [cv2.boxPoints(((250, 190), (120, 30), degrees)).round().astype(np.int32)], 1)
    (found,) = measure(result_of(mask))
    x, y, length, width, orientation = found.rectangle
    assert (x, y) == pytest.approx((250.5, 190.5), abs=1)
    assert (length, width) == pytest.approx((121, 31), abs=2)
    assert abs((orientation - degrees + 90) % 180 - 90) < 1
    assert 0 <= orientation < 180
    assert found[1:] == (None, None, None)
    box = corners(found.rectangle)
    assert sorted(np.hypot(*(box - np.roll(box, 1, 0)).T)) == pytest.approx([width, width, length, length])
    assert cv2.contourArea(box.astype(np.float32)) == pytest.approx(length * width, rel=1e-3)


def test_json_has_no_orientation_of_180():
    mask = np.zeros((9, 9), np.uint8)
    mask[2:4, 1:7] = 1
    (found,) = measure(result_of(mask, gsd_m=0.5))
    almost = found._replace(rectangle=found.rectangle._replace(orientation=179.97))
    assert as_json(almost)["orientation"] == 0
    assert as_json(found) == {
        "center": [4.0, 3.0],
        "length": 6.0,
        "width": 2.0,
        "orientation": 0.0,
        "length_m": 3.0,
        "width_m": 1.0,
    }


@pytest.fixture
def place(geotiff):
    """place(crs, a, x, y): of a scene of 100 x 200 pixels whose corner is there and whose pixels have the side a."""
    rasterio = pytest.importorskip("rasterio", reason="rasterio is not installed (extra geo)")
    from shipedge.scene import open_scene

    def make(crs, a, x, y):
        path = geotiff(np.zeros((100, 200), np.uint8), crs=crs, transform=rasterio.Affine(a, 0, x, 0, -a, y))
        return open_scene(str(path)).place

    return make


@pytest.mark.parametrize(
    ("crs", "a", "x", "y", "east_m", "south_m", "lonlat"),
    [
        # The scale of UTM on its middle meridian is 0.9996.
        ("EPSG:32633", 1.5, 5e5, 0, 1.5 / 0.9996, 1.5 / 0.9996, (15, 0)),
        # A degree on the equator: 111,319.49 m along it, 110,574.28 m across.
        ("EPSG:4326", 1e-5, 20, 0, 1.1131949, 1.1057428, (20, 0)),
        # Web Mercator doubles lengths at 60 degrees, but for the flattening.
        ("EPSG:3857", 2, 0, 8399737.89, 1.00252, 1.00083, (0, 60)),
    ],
)
def test_meters_are_those_on_the_ground(place, crs, a, x, y, east_m, south_m, lonlat):
    there = place(crs, a, x, y)
    assert there.lonlat([[0, 0]])[0] == pytest.approx(lonlat, abs=1e-6)
    assert there.meters([[0, 0], [0, 0]], [[10, 0], [0, 10]]) == pytest.approx([10 * east_m, 10 * south_m], rel=5e-4)
    assert there.gsd_m == pytest.approx(math.sqrt(east_m * south_m), rel=5e-4)
    points = [[3.5, 7], [199, 99]]
    assert there.pixels(there.lonlat(points)) == pytest.approx(np.array(points), abs=1e-3)


@pytest.fixture
def predict(toy_bundle_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(main, ["predict", "--bundle", str(toy_bundle_dir), *args])


def test_every_output_of_a_georeferenced_scene(predict, geotiff, sea, tmp_path):
    geotiff(sea(800, 900, (100, 200, 180, 220), (850, 300, 870, 400)))
    done = predict("a.tif", "--detections", "d.csv", "--geojson", "s.geojson", "--coco", "c.json")
    assert done.exit_code == 0, done.output
    line = logs.frames(tmp_path / "predictions")[0]
    first = line["ships"][0]
    assert line["gsd_m"] == pytest.approx(1.5006, abs=1e-3)
    assert (first["center"], first["length"], first["width"], first["orientation"]) == ([140, 210], 80, 20, 0)
    assert (first["length_m"], first["width_m"]) == pytest.approx((120.05, 30.01), abs=0.02)
    assert line["ships"][1]["orientation"] == 90
    with (tmp_path / "d.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["length_m"]) for row in rows] == [ship["length_m"] for ship in line["ships"]]
    assert [float(row["lon"]) for row in rows] == [ship["lon"] for ship in line["ships"]]
    assert [row["image"] for row in rows] == ["a.tif", "a.tif"]
    features = json.loads((tmp_path / "s.geojson").read_text())["features"]
    assert len(features) == 2
    (ring,) = features[0]["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert len(ring) == 5
    x, y = np.array(ring).T
    assert (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() > 0  # counterclockwise
    assert min(x) < first["lon"] < max(x)
    assert min(y) < first["lat"] < max(y)
    assert max(len(str(value).partition(".")[2]) for value in [*x, *y]) <= 7
    assert features[0]["properties"]["length_m"] == first["length_m"]
    coco = json.loads((tmp_path / "c.json").read_text())
    assert [one["score"] for one in coco["annotations"]] == [ship["score"] for ship in line["ships"]]
    (labelled,) = read_labelled(tmp_path / "c.json", "coco", ImageList(), [])
    assert [rle.to_airbus() for rle in labelled.ships] == [ship["rle"] for ship in line["ships"]]


def test_an_image_without_coordinates_has_no_geojson(predict, image, geotiff, sea, tmp_path):
    image(tmp_path / "a.png", 64, 64, (10, 10, 30, 30))
    done = predict("a.png", "--geojson", "s.geojson")
    assert done.exit_code == 1
    assert "a.png: has no coordinates of the earth, expected a GeoTIFF" in done.output
    assert not (tmp_path / "s.geojson").exists()
    assert "s.geojson" not in done.stdout
    assert (tmp_path / "predictions" / "predictions.jsonl").exists()


def test_a_name_that_a_spreadsheet_would_run(predict, image, tmp_path):
    image(tmp_path / "=1+1.png", 64, 64, (10, 10, 30, 30))
    assert predict("=1+1.png", "--detections", "d.csv").exit_code == 0
    assert (tmp_path / "d.csv").read_text().splitlines()[1].startswith("'=1+1.png,0,,")


def test_outputs_destroy_nothing(predict, image, tmp_path):
    pytest.importorskip("rasterio", reason="rasterio is not installed (extra geo)")
    image(tmp_path / "a.png", 64, 64, (10, 10, 30, 30))
    (tmp_path / "d.csv").write_text("mine")
    done = predict("a.png", "--detections", "d.csv")
    assert done.exit_code == 1
    assert "d.csv exists and is no CSV of detections" in done.output
    done = predict("a.png", "--coco", "x.json", "--geojson", "x.json")
    assert done.exit_code == 1
    assert "x.json and x.json are the same file" in done.output
