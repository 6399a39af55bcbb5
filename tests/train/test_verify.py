"""`shipedge data verify` on a folder: each mistake that people make is found under its code, and nothing else is."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from shipedge import rle
from shipedge.airbus import read_airbus
from shipedge.cli import main
from shipedge_train.data.verify.dataset import find_parts, verify
from shipedge_train.data.verify.findings import CHECKS, printable

AIRBUS = Path(__file__).parents[3] / "shared" / "data" / "airbus"
SHAPE = (768, 768)

KAGGLE = "train_ship_segmentations_v2.csv"


@pytest.fixture
def folder(made_dataset, tmp_path):
    copied = shutil.copytree(made_dataset, tmp_path / "data")
    sea = np.random.default_rng(1).integers(20, 60, (768, 768, 3), dtype=np.uint8)
    cv2.imwrite(str(copied / "images" / "e.jpg"), sea)  # the fixture draws the same sea twice
    return copied


def found(path, images=None):
    """{code: [images]} of everything that is wrong."""
    report, _ = verify(find_parts(path, images), SHAPE)
    assert {finding.code for finding in report.findings} <= set(CHECKS)
    return {code: [finding.image for finding in group] for code, group in report.by_code().items()}


def rewrite(folder, change):
    """Change the lines of ships.csv."""
    path = folder / "ships.csv"
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


def pixels_of(folder, name="a.jpg"):
    return cv2.imread(str(folder / "images" / name), cv2.IMREAD_COLOR)


def run(*arguments):
    return CliRunner().invoke(main, ["data", "verify", *map(str, arguments)])


def test_a_good_dataset_has_no_findings(folder):
    assert found(folder) == {}
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert "7 rows, 6 images, 4 with 5 ships, 6 image files" in result.output
    assert "no errors, no warnings" in result.output


def test_incomplete_image(folder):
    path = folder / "images" / "a.jpg"
    path.write_bytes(path.read_bytes()[:20_000])
    assert found(folder) == {"truncated": ["a.jpg"]}


def test_incomplete_image_that_has_its_end_marker(folder):
    path = folder / "images" / "a.jpg"
    path.write_bytes(path.read_bytes()[:-20_000] + b"\xff\xd9")
    assert cv2.imread(str(path)).shape == (768, 768, 3)  # OpenCV fills it up
    assert found(folder) == {"damaged": ["a.jpg"]}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "unreadable"),
        (b"no image", "unreadable"),
        (b"\xff\xd8\xff\xd9", "truncated"),
        (b"\x89PNG\r\n\x1a\n" + bytes(30) + b"IEND", "damaged"),
    ],
)
def test_file_that_is_no_image(folder, content, code):
    (folder / "images" / "a.jpg").write_bytes(content)
    assert found(folder) == {code: ["a.jpg"]}


def test_a_turned_image_is_told(folder):
    path = folder / "images" / "a.jpg"
    exif = Image.Exif()
    exif[274] = 6
    Image.open(path).save(path, "JPEG", exif=exif, quality=95)
    assert found(folder) == {"turned": ["a.jpg"]}


def test_truncated_png(folder):
    _, data = cv2.imencode(".png", pixels_of(folder))
    (folder / "images" / "a.jpg").write_bytes(data.tobytes()[:-500])
    assert found(folder) == {"truncated": ["a.jpg"]}


def test_image_of_another_size_is_not_even_decoded(folder):
    _, data = cv2.imencode(".png", np.zeros((768, 800, 3), np.uint8))
    raw = bytearray(data.tobytes())
    raw[16:24] = bytes([0, 0, 255, 255]) * 2  # says 65535 x 65535
    (folder / "images" / "a.jpg").write_bytes(bytes(raw))
    assert found(folder) == {"wrong-size": ["a.jpg"]}


def test_images_of_other_channels(folder):
    image = pixels_of(folder)
    for name, pixels in {
        "a.jpg": image[..., 0],
        "b.jpg": np.dstack([image, image[..., 0]]),
        "c.jpg": image.astype(np.uint16) * 256,
    }.items():
        cv2.imwrite(str(folder / "images" / "x.png"), pixels)
        (folder / "images" / "x.png").replace(folder / "images" / name)
    report, _ = verify(find_parts(folder), SHAPE)
    assert [(one.code, one.text.partition(",")[0]) for one in report.findings] == [
        ("wrong-channels", "1 channel (grey) of 8 bits"),
        ("wrong-channels", "4 channels (alpha) of 8 bits"),
        ("wrong-channels", "3 channels of 16 bits"),
    ]


def test_images_and_blocks_of_one_color(folder):
    cv2.imwrite(str(folder / "images" / "c.jpg"), np.full((768, 768, 3), 77, np.uint8))
    image = pixels_of(folder, "e.jpg")
    image[256:512, 512:] = (200, 10, 10)
    cv2.imwrite(str(folder / "images" / "e.jpg"), image)
    assert found(folder) == {"solid-image": ["c.jpg"], "solid-blocks": ["e.jpg"]}


def test_rows_without_image(folder):
    (folder / "images" / "b.jpg").unlink()
    (folder / "images" / "c.jpg").unlink()
    assert found(folder) == {"no-file": ["b.jpg", "c.jpg"]}


def test_image_without_rows(folder):
    rewrite(folder, lambda lines: [line for line in lines if not line.startswith("c.jpg")])
    assert found(folder) == {"no-rows": ["c.jpg"]}


def test_same_image_under_two_names(folder):
    shutil.copy(folder / "images" / "c.jpg", folder / "images" / "e.jpg")
    assert found(folder) == {"same-file": ["e.jpg"]}


def test_row_major_strings(folder):
    index = read_airbus(folder / "ships.csv")
    lines = ["ImageId,EncodedPixels"]
    for name, texts in index.items():
        lines += [f"{name},{rle.encode(rle.decode(text), order='C')}" for text in texts] or [f"{name},"]
    rewrite(folder, lambda _: lines)
    assert found(folder) == {"row-major": [""]}
    result = run(folder, "--fix", folder.parent / "clean")
    assert result.exit_code == 1
    assert "shipedge rle convert --order C" in result.output
    assert "not mended: row-major" in result.stderr


def test_one_row_major_image_among_others(folder):
    text = rle.encode(rle.decode(read_airbus(folder / "ships.csv")["a.jpg"][0]), order="C")
    rewrite(folder, lambda lines: [f"a.jpg,{text}" if line.startswith("a.jpg") else line for line in lines])
    assert found(folder) == {"row-major-image": ["a.jpg"]}


def test_ships_that_follow_the_brightness_of_their_image(folder):
    mask = (cv2.cvtColor(pixels_of(folder, "c.jpg"), cv2.COLOR_BGR2GRAY) > 42).astype(np.uint8)
    assert 0.1 < mask.mean() < 0.9
    rewrite(folder, lambda lines: [f"c.jpg,{rle.encode(mask)}" if line == "c.jpg," else line for line in lines])
    assert found(folder)["follows-image"] == ["c.jpg"]


def test_scenes(folder):
    (folder / "scenes.csv").write_text("ImageId,BigImageId\n" + "".join(f"{n}.jpg,1\n" for n in "abcde"))
    assert found(folder) == {"no-scene": ["f.jpg"]}
    (folder / "scenes.csv").write_text("Image,Scene\n")
    assert found(folder) == {"bad-scenes": [""]}


def test_hostile_file_names(folder):
    name = "\x1b[2J=x<img>'.jpg"
    shutil.copy(folder / "images" / "c.jpg", folder / "images" / name)
    os.mkfifo(folder / "images" / "pipe.jpg")  # would wait for ever
    assert found(folder) == {"no-rows": [name], "same-file": ["c.jpg"]}
    assert "\x1b" not in run(folder).output
    assert printable("a\udcff\n.jpg") == "a\\udcff\\n.jpg"


def test_fix_leaves_out_what_is_wrong_and_touches_no_original(folder, tmp_path):
    (folder / "images" / "b.jpg").unlink()
    rewrite(
        folder,
        lambda lines: [*lines, next(line for line in lines if line.startswith("a.jpg")), "f.jpg,9 9 9", "c.jpg,"],
    )
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    result = run(folder, "--fix", tmp_path / "clean")
    assert result.exit_code == 0, result.output
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    ships = read_airbus(tmp_path / "clean" / "ships.csv")
    assert {name: len(texts) for name, texts in ships.items()} == {"a.jpg": 1, "c.jpg": 0, "d.jpg": 1, "e.jpg": 0}
    quarantine = (tmp_path / "clean" / "quarantine.csv").read_text().splitlines()
    assert sorted(line.split(",")[:3] for line in quarantine) == [
        ["ImageId", "line", "code"],
        ["a.jpg", "9", "duplicate-ship"],
        ["b.jpg", "3", "no-file"],
        ["f.jpg", "10", "bad-runs"],
    ]
    shutil.move(tmp_path / "clean" / "ships.csv", folder / "ships.csv")
    assert set(found(folder)) == {"no-rows"}
    assert "exists, expected a new or an empty folder" in run(folder, "--fix", tmp_path / "clean").stderr


def test_json_for_machines(folder, tmp_path):
    (folder / "images" / "b.jpg").unlink()
    assert run(folder, "--save", tmp_path / "f.json").exit_code == 1
    report = json.loads((tmp_path / "f.json").read_text())
    assert (report["errors"], report["warnings"], report["image_files"]) == (1, 0, 5)
    assert report["findings"] == [
        {
            "code": "no-file",
            "severity": "error",
            "image": "b.jpg",
            "line": 3,
            "text": "named in the rows, but there is no such file",
        }
    ]


def test_summary_shows_the_first_few(folder):
    for name in "abdf":
        (folder / "images" / f"{name}.jpg").write_bytes(b"x")
    output = run(folder).output
    assert "unreadable                  4  files that are not an image" in output
    assert "a.jpg: not an image that shipedge reads" in output
    assert "... and 1 more" in output
    assert "f.jpg" not in output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "cannot read nowhere: No such file or directory"),
        (["."], ". is not a dataset: expected a folder with images/ and ships.csv or train_v2/ and " + KAGGLE),
        (["x.csv", "--images", "nowhere"], "nowhere is not a folder of images"),
    ],
)
def test_bad_input_gets_one_sentence(tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.strip() == f"Error: {sentence}"


def test_needs_no_keras():
    code = (
        "import sys; from shipedge_train.data.verify import dataset, fix, summary\n"
        "print({'keras', 'tensorflow', 'matplotlib', 'jinja2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.shared
def test_the_real_images_are_good():
    if not AIRBUS.is_dir():
        pytest.skip(f"the real images are not at {AIRBUS}")
    assert found(AIRBUS) == {"ship-parts": ["0a0df8299.jpg"]}
