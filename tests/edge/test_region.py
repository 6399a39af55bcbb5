"""--roi: ships count in polygons only."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

import logs

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.cli import main
from shipedge.errors import DatasetError, SourceError
from shipedge.frame import Frame
from shipedge.region import Region, read_region
from shipedge.rle import from_polygons

SHIPS = [(100, 100, 160, 130), (500, 600, 560, 630)]


def square(left, top, right, bottom):
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


@pytest.fixture
def ships_in(toy_bundle_dir, tmp_path, monkeypatch, sea, geotiff):
    """ships_in(content of the file, source="a.png") -> boxes found, or what was said."""
    cv2 = pytest.importorskip("cv2")
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("a.png", sea(800, 900, *SHIPS))

    def run(content, source="a.png"):
        (tmp_path / "roi.json").write_text(json.dumps(content))
        done = CliRunner().invoke(main, ["predict", source, "--bundle", str(toy_bundle_dir), "--roi", "roi.json"])
        if done.exit_code:
            return done.output
        line = logs.frames(tmp_path / "predictions")[0]
        return [tuple(ship["bbox"]) for ship in line["ships"]]

    return run


def test_polygons_in_pixels(ships_in):
    assert ships_in([square(0, 0, 300, 300)]) == SHIPS[:1]
    assert ships_in([square(0, 0, 300, 300), square(400, 500, 900, 800)]) == SHIPS
    assert ships_in([square(0, 0, 131, 300)]) == SHIPS[:1]  # its center at 130 is inside, not all of it
    assert ships_in([square(0, 0, 129, 300)]) == []


def test_geojson_in_pixels_with_a_hole(ships_in):
    polygon = {"type": "Polygon", "coordinates": [square(0, 0, 900, 800), square(90, 90, 170, 140)]}
    assert ships_in(polygon) == SHIPS[1:]
    assert ships_in({"type": "Feature", "properties": {}, "geometry": polygon}) == SHIPS[1:]
    many = {"type": "MultiPolygon", "coordinates": [[square(0, 0, 9, 9)], [square(90, 90, 170, 140)]]}
    assert ships_in({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": many}]}) == SHIPS[:1]


def test_geojson_on_the_earth(ships_in, geotiff, sea):
    from shipedge.scene import open_scene

    path = geotiff(sea(800, 900, *SHIPS))
    ring = open_scene(str(path)).place.lonlat(square(450, 550, 700, 700)).tolist()
    assert ships_in({"type": "Polygon", "coordinates": [ring]}, "a.tif") == SHIPS[1:]
    assert ships_in([square(0, 0, 300, 300)], "a.tif") == SHIPS[:1]  # a plain list is in pixels all the same
    swapped = [[lat, lon] for lon, lat in ring]
    said = ships_in({"type": "Polygon", "coordinates": [swapped]}, "a.tif")
    assert "a.tif: roi.json covers nothing of it (its coordinates are read as degrees)" in said


def test_degrees_are_not_taken_for_pixels(ships_in, geotiff, sea):
    """Of an image whose coordinates cannot be read the answer would be "no ship"."""
    ring = {"type": "Polygon", "coordinates": [square(4, 50, 5, 51)]}
    said = ships_in(ring)
    assert "a.png: has no coordinates of the earth that could be read" in said
    assert "expected a JSON list of polygons for pixels" in said
    geotiff(sea(800, 900, *SHIPS))
    pixels = {"type": "Polygon", "coordinates": [square(450, 550, 700, 700)]}
    assert "a.tif: roi.json is not in degrees, expected longitude and latitude" in ships_in(pixels, "a.tif")


def test_nothing_of_the_image(ships_in):
    assert "a.png: roi.json covers nothing of it (its coordinates are read as pixels)" in ships_in(
        [square(2000, 0, 2100, 100)]
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "has no polygon"),
        ("x", "expected GeoJSON or a list of polygons"),
        ([[[0, 0], [1, 1]]], "has 2 points, expected at least 3"),
        ([[[0, 0], [1, 1], [1]]], r"a point is \[1\], expected \[x, y\]"),
        ([[[0, 0], [1, 1], [1, float("nan")]]], "a point is"),
        ([[[0, 0], [1, 1], [1, True]]], "a point is"),
        ({"type": "Point", "coordinates": [1, 2]}, "type is 'Point', expected Polygon"),
        ({"type": "FeatureCollection", "features": 3}, "features is 3, expected a list"),
        ({"type": "Polygon", "coordinates": []}, "has no outer ring"),
        ({"type": "Polygon", "coordinates": [square(0, 0, 1, 1)], "crs": {"name": "EPSG:3857"}}, "expected WGS 84"),
    ],
)
def test_refused(tmp_path, content, said):
    (tmp_path / "roi.json").write_text(json.dumps(content))
    with pytest.raises(DatasetError, match=rf"roi\.json.*{said}"):
        read_region(str(tmp_path / "roi.json"))


def on_a_line(ring, x, y):
    """Whether a point, in half pixels, lies on a line of a ring; in whole numbers, so that nothing is rounded."""
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
        ax, ay, bx, by = 2 * ax, 2 * ay, 2 * bx, 2 * by
        across = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if across == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
            return True
    return False


points = st.tuples(st.integers(-50, 450), st.integers(-50, 350))


@settings(deadline=None)
@example([[(0, 0), (-32, 148), (184, 268)]])
@example([[(0, 0), (0, 4), (223, -1)]])
@given(st.lists(st.lists(points, min_size=3, max_size=7), min_size=1, max_size=3))
def test_what_lies_inside(rings):
    polygons = [[np.array(ring, float) for ring in rings]]
    inside = from_polygons(rings, (300, 400)).to_mask()
    try:
        area = Region("roi.json", polygons, False).area(Frame(np.zeros((300, 400, 3), np.uint8), "a"))
    except SourceError:
        assert not inside.any()
        return
    rng = np.random.default_rng(0)
    for y, x in zip(rng.integers(0, 300, 40), rng.integers(0, 400, 40), strict=True):
        if any(on_a_line(ring, 2 * x + 1, 2 * y + 1) for ring in rings):
            continue  # neither inside nor outside
        assert area.holds(x + 0.5, y + 0.5) == inside[y, x]
        assert area.cells[y // 32, x // 32] or not inside[y, x]
