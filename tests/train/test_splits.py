"""What training makes of splits.csv: no leak gets through, and each is one sentence."""

import shutil

import pytest

from shipedge.errors import ConfigError, DatasetError
from shipedge.formats.splits import read_splits
from shipedge_train.config import DataConfig
from shipedge_train.dataset import read_dataset
from shipedge_train.dataset.splits import split_images, write_splits

ROWS = {"a.jpg": "fold0", "b.jpg": "fold1", "c.jpg": "fold1", "d.jpg": "test", "e.jpg": "fold0", "f.jpg": "fold2"}


@pytest.fixture
def folder(made_dataset, tmp_path):
    return shutil.copytree(made_dataset, tmp_path / "copy")


def write(folder, changes=(), group=None):
    parts = ROWS | dict(changes)
    lines = [f"{name},{(group or {}).get(name, name)},{part}" for name, part in parts.items() if part]
    (folder / "splits.csv").write_text("\n".join(["ImageId,Group,Part", *lines]) + "\n")


def names(images):
    return [p.path.name for p in images]


@pytest.mark.parametrize(("fold", "held"), [(0, ["a.jpg", "e.jpg"]), (1, ["b.jpg", "c.jpg"]), (2, ["f.jpg"])])
def test_one_fold_is_validated_on_and_the_others_train(folder, fold, held):
    write(folder)
    split = split_images(folder, read_dataset(folder), DataConfig(fold=fold))
    assert names(split.validation) == held
    assert set(names(split.training)) == set(ROWS) - set(held) - {"d.jpg"}
    assert split.record["fold"] == fold


def test_a_test_image_in_training(folder):
    """The test part is on neither side, whatever the fold; a group that is half in it is refused."""
    write(folder)
    for fold in range(3):
        split = split_images(folder, read_dataset(folder), DataConfig(fold=fold))
        assert "d.jpg" not in names([*split.training, *split.validation])
    write(folder, group={"d.jpg": "b.jpg"})
    with pytest.raises(DatasetError, match=r"line 5: group 'b.jpg' is in fold1 and in test: its images overlap"):
        split_images(folder, read_dataset(folder), DataConfig())


def test_overlapping_images_on_both_sides(folder):
    write(folder, group={"a.jpg": "b.jpg"})
    with pytest.raises(DatasetError, match=r"line 3: group 'b.jpg' is in fold0 and in fold1"):
        split_images(folder, read_dataset(folder), DataConfig())
    write(folder)
    (folder / "scenes.csv").write_text("ImageId,BigImageId\na.jpg,7\nf.jpg,7\n")
    with pytest.raises(DatasetError, match=r"scene '7' of scenes\.csv is in fold0 and in fold2"):
        split_images(folder, read_dataset(folder), DataConfig())


def test_an_unlucky_split(folder):
    write(folder, {"b.jpg": "fold0"})  # fold1 is c.jpg alone, which is empty
    with pytest.raises(DatasetError, match=r"the validation \(fold1\) side has 1 images and none with ships"):
        split_images(folder, read_dataset(folder), DataConfig(fold=1))
    everywhere = dict.fromkeys(ROWS, "fold0") | {"c.jpg": "fold1"}
    write(folder, everywhere)
    with pytest.raises(DatasetError, match="the training side has 1 images and none with ships"):
        split_images(folder, read_dataset(folder), DataConfig())


def test_a_image_without_a_part(folder):
    write(folder, {"b.jpg": None, "f.jpg": None})
    with pytest.raises(DatasetError, match=r"has no row for b\.jpg and 1 more: make it anew by"):
        split_images(folder, read_dataset(folder), DataConfig())


def test_rows_of_images_that_are_gone_do_no_harm(folder):
    write(folder, {"gone.jpg": "fold1"})
    assert len(split_images(folder, read_dataset(folder), DataConfig()).training) == 3


def test_a_fold_that_does_not_exist(folder):
    write(folder)
    with pytest.raises(ConfigError, match=r"data\.fold is 3, but .* has no fold3, only fold0, fold1, fold2"):
        split_images(folder, read_dataset(folder), DataConfig(fold=3))
    (folder / "splits.csv").unlink()
    with pytest.raises(ConfigError, match=r"data\.fold is 1, but .* has no splits\.csv"):
        split_images(folder, read_dataset(folder), DataConfig(fold=1))


def test_without_splits_csv_scenes_decide(folder):
    split = split_images(folder, read_dataset(folder), DataConfig(validation_share=0.4))
    assert {*names(split.training), *names(split.validation)} == set(ROWS)
    assert split.record == {"validation_share": 0.4}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "header is '', expected 'ImageId,Group,Part'"),
        (b"ImageId,Part\n", "header is 'ImageId,Part'"),
        (b"ImageId,Group,Part\na.jpg,a,train\n", "line 2: part is 'train', expected test or fold0, fold1"),
        (b"ImageId,Group,Part\na.jpg,a,fold01\n", "line 2: part is 'fold01'"),
        (b"ImageId,Group,Part\na.jpg,a,fold0\na.jpg,a,fold0\n", r"line 3: 'a\.jpg' is there twice"),
        (b"ImageId,Group,Part\na.jpg,,fold0\n", "line 2: found 'a.jpg,,fold0'"),
        (b"ImageId,Group,Part\na.jpg,fold0\n", "line 2: found 'a.jpg,fold0'"),
        (b"\xff\xfe", "is no CSV"),
    ],
)
def test_damaged_splits(tmp_path, content, message):
    (tmp_path / "splits.csv").write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        read_splits(tmp_path / "splits.csv")


def test_written_and_read_again(tmp_path):
    path = tmp_path / "splits.csv"
    write_splits(path, [("a.jpg", "a.jpg", "test"), ('odd,"name.jpg', "a.jpg", "test"), ("c.jpg", "c.jpg", "fold0")])
    assert read_splits(path) == {
        "a.jpg": ("a.jpg", "test"), 'odd,"name.jpg': ("a.jpg", "test"), "c.jpg": ("c.jpg", "fold0"),
    }  # fmt: skip
    with pytest.raises(DatasetError, match=r"cannot write .*absent"):
        write_splits(tmp_path / "absent" / "splits.csv", [])
