"""`shipedge data split` from a folder to splits.csv."""

import csv
import json
import re
import shutil

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from shipedge.airbus import write_airbus
from shipedge.cli import main
from shipedge.errors import DatasetError
from shipedge_train.data.split import store
from shipedge_train.data.split.groups import group
from shipedge_train.data.split.parts import COLUMNS, Shares, count_ships, deal
from shipedge_train.data.split.store import Store
from shipedge_train.dataset import Image

SHIPS = [("1 40 769 40",), ("1 10 769 10",), (), ("5000 20",), ("700 5",), ("9000 70",), ("9000 17",), ("1 2",)]


@pytest.fixture(scope="module")
def harbor(tmp_path_factory):
    """Nine images: four overlapping cuts of one scene (a chain), a copy under another name, the others alone."""
    folder = tmp_path_factory.mktemp("harbor")
    (folder / "images").mkdir()
    rng = np.random.default_rng(8)
    scene = cv2.GaussianBlur(rng.integers(0, 255, (1536, 1536, 3), dtype=np.uint8), (0, 0), 3)
    images = [scene[k * 256 : k * 256 + 768, k * 256 : k * 256 + 768] for k in range(4)]
    images += [cv2.GaussianBlur(rng.integers(0, 255, (768, 768, 3), dtype=np.uint8), (0, 0), 3) for _ in range(4)]
    for number, image in enumerate(images):
        name = folder / "images" / f"p{number}.jpg"
        cv2.imwrite(str(name), image, [cv2.IMWRITE_JPEG_QUALITY, 75 + 3 * number])
    shutil.copy(folder / "images" / "p7.jpg", folder / "images" / "q.jpg")
    rows = [(f"p{number}.jpg", ships) for number, ships in enumerate(SHIPS)]
    write_airbus(folder / "ships.csv", [*rows, ("q.jpg", ())])
    return folder


def run(*arguments):
    return CliRunner().invoke(main, ["data", "split", *map(str, arguments)])


def rows_of(path):
    with path.open(newline="") as file:
        return {row["ImageId"]: (row["Group"], row["Part"]) for row in csv.DictReader(file)}


def test_overlapping_images_and_copies_share_a_group(harbor, tmp_path):
    result = run(harbor, "--folds", 2, "--test-share", 0.2, "--out", tmp_path / "splits.csv")
    assert result.exit_code == 0, result.output
    rows = rows_of(tmp_path / "splits.csv")
    assert {rows[f"p{k}.jpg"] for k in range(4)} == {rows["p0.jpg"]}
    assert rows["p0.jpg"][0] == "p0.jpg"
    assert rows["q.jpg"] == rows["p7.jpg"]
    assert len({group for group, _ in rows.values()}) == 5
    assert {part for _, part in rows.values()} == {"fold0", "fold1", "test"}
    assert "1 copies" in result.stdout
    assert "5 groups, 2 of several images, the largest of 4 (p0.jpg)" in result.stdout


def test_the_same_images_and_seed_give_the_same_file(harbor, tmp_path):
    for name in ("one", "two"):
        assert run(harbor, "--folds", 2, "--out", tmp_path / f"{name}.csv", "--seed", 5).exit_code == 0
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_figures_for_machines(harbor, tmp_path):
    result = run(harbor, "--folds", 2, "--out", tmp_path / "splits.csv", "--json")
    found = json.loads(result.stdout)
    assert sum(part["images"] for part in found["parts"].values()) == 9
    assert sum(part["64 px and over"] for part in found["parts"].values()) == 1
    assert (found["groups"], found["copies"], found["overlapping_pairs"]) == (5, 1, 5)


def test_another_split_is_never_replaced(harbor, tmp_path):
    out = tmp_path / "splits.csv"
    out.write_text("ImageId,Group,Part\np0.jpg,p0.jpg,test\n")
    result = run(harbor, "--folds", 2, "--out", out)
    assert result.exit_code == 1
    assert "holds another split" in result.stderr
    assert out.read_text().count("\n") == 2


def test_scenes_that_the_pixels_contradict_are_kept_together_and_reported(harbor, tmp_path):
    folder = shutil.copytree(harbor, tmp_path / "data")
    (folder / "scenes.csv").write_text("ImageId,BigImageId\np0.jpg,A\np1.jpg,B\np4.jpg,A\nelsewhere.jpg,A\n")
    result = run(folder, "--folds", 2, "--test-share", 0)
    assert result.exit_code == 0, result.output
    assert "1 pairs of images overlap although scenes.csv calls them cuts of different scenes" in result.stderr
    rows = rows_of(folder / "splits.csv")
    assert rows["p0.jpg"] == rows["p1.jpg"] == rows["p4.jpg"]  # p4 only by name
    assert {part for _, part in rows.values()} == {"fold0", "fold1"}


def test_broken_images_are_named_and_nothing_is_written(harbor, tmp_path):
    folder = shutil.copytree(harbor, tmp_path / "data")
    for name in ("p4.jpg", "p6.jpg"):
        path = folder / "images" / name
        path.write_bytes(path.read_bytes()[:9000])
    result = run(folder)
    assert result.exit_code == 1
    assert "p4.jpg: the image is cut off (its end is missing) and 1 more images" in result.stderr
    assert not (folder / "splits.csv").exists()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("p0.jpg", ())], "has no ship in 1 images"),
        ([("p0.jpg", ("1 2",)), ("p4.jpg", ())], "fold. would have no ship: only 1 of 2 groups hold ships"),
        ([("absent.jpg", ())], r"absent\.jpg is missing"),
    ],
)
def test_data_that_cannot_be_split(harbor, tmp_path, rows, message):
    (tmp_path / "images").symlink_to(harbor / "images")
    write_airbus(tmp_path / "ships.csv", rows)
    result = run(tmp_path, "--folds", 2, "--test-share", 0)
    assert result.exit_code == 1
    assert not (tmp_path / "splits.csv").exists()

    assert re.search(message, result.stderr)


def test_a_stopped_run_goes_on_and_changed_images_are_seen(harbor, tmp_path, monkeypatch):
    folder = shutil.copytree(harbor, tmp_path / "data")
    paths = sorted((folder / "images").iterdir())
    signed = []
    monkeypatch.setattr(store, "sign", lambda quarter, real=store.sign: signed.append(1) or real(quarter))
    with Store(tmp_path / "s") as first:
        before = first.collect(paths[:5], 2)
    with (tmp_path / "s").open("ab") as file:
        file.write(b"torn record")
    with Store(tmp_path / "s") as second:
        everything = second.collect(paths, 2)
    assert len(signed) == len(paths)
    np.testing.assert_array_equal(everything.symbols[:5], before.symbols)
    shutil.copy(paths[1], paths[0])
    with Store(tmp_path / "s") as third:
        changed = third.collect(paths, 2)
    assert len(signed) == len(paths) + 1
    assert changed.digests[0] == changed.digests[1]
    (tmp_path / "s").write_bytes(b"something else")
    with Store(tmp_path / "s") as fourth:
        np.testing.assert_array_equal(fourth.collect(paths, 1).symbols, changed.symbols)


def test_wrong_sizes_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "small.jpg"), np.zeros((766, 768, 3), np.uint8))
    with (
        Store(tmp_path / "s") as opened,
        pytest.raises(DatasetError, match=r"small\.jpg is 768x766 pixels, expected 768x768"),
    ):
        opened.collect([tmp_path / "small.jpg"], 1)


def test_ships_are_counted_by_their_longer_side(tmp_path):
    images = [Image(tmp_path / "a.jpg", ("1 15", "1000 16", "3000 31 3768 31", "9001 64"), "a"),
                Image(tmp_path / "b.jpg", (), "b")]  # fmt: skip
    assert count_ships(images).tolist() == [[1, 0, 1, 2, 0, 1], [1, 1, 0, 0, 0, 0]]
    assert len(COLUMNS) == 6


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 6), st.sampled_from([0, 0.1, 0.3]), st.integers(0, 5), st.data())
def test_parts_get_their_shares(folds, test_share, seed, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    sizes = rng.integers(1, 8, 400)
    counts = np.stack([sizes, rng.binomial(sizes, 0.7), *rng.poisson(sizes / 3, (4, 400))], axis=1)
    names = [f"{k}.jpg" for k in range(400)]
    parts = deal(counts, names, Shares(folds, test_share, seed))
    assert deal(counts, names, Shares(folds, test_share, seed)) == parts
    for part in set(parts):
        share = test_share if part == "test" else (1 - test_share) / folds
        got = counts[[p == part for p in parts]].sum(axis=0) / counts.sum(axis=0)
        np.testing.assert_allclose(got, share, atol=0.02)


def test_groups_join_over_any_chain():
    overlaps = np.array([[0, 1, 0, 1], [1, 2, 0, 1]])
    found = group(overlaps, [b"a", b"b", b"c", b"d", b"d", b"e"], ["x", None, None, "x", None, None])
    assert found.of == [0, 0, 0, 0, 0, 1]
    assert (found.count, found.copies, found.strangers) == (2, 1, [])
