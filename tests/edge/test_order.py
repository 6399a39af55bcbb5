"""Row-major by mistake: found where it can be, and said plainly where it cannot."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from shipedge import rle
from shipedge.airbus import read_airbus, write_airbus
from shipedge.cli import main
from shipedge.formats.order import detect_order
from shipedge.rle import Rle

cv2 = pytest.importorskip("cv2")
REAL = Path(__file__).resolve().parents[3] / "shared/data/airbus"


def scene(rng, shape):
    """(masks, image): a few bright slanted ships on a restless sea."""
    height, width = shape
    masks, pixels = [], rng.normal(60, 6, (height, width, 3))
    for _ in range(rng.integers(1, 4)):
        box = (
            (rng.uniform(20, width - 20), rng.uniform(20, height - 20)),
            (rng.uniform(10, 30), 6),
            rng.uniform(0, 180),
        )
        mask = np.zeros(shape, np.uint8)
        cv2.fillPoly(mask, [cv2.boxPoints(box).astype(np.int32)], 1)
        masks.append(mask)
        pixels[mask != 0] += 50
    return masks, pixels.clip(0, 255).astype(np.uint8)


def read_as(masks, order):
    """The masks as they are read, column-major, when they were written in that order."""
    return [rle.parse(rle.encode(mask, order=order), mask.shape) for mask in masks]


@pytest.mark.parametrize("shape", [(160, 160), (120, 200)])
def test_images_tell(shape):
    rng = np.random.default_rng(1)
    scenes = [scene(rng, shape) for _ in range(8)]
    for order in ("F", "C"):
        report = detect_order([(read_as(masks, order), pixels) for masks, pixels in scenes])
        assert report.order == order
        assert report.seen
        assert report.images == 8
        assert (report.for_f, report.for_c)[order == "F"] == 0
        # A few are enough.
        assert detect_order([(read_as(masks, order), pixels) for masks, pixels in scenes[:3]]).order == order


def test_texts_alone_tell_where_images_are_not_square():
    rng = np.random.default_rng(2)
    scenes = [scene(rng, (120, 200)) for _ in range(5)]
    for order in ("F", "C"):
        report = detect_order([(read_as(masks, order), None) for masks, _ in scenes])
        assert report.order == order
        assert not report.all_square


def test_texts_alone_cannot_tell_where_images_are_square():
    rng = np.random.default_rng(3)
    scenes = [scene(rng, (160, 160)) for _ in range(20)]
    for order in ("F", "C"):
        report = detect_order([(read_as(masks, order), None) for masks, _ in scenes])
        assert (report.order, report.log_odds, report.for_f, report.for_c) == (None, 0.0, 0, 0)
        assert report.all_square


def test_a_habit_of_the_data_is_a_hint_only():
    wide = [np.zeros((99, 99), np.uint8) for _ in range(200)]
    for k, mask in enumerate(wide):
        mask[20:40, 10 : 40 + k % 9] = 1
    reports = {order: detect_order([(read_as(wide, order), None)]) for order in ("F", "C")}
    assert {order: (report.order, report.hint) for order, report in reports.items()} == {
        "F": (None, "F"),
        "C": (None, "C"),
    }
    assert reports["F"].aspect == pytest.approx(1 / reports["C"].aspect)
    assert reports["F"].aspect == pytest.approx(1.7, abs=0.02)


def test_nothing_to_judge():
    for images in ([], [([], None)], [([Rle([], (5, 5))], np.zeros((5, 5, 3), np.uint8))]):
        report = detect_order(images)
        assert (report.order, report.images, report.hint) == (None, 0, None)
    flat = np.full((50, 50, 3), 80, np.uint8)
    full = Rle([[0, 2500]], (50, 50))  # no ring around it
    assert detect_order([([full, Rle([[5, 3]], (50, 50))], flat)]).order is None


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(4)
    rows: dict[str, list] = {"f.csv": [], "c.csv": []}
    (tmp_path / "images").mkdir()
    for k in range(6):
        masks, pixels = scene(rng, (160, 160))
        cv2.imwrite(str(tmp_path / "images" / f"{k}.png"), pixels)
        for name, order in (("f.csv", "F"), ("c.csv", "C")):
            rows[name].append((f"{k}.png", [rle.encode(mask, order=order) for mask in masks]))
    for name, of_file in rows.items():
        write_airbus(tmp_path / name, [*of_file, ("empty.jpg", [])])
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["rle", *map(str, arguments)])


def test_the_command_warns_and_convert_puts_it_right(folder):
    good = run("detect-order", folder / "f.csv", "--images", folder / "images")
    assert good.exit_code == 0, good.output
    assert good.stdout.startswith(f"{folder / 'f.csv'}: column-major (F), as Airbus writes: 6 of 6 images with ships")
    bad = run("detect-order", folder / "c.csv", "--images", folder / "images", "--json")
    assert bad.exit_code == 1
    assert json.loads(bad.stdout)["order"] == "C"
    right = folder / "right.csv"
    assert run("convert", folder / "c.csv", right, "--order", "C", "--shape", 160, 160).exit_code == 0
    assert right.read_bytes() == (folder / "f.csv").read_bytes()


def test_the_command_says_that_it_cannot_tell(folder):
    done = run("detect-order", folder / "c.csv", "--shape", 160, 160)
    assert done.exit_code == 0
    assert "cannot tell without the images, say --images: all are square" in done.stdout
    write_airbus(folder / "none.csv", [("a.jpg", [])])
    assert "no ships, so nothing to judge" in run("detect-order", folder / "none.csv").stdout
    (folder / "images" / "0.png").write_bytes((folder / "images" / "0.png").read_bytes()[:60])
    done = run("detect-order", folder / "f.csv", "--images", folder / "images")
    assert "images/0.png: the image is cut off" in done.stderr
    assert "5 of 5 images" in done.stdout


@pytest.mark.shared
@pytest.mark.parametrize("order", ["F", "C"])
def test_real_images_tell(tmp_path, order):
    if not REAL.is_dir():
        pytest.skip(f"{REAL} is not there")
    rows = read_airbus(REAL / "ships.csv")
    path = tmp_path / "x.csv"
    write_airbus(path, [(name, [rle.parse(t).to_airbus(order) for t in texts]) for name, texts in rows.items()])
    done = run("detect-order", path, "--images", REAL / "images", "--json")
    report = json.loads(done.stdout)
    assert report["order"] == order
    right, wrong = (report["for_f"], report["for_c"]) if order == "F" else (report["for_c"], report["for_f"])
    assert right >= 0.9 * report["images"]
    assert wrong <= 0.02 * report["images"]
