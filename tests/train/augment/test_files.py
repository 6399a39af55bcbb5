"""`shipedge data augment`: files with rows for each, nothing leaks, resumable, originals untouched."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from shipedge import cli, rle
from shipedge.airbus import read_airbus
from shipedge_train.augment.copies import copy_of
from shipedge_train.augment.files import JOURNAL
from shipedge_train.augment.sheet import NOTHING
from shipedge_train.config import AugmentConfig
from shipedge_train.dataset import Image, read_dataset

PLAIN = (
    "[augment]\nflips = false\nwarp = 0.0\nshift = 0.0\npaste = 0.0\nlight = 0.0\ncolor = 0.0\ngray = 0.0\n"
    + "".join(f"{part} = 0.0\n" for part in ("gradient", "glint", "haze", "bleed", "blur", "noise", "jpeg", "cutout"))
)
PARTS = {"a.jpg": "fold1", "b.jpg": "fold1", "c.jpg": "fold1", "d.jpg": "fold0", "e.jpg": "test", "f.jpg": "test"}


@pytest.fixture
def dataset(made_dataset, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(made_dataset, folder)
    return folder


@pytest.fixture
def with_splits(dataset):
    rows = "".join(f"{name},group-{name[0]},{part}\n" for name, part in PARTS.items())
    (dataset / "splits.csv").write_text("ImageId,Group,Part\n" + rows)
    return dataset


def run(*arguments):
    return CliRunner().invoke(cli.main, ["data", "augment", *map(str, arguments)], prog_name="shipedge")


def good(*arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result


def snapshot(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def table(path):
    with path.open(newline="") as file:
        return {row[0]: tuple(row[1:]) for row in list(csv.reader(file))[1:]}


def test_every_copy_has_its_rows_and_its_ships(dataset, tmp_path):
    before = snapshot(dataset)
    good(dataset, tmp_path / "out", "--copies", 3, "--seed", 5, "--all")
    copies = read_dataset(tmp_path / "out")
    assert [p.path.name for p in copies] == [f"{name}-a{k}.jpg" for name in "abcdef" for k in range(3)]
    assert snapshot(dataset) == before
    found = 0
    for image in copies:
        pixels = image.pixels().astype(int).mean(axis=2)
        masks = [rle.decode(ship) for ship in image.ships]
        assert not masks or np.sum(masks, axis=0, dtype=int).max() == 1
        for mask in masks:
            ring = cv2.dilate(mask, np.ones((9, 9), np.uint8)) - cv2.dilate(mask, np.ones((5, 5), np.uint8))
            if mask.sum() > 100:
                found += 1
                assert pixels[mask > 0].mean() > pixels[ring > 0].mean() + 15, image.path.name
    assert found > 10


def test_with_everything_off_a_copy_is_its_original(dataset, tmp_path):
    (tmp_path / "plain.toml").write_text(PLAIN)
    good(dataset, tmp_path / "out", "--config", tmp_path / "plain.toml", "--all")
    originals = {p.path.stem: p for p in read_dataset(dataset)}
    for image in read_dataset(tmp_path / "out"):
        original = originals[image.path.stem.removesuffix("-a0")]
        assert image.ships == original.ships
        assert np.abs(image.pixels().astype(int) - original.pixels()).mean() < 8  # written as JPEG once more


def test_held_out_images_are_not_copied_and_parts_stay_apart(with_splits, tmp_path):
    result = good(with_splits, tmp_path / "out", "--copies", 2)
    assert "3 held out, not copied" in result.output
    names = set(read_airbus(tmp_path / "out" / "ships.csv"))
    assert names == {f"{name}-a{k}.jpg" for name in "abc" for k in range(2)}
    assert table(tmp_path / "out" / "splits.csv") == {name: (f"group-{name[0]}", "fold1") for name in names}
    assert table(tmp_path / "out" / "scenes.csv") == {name: (f"{name[0]}.jpg",) for name in names}


def test_another_fold_can_be_the_validation_fold(with_splits, tmp_path):
    good(with_splits, tmp_path / "out", "--fold", 1)
    assert set(read_airbus(tmp_path / "out" / "ships.csv")) == {"d-a0.jpg"}


def test_all_parts_only_when_asked(with_splits, tmp_path):
    good(with_splits, tmp_path / "out", "--all")
    parts = {name[0]: part for name, (_, part) in table(tmp_path / "out" / "splits.csv").items()}
    assert parts == {name[0]: part for name, part in PARTS.items()}


def test_no_ship_is_pasted_into_another_part(made_dataset, monkeypatch):
    """Donors of a copy are images of its own part: what is validated on never shows up in training."""
    import shipedge_train.augment.files as files
    from shipedge_train.dataset.splits import Member

    seen = {}

    def spy(image, donors, config, seed, number):
        seen[image.path.name] = {donor.path.name for donor in donors}
        return copy_of(image, (), NOTHING, seed, number)

    monkeypatch.setattr(files, "copy_of", spy)
    origins = [Member(p, "g", PARTS[p.path.name], held_out=False) for p in read_dataset(made_dataset)]
    out = made_dataset.parent / "parts"
    files.write_copies(origins, out, files.Copies(0, AugmentConfig()), 1)
    shutil.rmtree(out)
    assert seen == {
        "a.jpg": {"a.jpg", "b.jpg"}, "b.jpg": {"a.jpg", "b.jpg"}, "c.jpg": {"a.jpg", "b.jpg"},
        "d.jpg": {"d.jpg"}, "e.jpg": {"f.jpg"}, "f.jpg": {"f.jpg"},
    }  # fmt: skip


def test_without_splits_the_validation_side_of_training_is_held_out(dataset, tmp_path):
    from shipedge_train.dataset import split_by_scene

    (tmp_path / "c.toml").write_text("[data]\nvalidation_share = 0.4\n")
    good(dataset, tmp_path / "out", "--config", tmp_path / "c.toml")
    training, validation = split_by_scene(read_dataset(dataset), 0.4)
    copies = read_dataset(tmp_path / "out")
    assert {p.scene for p in copies} == {p.scene for p in training}
    assert not {p.scene for p in copies} & {p.scene for p in validation}
    assert not (tmp_path / "out" / "splits.csv").exists()


def test_copies_depend_on_seed_and_name_alone(dataset, tmp_path):
    good(dataset, tmp_path / "one", "--copies", 2, "--all", "--workers", 1)
    good(dataset, tmp_path / "two", "--copies", 2, "--all", "--workers", 3)
    good(dataset, tmp_path / "other", "--copies", 2, "--all", "--seed", 1)
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")
    assert snapshot(tmp_path / "one") != snapshot(tmp_path / "other")


def test_a_stopped_run_goes_on_and_a_larger_one_adds(dataset, tmp_path):
    good(dataset, tmp_path / "whole", "--copies", 2, "--all")
    good(dataset, tmp_path / "out", "--copies", 1, "--all")
    images = tmp_path / "out" / "images"
    (images / "c-a0.jpg").unlink()
    (images / ".x.jpg.77.tmp").write_bytes(b"cut")
    with (tmp_path / "out" / JOURNAL).open("a") as journal:
        journal.write('7\n["../../ships-a0.jpg", ["1 1"]]\n["d-a1.jpg", ["1 ')  # killed within the line
    kept = (images / "a-a0.jpg").stat().st_mtime_ns
    good(dataset, tmp_path / "out", "--copies", 2, "--all")
    assert (images / "a-a0.jpg").stat().st_mtime_ns == kept
    whole, resumed = snapshot(tmp_path / "whole"), snapshot(tmp_path / "out")
    assert {k: v for k, v in whole.items() if k != JOURNAL} == {k: v for k, v in resumed.items() if k != JOURNAL}
    good(dataset, tmp_path / "out", "--copies", 1, "--all")  # fewer than there are: all of them stay
    assert snapshot(tmp_path / "out")["ships.csv"] == whole["ships.csv"]


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT for a single process there")
def test_ctrl_c_leaves_only_whole_files(dataset, tmp_path):
    command = [sys.executable, "-m", "shipedge", "data", "augment", str(dataset), str(tmp_path / "out")]
    process = subprocess.Popen([*command, "--copies", "400", "--all"], stderr=subprocess.PIPE)
    images = tmp_path / "out" / "images"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (images.is_dir() and len(list(images.iterdir())) > 3):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert not (tmp_path / "out" / "ships.csv").exists()
    assert all(Image(path, (), "").pixels() is not None for path in images.iterdir())


@pytest.mark.parametrize(
    ("prepare", "arguments", "sentence"),
    [
        (lambda d, o: (d / "ships.csv").unlink(), [], "is not a dataset"),
        (lambda d, o: (d / "images" / "a.jpg").write_bytes(b"\xff\xd8 cut"), [], "the JPEG file ends before its size"),
        (lambda d, o: (d / "ships.csv").write_text("ImageId,EncodedPixels\na.jpg,1 2 x\n"), [], "a.jpg in ships.csv:"),
        (lambda d, o: (d / "splits.csv").write_text("ImageId,Part\n"), [], "header is 'ImageId,Part', expected"),
        (lambda d, o: (d / "splits.csv").write_text("ImageId,Group,Part\na.jpg,g\n"), [], "line 2: found 'a.jpg,g',"),
        (lambda d, o: (d / "splits.csv").write_text("ImageId,Group,Part\na.jpg,g,fold0\n"), [], "has no row for b.jpg"),
        (lambda d, o: (d / "splits.csv").write_text("ImageId,Group,Part\n" + "a.jpg,g,fold0\n" * 2), [], "there twice"),
        (lambda d, o: None, ["--fold", "3"], "splits.csv is missing, so there is no fold 3"),
        (lambda d, o: (o.mkdir(), (o / "mine").touch()), [], "expected a new or empty folder"),
        (lambda d, o: o.write_text("x"), [], "is a file"),
    ],
    ids=["no csv", "cut image", "bad row", "header", "row", "missing", "twice", "fold", "other folder", "file"],
)  # fmt: skip
def test_mistakes_are_one_sentence(dataset, tmp_path, prepare, arguments, sentence):
    prepare(dataset, tmp_path / "out")
    result = run(dataset, tmp_path / "out", "--all", *arguments)
    assert result.exit_code in (1, 2), result.output
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)


def test_folders_of_other_settings_are_refused(dataset, tmp_path):
    good(dataset, tmp_path / "out", "--all")
    assert "made with another seed: choose" in run(dataset, tmp_path / "out", "--all", "--seed", 2).output
    (tmp_path / "c.toml").write_text("[augment]\nblur = 0.9\n")
    assert "another blur: choose" in run(dataset, tmp_path / "out", "--all", "--config", tmp_path / "c.toml").output
    assert "say where the copies go" in run(dataset).output


def test_all_held_out_is_said(with_splits, tmp_path):
    (with_splits / "splits.csv").write_text("ImageId,Group,Part\n" + "".join(f"{n},g,fold0\n" for n in PARTS))
    assert "all 6 images" in run(with_splits, tmp_path / "out").output
    assert "has no fold7, only fold0" in run(with_splits, tmp_path / "out", "--fold", 7).output


def test_names_that_would_collide_are_refused(dataset, tmp_path):
    shutil.copy(dataset / "images" / "a.jpg", dataset / "images" / "a.jpeg")
    with (dataset / "ships.csv").open("a") as file:
        file.write("a.jpeg,\n")
    assert (
        "a.jpeg and a.jpg would have copies of the same name a-a0.jpg" in run(dataset, tmp_path / "out", "--all").output
    )


def test_mirrored_ships_are_ships_of_their_own(made_dataset):
    """A ship whose reflection is seen beyond the border is two objects; one that has two parts stays one."""
    mask = np.zeros((768, 768), np.uint8)
    mask[300:320, 740:750] = mask[330:340, 740:745] = 1
    image = Image(made_dataset / "images" / "c.jpg", (rle.encode(mask),), "c")
    config = AugmentConfig(**dict.fromkeys(("paste", "cutout", "jpeg"), 0.0), warp=1.0, scale=1.0)
    rows, parts = set(), set()
    for number in range(16):
        _, ships = copy_of(image, (), config, 0, number)
        rows.add(len(ships))
        parts |= {len(rle.components(rle.parse(ship))) for ship in ships}
        masks = [rle.decode(ship) for ship in ships]
        assert not masks or np.sum(masks, axis=0, dtype=int).max() == 1
    assert {1, 2} <= rows
    assert max(parts) == 2


def test_a_sheet_shows_every_part(dataset, tmp_path):
    result = good(dataset, "--sheet", tmp_path / "sheet.png", "--all")
    assert "each part by itself" in result.output
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    rows = sheet.reshape(-1, 160, sheet.shape[1], 3)
    assert len(rows) == 1 + 14 + 3  # as it is, the parts that are on, three times all together
    tiles = rows[:, :, 84:]
    changed = [(tiles[k] != tiles[0]).mean() > 0.001 for k in range(1, len(rows))]
    assert all(changed)
    assert "expected .png or .jpg" in run(dataset, "--sheet", tmp_path / "sheet.txt", "--all").output


def test_every_part_is_timed(dataset, monkeypatch):
    import augment_table as timing
    from shipedge_train.augment.sheet import switches

    monkeypatch.setattr(timing, "_ROUNDS", 2)
    times = timing.time_parts(dataset)
    assert set(times) == {"nothing", *switches(NOTHING), "defaults", "everything"}
    assert all(milliseconds > 0 for milliseconds in times.values())


def test_files_and_sheet_need_no_training_library():
    code = (
        "import sys, shipedge_train.augment.files, shipedge_train.augment.sheet\n"
        "print('LOADED', *sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["LOADED"]


def test_help_loads_neither_numpy_nor_opencv():
    code = (
        "import sys; from shipedge.cli import main\n"
        "try: main(['data', 'augment', '--help'])\n"
        "except SystemExit as end: assert not end.code\n"
        "print('LOADED', *sorted({'numpy', 'cv2', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED"
    assert "  shipedge data augment data data-augmented" in done.stdout
