"""`shipedge data stats`: numbers against slow counts."""

import json
import math

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from shipedge.cli import main
from shipedge.rle import Rle
from shipedge_train.data.view.numbers import ship_sizes

BOXES = {"a": [(40, 20)], "b": [(64, 64), (20, 60)], "d": [(30, 68)], "f": [(90, 30)]}
"""(height, width) of the ships of the fixture."""


def stats(*arguments):
    return CliRunner().invoke(main, ["data", "stats", *map(str, arguments)])


def test_numbers_of_a_known_dataset(made_dataset, tmp_path):
    result = stats(made_dataset, "--save", tmp_path / "s.json", "--out", tmp_path / "charts")
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "s.json").read_text())
    areas = np.array([height * width for group in BOXES.values() for height, width in group])
    assert (found["images"], found["ship_images"], found["ships"]) == (6, 4, 5)
    assert found["ships_per_image"] == {"0": 2, "1": 3, "2": 1}
    assert found["empty_share"] == pytest.approx(2 / 6)
    assert found["ship_pixel_share"] == pytest.approx(areas.sum() / (6 * 768 * 768))
    assert found["area"]["mean"] == pytest.approx(areas.mean())
    assert found["area"]["median"] == np.median(areas)
    assert found["length"]["max"] == pytest.approx(90)
    assert found["width"]["min"] == pytest.approx(20)
    assert found["runs"]["max"] == 68
    assert found["sizes"] == [{"height": 768, "width": 768, "images": 6}]
    images = [cv2.imread(str(path), cv2.IMREAD_COLOR_RGB) for path in (made_dataset / "images").iterdir()]
    assert found["color"]["red"]["mean"] == pytest.approx(np.mean(images, axis=(0, 1, 2))[0], abs=0.5)
    assert "images          6, 4 with ships, 33.3% empty" in result.output
    assert "     1         3 ####" in result.output
    drawn = sorted(path.name for path in (tmp_path / "charts").iterdir())
    assert drawn == ["area.png", "brightness.png", "color.png", "length.png", "runs.png", "ships-per-image.png"]
    for path in (tmp_path / "charts").iterdir():
        assert cv2.imread(str(path)).std() > 5


@pytest.mark.parametrize("angle", range(0, 180, 20))
def test_length_is_that_of_the_ship_and_not_of_its_upright_box(angle):
    mask = np.zeros((300, 300), np.uint8)
    cv2.fillPoly(mask, [cv2.boxPoints(((150, 150), (120, 30), angle)).round().astype(np.int32)], 1)
    length, width = ship_sizes([Rle.from_mask(mask)])
    assert length[0] == pytest.approx(120, abs=4)
    assert width[0] == pytest.approx(30, abs=4)


def test_a_csv_without_ships_or_images(tmp_path):
    (tmp_path / "s.csv").write_text("ImageId,EncodedPixels\na.jpg,\n")
    result = stats(tmp_path / "s.csv", "--save", tmp_path / "s.json", "--out", tmp_path / "charts")
    assert result.exit_code == 0, result.output
    assert "1, 0 with ships, 100.0% empty" in result.output
    assert [path.name for path in (tmp_path / "charts").iterdir()] == ["ships-per-image.png"]
    found = json.loads((tmp_path / "s.json").read_text())
    assert (found["area"], found["brightness"], found["ship_pixel_share_of_ship_images"]) == (None, None, None)
    (tmp_path / "s.csv").write_text("ImageId,EncodedPixels\n")
    assert stats(tmp_path / "s.csv").output == "no images\n"


def test_images_of_several_sizes_and_broken_ones(tmp_path):
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.jpg"), np.full((40, 60, 3), 100, np.uint8))
    cv2.imwrite(str(tmp_path / "images" / "b.png"), np.full((20, 60), 50, np.uint8))
    (tmp_path / "images" / "c.jpg").write_bytes(b"no image")
    (tmp_path / "ships.csv").write_text("ImageId,EncodedPixels\na.jpg,\n")
    result = stats(tmp_path, "--save", tmp_path / "s.json")
    assert result.exit_code == 0, result.output
    assert "unreadable      1; shipedge data verify names them" in result.output
    found = json.loads((tmp_path / "s.json").read_text())
    assert {(one["height"], one["width"]) for one in found["sizes"]} == {(40, 60), (20, 60)}
    assert found["brightness"]["mean"] == pytest.approx(75, abs=1)
    assert all(math.isfinite(value) for value in found["color"]["blue"].values())


def test_bad_input(tmp_path):
    result = stats(tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "cannot read" in result.stderr


def test_images_of_another_size_than_the_rows_count_in(tmp_path):
    (tmp_path / "images").mkdir()
    for name, shape in (("a.jpg", (40, 60, 3)), ("b.jpg", (40, 60, 3)), ("c.jpg", (20, 60, 3))):
        cv2.imwrite(str(tmp_path / "images" / name), np.full(shape, 100, np.uint8))
    (tmp_path / "ships.csv").write_text("ImageId,EncodedPixels\na.jpg,1 5\nb.jpg,1 5\nc.jpg,1 5\n")
    result = stats(tmp_path)
    assert result.exit_code == 1
    assert "images are 60x40 pixels, expected 768x768: say --shape 40 60" in result.stderr
    result = stats(tmp_path, "--shape", 40, 60)
    assert result.exit_code == 0
    assert "1 images with ships are not 60x40 pixels, many of them 60x20: their ships are not shown" in result.stderr
