"""Outputs never destroy: an input, or a file of another kind, is refused unless --force says so."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from shipedge import rle
from shipedge.cli import main
from shipedge.errors import DatasetError
from shipedge.files.outputs import check_outputs

SHIPS = "ImageId,EncodedPixels\na.jpg,1 3\nb.jpg,\n"
JPEG = b"\xff\xd8\xff\xe0 a photograph"


def shipedge(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(done, *words):
    assert done.exit_code == 1, done.output
    assert done.output.startswith("Error: ")
    assert done.output.count("\n") == 1, done.output
    assert [word for word in words if word not in done.output] == []


@pytest.fixture
def ships(tmp_path):
    path = tmp_path / "ships.csv"
    path.write_text(SHIPS)
    return path


CONTENT = {
    "CSV of ships": [SHIPS.encode(), b'\xef\xbb\xbf"ImageId","EncodedPixels"\n', b"ImageId,Group,Part\n"],
    "JSON": [b"{}", b"[]", b'{\n "a": 1}', b"[1, 2]", b'{"source":"a.jpg"}\n', b"[true]"],
    "PNG": [rle.to_png(rle.parse("1 3", (9, 9)))],
    "JPEG": [JPEG],
    "MP4": [b"\0\0\0\x20ftypisom"],
    "HTML": [b"<!DOCTYPE html><p>", b"\n<!doctype html>"],
    None: [b"thesis", b"a,b\n1,2\n", b"#!/bin/sh\n", b"[tool.ruff]\nx = 1\n", b"{ return 1; }", b"<html>", b"\0" * 99],
}


@pytest.mark.parametrize("kind", [kind for kind in CONTENT if kind])
def test_only_files_of_the_same_kind_are_replaced(tmp_path, kind):
    path = tmp_path / "out"
    for other, contents in CONTENT.items():
        for content in contents:
            path.write_bytes(content)
            if other == kind:
                check_outputs({path: kind})
                continue
            with pytest.raises(DatasetError, match=f"out exists and is no {kind}"):
                check_outputs({path: kind})
            check_outputs({path: kind}, force=True)
    path.write_bytes(b"")
    check_outputs({path: kind})  # nothing to lose


def test_compressed_files_are_looked_into(tmp_path):
    path = tmp_path / "ships.csv.gz"
    for content, good in ((gzip.compress(SHIPS.encode()), True), (gzip.compress(b"thesis"), False), (b"PK\3\4", False)):
        path.write_bytes(content)
        if good:
            check_outputs({path: "CSV of ships"})
        else:
            with pytest.raises(DatasetError, match="is no CSV of ships"):
                check_outputs({path: "CSV of ships"})


@pytest.mark.parametrize("way", ["name", "dots", "hard link", "link", "link to the folder"])
def test_an_input_is_recognized_by_any_name(tmp_path, ships, way):
    out = {
        "name": ships,
        "dots": tmp_path / ".." / tmp_path.name / "ships.csv",
        "hard link": tmp_path / "hard.csv",
        "link": tmp_path / "link.csv",
        "link to the folder": tmp_path / "folder" / "ships.csv",
    }[way]
    if way == "hard link":
        os.link(ships, out)
    elif way == "link":
        out.symlink_to(ships)
    elif way == "link to the folder":
        out.parent.symlink_to(tmp_path)
    with pytest.raises(DatasetError, match="is an input"):
        check_outputs({out: "CSV of ships"}, [ships])
    check_outputs({out: "CSV of ships"}, [ships], force=True)


def test_a_new_image_in_a_folder_of_inputs_is_refused_a_table_is_not(tmp_path):
    check_outputs({tmp_path / "new.csv": "CSV of ships", tmp_path / "new.jsonl": "JSON"}, [tmp_path])
    for name in ("new.jpg", "new.PNG", "new.txt", "new.json"):
        with pytest.raises(DatasetError, match=f"{name} would be read as an input"):
            check_outputs({tmp_path / name: "CSV of ships"}, [tmp_path])


def test_a_file_name_forgotten_behind_an_option_costs_no_image(tmp_path, ships):
    """The shell's first match of `--csv images/*.jpg` is taken for the name of the CSV."""
    pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
    taken, source, new = (tmp_path / "images" / name for name in ("a.jpg", "b.jpg", "new.jpg"))
    taken.parent.mkdir()
    for path in (taken, source):
        path.write_bytes(JPEG)
    refused(shipedge("predict", source, "--csv", taken, "--out", tmp_path / "p"), "a.jpg", "is no CSV of ships")
    refused(shipedge("rle", "convert", ships, taken, "--to", "coco"), "a.jpg", "is no JSON")
    refused(shipedge("rle", "decode", "1 3", "--out", taken), "a.jpg", "is no PNG")
    refused(shipedge("evaluate", ships, ships, "--save", taken), "a.jpg", "is no JSON")
    refused(shipedge("predict", source, "--out", taken), "a.jpg")
    refused(shipedge("predict", new.parent, "--csv", new, "--out", tmp_path / "p"), "new.jpg would be read")
    assert taken.read_bytes() == source.read_bytes() == JPEG
    assert not new.exists()


def test_evaluate_keeps_its_inputs(tmp_path, ships):
    refused(shipedge("evaluate", ships, ships, "--save", ships), "ships.csv is an input")
    assert ships.read_text() == SHIPS
    found = tmp_path / "found"
    found.mkdir()
    lines = '{"source":"a.jpg","score":1,"ships":[]}\n{"source":"b.jpg","score":0,"ships":[]}\n'
    (found / "predictions.jsonl").write_text(lines)
    refused(shipedge("evaluate", found, ships, "--save", found / "predictions.jsonl"), "is an input")
    assert (found / "predictions.jsonl").read_text() == lines
    for _ in range(2):  # the same command again
        done = shipedge("evaluate", found, ships, "--save", found / "scores.json")
        assert done.exit_code == 0, done.output
    assert shipedge("evaluate", ships, ships, "--save", ships, "--force").exit_code == 0
    assert ships.read_text().startswith("{")


def test_convert_keeps_its_inputs_and_can_be_run_again(tmp_path, ships):
    refused(shipedge("rle", "convert", ships, ships), "ships.csv is an input")
    for _ in range(2):
        assert shipedge("rle", "convert", ships, tmp_path / "ships.json").exit_code == 0
    listing = tmp_path / "ships.json"
    refused(shipedge("rle", "convert", ships, listing, "--images", listing), "ships.json is an input")
    assert shipedge("rle", "convert", ships, ships, "--force").exit_code == 0
    assert ships.read_text() == SHIPS


@pytest.mark.parametrize("command", ["stats", "verify"])
def test_figures_of_a_dataset_do_not_replace_it(tmp_path, ships, command):
    pytest.importorskip("matplotlib", reason="needs the extra train")
    refused(shipedge("data", command, ships, "--save", ships), "ships.csv is an input")
    (tmp_path / "notes.md").write_text("notes")
    refused(shipedge("data", command, ships, "--save", tmp_path / "notes.md"), "notes.md exists and is no JSON")
    for _ in range(2):
        assert shipedge("data", command, ships, "--save", tmp_path / "out.json").exit_code == 0
    assert ships.read_text() == SHIPS


def test_annotated_copies_do_not_replace_the_images(tmp_path, image):
    photo = image(tmp_path / "annotated" / "a.jpg", 40, 40)
    before = photo.read_bytes()
    refused(shipedge("predict", photo, "--annotate", "--out", tmp_path), "a.jpg is an input")
    other = image(tmp_path / "annotated" / "b.png", 40, 40)
    done = shipedge("predict", tmp_path / "annotated", "--annotate", "--out", tmp_path)
    assert done.exit_code == 1
    other.rename(tmp_path / "b.png")
    (tmp_path / "annotated" / "b.jpg").write_bytes(b"thesis")
    refused(shipedge("predict", tmp_path / "b.png", "--annotate", "--out", tmp_path), "b.jpg exists and is no JPEG")
    assert photo.read_bytes() == before


def test_masks_do_not_lie_among_the_images(tmp_path, image, ships):
    image(tmp_path / "images" / "a.jpg", 40, 40)
    refused(shipedge("masks", ships, tmp_path / "images", "--images", tmp_path / "images"), "folder of the images")
    assert [entry.name for entry in (tmp_path / "images").iterdir()] == ["a.jpg"]


def test_two_outputs_are_two_files(tmp_path, image):
    """The CSV would be written first, and predictions.jsonl over it."""
    photo = image(tmp_path / "a.png", 40, 40)
    out = tmp_path / "found"
    for name in (out / "predictions.jsonl", tmp_path / "x" / ".." / "found" / "predictions.jsonl"):
        refused(shipedge("predict", photo, "--out", out, "--csv", name), "are the same file")
    refused(shipedge("predict", photo, "--out", out, "--csv", out / "annotated" / "a.jpg", "--annotate"), "the same")
    assert shipedge("predict", photo, "--out", out, "--csv", "").exit_code == 2  # the empty path is none
    assert not out.exists()


def test_a_table_may_lie_in_the_folder_that_is_made(tmp_path):
    check_outputs({tmp_path / "new" / "s.csv": "CSV of ships"}, made=tmp_path / "new")
    with pytest.raises(FileNotFoundError):
        check_outputs({tmp_path / "other" / "s.csv": "CSV of ships"}, made=tmp_path / "new")


def test_a_folder_and_a_missing_folder_are_named_before_the_work(tmp_path, ships):
    refused(shipedge("evaluate", ships, ships, "--save", tmp_path), "is a folder")
    refused(shipedge("evaluate", ships, ships, "--save", tmp_path / "none" / "x.json"), "no such folder")
    refused(shipedge("rle", "decode", "1 3", "--out", tmp_path / "none" / "x.png"), "no such folder")


def test_a_bundle_is_replaced_whole_but_nothing_else(tmp_path):
    convert = pytest.importorskip("shipedge_train.export.writer", reason="needs the extra train")
    errors = pytest.importorskip("shipedge.errors")
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "detector.tflite").write_bytes(b"x")
    convert.check_place(tmp_path)
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(errors.BundleError, match=r"holds thesis\.txt"):
        convert.check_place(tmp_path)
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(errors.BundleError, match="is there and is no bundle"):
            convert.check_place(Path(tmp_path / "pipe"))


def test_signatures_of_a_split_replace_no_other_file(tmp_path):
    store = pytest.importorskip("shipedge_train.data.split.store", reason="needs the extra train")
    path = tmp_path / "splits.signatures"
    path.write_bytes(np.arange(99, dtype=np.uint8).tobytes())
    with pytest.raises(DatasetError, match="holds no signatures"):
        store.check_place(path)
    path.write_bytes(b"")
    store.check_place(path)
