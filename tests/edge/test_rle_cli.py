"""`shipedge rle` as people use it: in pipes, with files, with mistakes."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from reference import read_png
from shipedge import rle
from shipedge.airbus import write_airbus
from shipedge.cli import main

cv2 = pytest.importorskip("cv2")


@pytest.fixture
def mask():
    rng = np.random.default_rng(3)
    return (rng.random((768, 768)) < 0.01).astype(np.uint8)


def run(*arguments, stdin=b"", code=0):
    """The program in a process of its own; returns what it wrote to standard output and error."""
    command = [sys.executable, "-m", "shipedge", "rle", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return done.stdout, done.stderr.decode()


def test_masks_through_pipes(tmp_path, mask):
    path = tmp_path / "m.png"
    path.write_bytes(rle.to_png(rle.Rle.from_mask(mask)))
    text, _ = run("encode", path)
    assert text.decode() == rle.encode(mask) + "\n"
    assert run("encode", "-", stdin=path.read_bytes())[0] == text
    png, _ = run("decode", "-", stdin=text)
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), 255 * mask)
    run("decode", "-", "--out", tmp_path / "again.png", stdin=text)
    assert (tmp_path / "again.png").read_bytes() == png


def test_row_major_texts(tmp_path):
    small = np.zeros((5, 9), np.uint8)
    small[1:3, 2:8] = 1
    path = tmp_path / "m.png"
    path.write_bytes(rle.to_png(rle.Rle.from_mask(small)))
    text, _ = run("encode", path, path, "--order", "C")
    assert text.decode() == "12 6 21 6\n12 6 21 6\n"
    png, _ = run("decode", "12 6 21 6", "--order", "C", "--shape", 5, 9)
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), 255 * small)


def test_lines_are_ships_of_one_mask():
    png, _ = run("decode", "-", "--shape", 4, 4, stdin=b"1 2\n\n7 1\n")
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.flatnonzero(pixels.T).tolist() == [0, 1, 6]
    assert run("info", "-", "--shape", 4, 4, "--json", stdin=b"1 2\n7 1\n")[0].count(b'"area"') == 2


def test_info_of_a_text():
    out, _ = run("info", "1 2 5 2 16 1", "--shape", 4, 4, "--json")
    assert json.loads(out) == {
        "shape": [4, 4],
        "runs": 3,
        "area": 5,
        "bbox": [0, 0, 4, 4],
        "centroid": [pytest.approx(1.0), pytest.approx(1.0)],
        "components": 2,
    }
    assert "centroid                      -" in run("info", "")[0].decode()


@pytest.fixture
def ships(tmp_path):
    path = tmp_path / "ships.csv"
    write_airbus(path, [("a.jpg", ["1 3 769 3", "770 1"]), ("b.jpg", []), ("c.jpg", ["5 5 2000 1"])])
    return path


def test_info_of_files(ships):
    out, _ = run("info", ships, "--json")
    found = json.loads(out)
    assert found["images"] == 3
    assert found["images_without_ships"] == found["ships_of_several_parts"] == 1
    assert found["images_with_overlapping_ships"] == 1
    assert found["area"] == {"min": 1, "p5": 1.5, "median": 6, "p95": 6, "max": 6, "sum": 13}
    assert run("info", "-", "--json", stdin=ships.read_bytes())[0] == out
    coco, _ = run("convert", ships, "-", "--to", "coco")
    assert run("info", "-", "--json", stdin=coco)[0] == out
    assert "images without ships          1" in run("info", ships)[0].decode()


def test_convert_round_and_says_what_is_lost(ships, tmp_path):
    out, err = run("convert", ships, tmp_path / "x.json")
    assert out.decode() == f"3 images with 3 ships: {ships} (airbus) -> {tmp_path / 'x.json'} (coco)\n"
    assert err == ""
    _, err = run("convert", tmp_path / "x.json", tmp_path / "masks", "--to", "png")
    assert "overlap or have several parts in 2 images" in err
    run("convert", tmp_path / "x.json", tmp_path / "yolo", "--to", "yolo")
    run("convert", tmp_path / "yolo", tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == ships.read_bytes()
    out, err = run("convert", "-", "-", "--from", "coco", "--to", "airbus", stdin=(tmp_path / "x.json").read_bytes())
    assert out == ships.read_bytes()
    assert err.startswith("3 images with 3 ships")


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (["decode", "1 3 2 5"], b"", "Error: run 2 starts at 2, expected 4 or later"),
        (["decode", "-"], b"1 3\n1 x", "Error: stdin: line 2: character 3 is 'x', expected a digit or a space"),
        (["decode", "-"], b"1 \xff", "Error: stdin: line 1: text holds characters that are not ASCII"),
        (["info", "1 3 2 5"], b"", "Error: run 2 starts at 2"),
        (["info", "-"], b"1 3 2 5", "Error: stdin: line 1: run 2 starts at 2"),
        (["info", "-"], b"{", "Error: stdin is not JSON"),
        (["info", "absent.csv"], b"", "Error: cannot read absent.csv: No such file or directory"),
        (["info", "absent"], b"", "Error: absent does not exist"),
        (["encode", "absent.png"], b"", "Error: absent.png: cannot be read: No such file"),
        (["encode", "-"], b"no png", "Error: stdin: not an image that shipedge reads"),
        (["encode", "/dev/zero"], b"", "Error: /dev/zero: is a pipe, socket or device"),
        (["convert", "absent.csv", "x.json"], b"", "Error: cannot read absent.csv"),
        (["convert", "-", "-", "--from", "airbus", "--to", "coco"], b"a,b\n", "Error: stdin: line 1: header is 'a,b'"),
        (["convert", "absent", "x.json", "--from", "yolo"], b"", "Error: absent is not a folder"),
        (["convert", "absent", "x"], b"", "Error: absent does not exist"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, monkeypatch, arguments, stdin, sentence):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["rle", *arguments], input=stdin)
    assert done.exit_code == 1
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["convert", "-", "x.json"], "say the format of standard input: --from airbus or coco"),
        (["convert", "x.csv", "-", "--to", "yolo"], "say the format of standard output: --to airbus or coco"),
        (
            ["convert", "x.csv", "x.json", "--images", "d", "--shape", "3", "3"],
            "--images and --shape exclude each other",
        ),
        (["decode", "1 1", "--shape", "0", "5"], "0 is not in the range 1<=x<=65535"),
        (["decode", "1 1", "--order", "X"], "'X' is not one of 'F', 'C'"),
    ],
)
def test_wrong_use_is_said(arguments, sentence):
    done = CliRunner().invoke(main, ["rle", *arguments])
    assert done.exit_code == 2
    assert sentence in done.stderr


@pytest.mark.parametrize("name", ["encode", "decode", "convert", "info", "detect-order"])
def test_help_has_examples(name):
    done = CliRunner().invoke(main, ["rle", name, "--help"])
    assert f"  shipedge rle {name} " in done.stdout.partition("Examples:")[2]


def test_a_closed_pipe_is_no_error_message(ships):
    command = f"{sys.executable} -m shipedge rle convert {ships} - --to coco | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr


def test_a_coco_file_with_overlaps_becomes_label_maps_by_a_rule(tmp_path):
    source, target = tmp_path / "a.json", tmp_path / "labels"
    squares = [[0, 0, 3, 0, 3, 3, 0, 3], [2, 2, 4, 2, 4, 4, 2, 4]]
    source.write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "a.jpg", "height": 4, "width": 5}],
                "annotations": [
                    {"id": k, "image_id": 1, "category_id": 1, "segmentation": [square]}
                    for k, square in enumerate(squares)
                ],
                "categories": [{"id": 1, "name": "ship"}],
            }
        )
    )
    refused = CliRunner().invoke(main, ["rle", "convert", str(source), str(target), "--to", "labels"])
    assert refused.exit_code == 1
    assert "ships 1 and 2 overlap, a label map cannot hold both: overlap (--overlap) first, last" in refused.stderr
    assert not target.exists()
    for rule, whose in (("first", 1), ("last", 2), ("larger", 1)):
        folder = tmp_path / rule
        done = CliRunner().invoke(
            main, ["rle", "convert", str(source), str(folder), "--to", "labels", "--overlap", rule]
        )
        assert done.exit_code == 0, done.output
        labels = read_png((folder / "a.png").read_bytes())
        assert labels.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 0, 0], [1, 1, whose, 2, 0], [0, 0, 2, 2, 0]]
