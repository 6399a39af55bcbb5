"""Kaggle's folder and its zip, as they were downloaded."""

import shutil
import zipfile

import pytest
from click.testing import CliRunner

from shipedge.cli import main
from shipedge.errors import DatasetError
from shipedge_train.dataset import find_layout, read_dataset
from shipedge_train.dataset.archive import read_archive, unpack

SHIPS = "train_ship_segmentations_v2.csv"


def run(*arguments):
    return CliRunner().invoke(main, ["data", *map(str, arguments)])


@pytest.fixture
def kaggle(made_dataset, tmp_path):
    """What the archive unpacks to: train_v2/, test_v2/ and two tables."""
    folder = tmp_path / "airbus-ship-detection"
    shutil.copytree(made_dataset / "images", folder / "train_v2")
    shutil.copy(made_dataset / "ships.csv", folder / SHIPS)
    (folder / "test_v2").mkdir()
    shutil.copy(made_dataset / "images" / "a.jpg", folder / "test_v2" / "t.jpg")
    (folder / "sample_submission_v2.csv").write_text("ImageId,EncodedPixels\nt.jpg,1 2\n")
    return folder


@pytest.fixture
def packed(kaggle):
    """The zip file, and nothing beside it."""
    path = kaggle.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for member in sorted(kaggle.rglob("*")):
            if member.is_file():
                file.write(member, member.relative_to(kaggle).as_posix())
        file.writestr("train_v2/../../evil.jpg", b"x")
        file.writestr("train_v2/sub/deep.jpg", b"x")
    shutil.rmtree(kaggle)
    return path


def summary(images):
    return [(image.path.name, image.path.read_bytes(), image.ships) for image in images]


def test_the_folder_is_the_same_dataset(kaggle, made_dataset):
    assert summary(read_dataset(kaggle)) == summary(read_dataset(made_dataset))
    assert find_layout(kaggle).images == kaggle / "train_v2"


@pytest.mark.parametrize("command", ["verify", "stats", "split"])
def test_every_command_takes_it(kaggle, command):
    done = run(command, kaggle, *(["--folds", "2", "--test-share", "0"] if command == "split" else []))
    assert done.exit_code == 0, done.stderr
    if command == "split":
        assert (kaggle / "splits.csv").is_file()


def test_a_folder_with_both_is_refused(kaggle, made_dataset):
    shutil.copytree(made_dataset / "images", kaggle / "images")
    shutil.copy(made_dataset / "ships.csv", kaggle)
    with pytest.raises(DatasetError, match=r"holds two datasets, expected images/ and ships\.csv or train_v2/ and"):
        read_dataset(kaggle)


def test_the_zip_is_unpacked_once(packed, made_dataset):
    folder = packed.with_suffix("")
    assert run("stats", packed).exit_code == 0
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        SHIPS,
        *(f"train_v2/{path.name}" for path in sorted((made_dataset / "images").iterdir())),
    ]
    assert summary(read_dataset(folder)) == summary(read_dataset(made_dataset))
    assert not (packed.parent / "evil.jpg").exists()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert run("stats", packed).exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_interrupted_unpacking_goes_on(packed):
    archive = read_archive(packed)

    def stop(_done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(archive, archive.missing(), stop)
    with pytest.raises(DatasetError, match="is not a dataset"):
        read_dataset(archive.folder)
    assert len(archive.missing()) == len(archive.members) - 1
    unpack(archive, archive.missing())
    assert archive.missing() == []
    assert len(read_dataset(archive.folder)) == 6


def test_a_damaged_member_and_other_files_are_one_sentence(packed, tmp_path):
    with zipfile.ZipFile(packed) as file:
        info = file.getinfo("train_v2/b.jpg")
    data = bytearray(packed.read_bytes())
    for place in range(info.header_offset + 200, info.header_offset + 260):
        data[place] ^= 0x55
    packed.write_bytes(data)
    done = run("stats", packed)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: {packed}: train_v2/b.jpg cannot be unpacked: ")
    (tmp_path / "no.zip").write_bytes(b"no zip")
    done = run("stats", tmp_path / "no.zip")
    assert (done.exit_code, done.stderr) == (
        1,
        f"Error: {tmp_path}/no.zip is no whole zip file: File is not a zip file\n",
    )
    with zipfile.ZipFile(tmp_path / "else.zip", "w") as file:
        file.writestr("readme.txt", "hello")
    assert "holds no dataset: expected images/ and ships.csv or train_v2/" in run("stats", tmp_path / "else.zip").stderr


def test_fix_makes_a_dataset_without_truncated_images_and_copies(kaggle, tmp_path):
    cut = (kaggle / "train_v2" / "b.jpg").read_bytes()[:9000]
    (kaggle / "train_v2" / "b.jpg").write_bytes(cut)
    shutil.copy(kaggle / "train_v2" / "c.jpg", kaggle / "train_v2" / "copy.jpg")
    with (kaggle / SHIPS).open("a") as file:
        file.write("copy.jpg,\n")
    assert run("verify", kaggle).exit_code == 1
    clean = tmp_path / "clean"
    done = run("verify", kaggle, "--fix", clean)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert [image.path.name for image in read_dataset(clean)] == ["a.jpg", "c.jpg", "d.jpg", "f.jpg"]
    reasons = (clean / "quarantine.csv").read_text()
    assert "copy.jpg,,same-file,the same file as c.jpg" in reasons  # e.jpg is another copy
    assert "b.jpg" in reasons
    assert (kaggle / "train_v2" / "b.jpg").read_bytes() == cut
