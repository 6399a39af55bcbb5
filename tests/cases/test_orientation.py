"""One answer to "how does it lie": masks of `predict` lie on the ships in every command, however a file is stored.

All eight orientations in all four formats that can note one; the default bundle finds the ships.
"""

import json
import shutil
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")
from PIL import Image  # noqa: E402

import shipedge  # noqa: E402
from shipedge.airbus import read_airbus, write_airbus  # noqa: E402
from shipedge.cli import main  # noqa: E402
from shipedge.images import decode_image, read_file  # noqa: E402
from shipedge.rle import Rle, parse, union  # noqa: E402

SAMPLES = Path(shipedge.__file__).parent / "samples"
SCENE = "s77-000167.jpg"
SHAPE = (768, 560)
FORMATS = {"png": {}, "webp": {"lossless": True, "quality": 0}, "tif": {}, "jpg": {"quality": 98, "subsampling": 0}}
# How the shown pixels are stored, so that orientation k brings them back: transposed first, then reversed.
STORED = {1: "", 2: "x", 3: "xy", 4: "y", 5: "t", 6: "tx", 7: "txy", 8: "ty"}
NAMES = [f"{form}-{orientation}.{form}" for form, orientation in product(FORMATS, STORED)]


def stored(shown, orientation):
    """Undo what a viewer will do."""
    how = STORED[orientation]
    pixels = shown[:, ::-1] if "x" in how else shown
    pixels = pixels[::-1] if "y" in how else pixels
    return np.ascontiguousarray(pixels.swapaxes(0, 1) if "t" in how else pixels)


def run(*args, code=0):
    done = CliRunner().invoke(main, [*map(str, args)])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """images/ of 32 files that show the same scene, truth.csv, and found.csv by `predict`."""
    root = tmp_path_factory.mktemp("turned")
    (root / "images").mkdir()
    shown = cv2.imread(str(SAMPLES / SCENE))[:, : SHAPE[1], ::-1]
    for name in NAMES:
        form, orientation = name.split(".")[0].split("-")
        exif = Image.Exif()
        exif[274] = int(orientation)
        image = Image.fromarray(stored(shown, int(orientation)))
        image.save(root / "images" / name, exif=exif, **FORMATS[form])
    ships = [parse(text, (768, 768)) for text in read_airbus(SAMPLES / "ships.csv")[SCENE]]
    cut = [Rle.from_mask(ship.to_mask()[:, : SHAPE[1]]) for ship in ships]
    write_airbus(root / "truth.csv", [(name, [ship.to_airbus() for ship in cut if ship.area]) for name in NAMES])
    run("predict", root / "images", "--out", root / "out", "--csv", root / "found.csv")
    return root


def masks_of(path):
    return {image: union([parse(text, SHAPE) for text in ships], SHAPE) for image, ships in read_airbus(path).items()}


def test_predict_finds_the_same_ships_in_all_of_them(folder):
    found, truth = masks_of(folder / "found.csv"), masks_of(folder / "truth.csv")
    assert sorted(found) == sorted(NAMES)
    for name in NAMES:
        assert (found[name] & truth[name]).area > 0.8 * truth[name].area
        if not name.startswith("jpg"):  # JPEG stores other values for turned blocks
            assert found[name] == found["png-1.png"]


def test_masks_lie_on_the_ships(folder, tmp_path):
    found = masks_of(folder / "found.csv")
    run("masks", folder / "found.csv", tmp_path / "masks", "--images", folder / "images")
    for name in NAMES:
        mask = cv2.imread(str(tmp_path / "masks" / f"{Path(name).stem}.png"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(mask > 0, found[name].to_mask() > 0)


@pytest.mark.parametrize("target", ["coco", "labels", "yolo"])
def test_convert_there_and_back(folder, tmp_path, target):
    run("rle", "convert", folder / "found.csv", tmp_path / "x.json" if target == "coco" else tmp_path / "x", "--to",
        target, "--images", folder / "images")  # fmt: skip
    source = tmp_path / ("x.json" if target == "coco" else "x")
    run("rle", "convert", source, tmp_path / "back.csv", "--from", target, "--images", folder / "images")
    assert masks_of(tmp_path / "back.csv") == masks_of(folder / "found.csv")


def test_info_says_one_shape(folder):
    info = json.loads(run("rle", "info", folder / "found.csv", "--images", folder / "images", "--json").stdout)
    assert info["shapes"] == [list(SHAPE)]


def test_detect_order_sees_the_ships_below_the_masks(folder):
    done = run("rle", "detect-order", folder / "found.csv", "--images", folder / "images", "--json")
    report = json.loads(done.stdout)
    assert (report["order"], report["for_f"], report["for_c"]) == ("F", len(NAMES), 0)


def test_evaluate_scores_them_alike(folder, tmp_path):
    run("evaluate", folder / "out", folder / "truth.csv", "--images", folder / "images", "--shape", *SHAPE, "--save",
        tmp_path / "scores.json")  # fmt: skip
    scores = json.loads((tmp_path / "scores.json").read_text())["per_image"]
    assert min(one["dice"] for one in scores) > 0.85
    assert len({one["f2"] for one in scores if not one["image"].startswith("jpg")}) == 1


def test_verify_sees_the_ships_below_the_rows(folder, tmp_path):
    pytest.importorskip("shipedge_train.cli.data")
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(folder / "truth.csv", data / "ships.csv")
    (data / "images").symlink_to(folder / "images")
    done = CliRunner().invoke(main, ["data", "verify", str(data), "--shape", *map(str, SHAPE), "--save",
                                     str(tmp_path / "report.json")])  # fmt: skip
    report = json.loads((tmp_path / "report.json").read_text())
    assert done.exit_code == 0, done.output
    assert report["by_code"].keys() <= {"turned", "same-file", "ship-parts"}
    assert report["by_code"]["turned"] == len(NAMES) - len(FORMATS)


def test_training_reads_what_predict_saw(folder):
    upright = decode_image(read_file(folder / "images" / "png-1.png"), "a")
    for name, rows in product(NAMES, (100, SHAPE[0])):  # a crop of training asks for the rows that it needs
        pixels = decode_image(read_file(folder / "images" / name), name, shape=SHAPE, rows=rows)[:rows]
        assert np.abs(pixels.astype(int) - upright[:rows]).mean() < 2
