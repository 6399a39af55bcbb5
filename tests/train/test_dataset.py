import shutil

import cv2
import numpy as np
import pytest

from shipedge.errors import DatasetError, ImageError
from shipedge_train.dataset import Image, pick_evenly, read_dataset, split_by_scene


@pytest.fixture
def folder(made_dataset, tmp_path):
    return shutil.copytree(made_dataset, tmp_path / "copy")


def test_reads_images_with_their_masks(made_dataset):
    images = read_dataset(made_dataset)
    assert [p.path.name for p in images] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg"]
    mask = images[1].mask()
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 1}
    assert mask.sum() == 64 * 64 + 20 * 60
    assert images[1].pixels()[mask > 0].mean() > 200 > 60 > images[1].pixels()[mask == 0].mean()
    assert not images[2].mask().any()


def test_colors_are_rgb(tmp_path):
    red = np.zeros((768, 768, 3), np.uint8)
    red[..., 2] = 250
    cv2.imwrite(str(tmp_path / "red.jpg"), red)
    assert Image(tmp_path / "red.jpg", (), "red").pixels()[0, 0].tolist() == pytest.approx([250, 0, 0], abs=3)


def test_missing_image_is_named(folder):
    (folder / "images" / "b.jpg").unlink()
    with pytest.raises(DatasetError, match=r"b\.jpg is missing, but ships\.csv has rows for it"):
        read_dataset(folder)


def test_not_a_dataset(tmp_path):
    with pytest.raises(DatasetError, match=r"is not a dataset: expected a folder with images/ and ships\.csv"):
        read_dataset(tmp_path)


def test_truncated_image_is_refused(folder):
    path = folder / "images" / "a.jpg"
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(ImageError, match=r"a\.jpg: the image is cut off"):
        read_dataset(folder)[0].pixels()


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b"no image", "not an image"), (None, "cannot be read")]
)
def test_broken_image_is_refused(tmp_path, content, message):
    path = tmp_path / "x.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImageError, match=message):
        Image(path, (), "x").pixels()


def test_wrong_size_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "x.jpg"), np.zeros((10, 20, 3), np.uint8))
    with pytest.raises(ImageError, match=r"20x10 pixels, expected 768x768"):
        Image(tmp_path / "x.jpg", (), "x").pixels()


def many(tmp_path, count=400, per_scene=4):
    return [Image(tmp_path / f"{i}.jpg", ("1 1",) * (i % 2), f"scene{i // per_scene}") for i in range(count)]


def test_split_tears_no_scene_apart(tmp_path):
    train, validation = split_by_scene(many(tmp_path), 0.2)
    assert not {p.scene for p in train} & {p.scene for p in validation}
    assert len(train) + len(validation) == 400
    assert 0.1 < len(validation) / 400 < 0.3


def test_split_keeps_sides_when_images_are_added(tmp_path):
    before, _ = split_by_scene(many(tmp_path, 200), 0.2)
    after, _ = split_by_scene(many(tmp_path, 400), 0.2)
    assert set(before) <= set(after)


def test_split_without_ships_is_refused(tmp_path):
    images = [Image(tmp_path / f"{i}.jpg", (), str(i)) for i in range(50)]
    with pytest.raises(DatasetError, match="none with ships"):
        split_by_scene(images, 0.2)


def test_scenes_file_groups(folder):
    (folder / "scenes.csv").write_text("ImageId,BigImageId\na.jpg,7\nb.jpg,7\n")
    assert [p.scene for p in read_dataset(folder)] == ["7", "7", "c.jpg", "d.jpg", "e.jpg", "f.jpg"]


def test_bad_scenes_file(folder):
    (folder / "scenes.csv").write_text("Image,Scene\n")
    with pytest.raises(DatasetError, match="expected 'ImageId,BigImageId'"):
        read_dataset(folder)


def test_pick_evenly_spreads(tmp_path):
    images = many(tmp_path, 100)
    chosen = pick_evenly(images, 3)
    assert [p.path.stem for p in chosen] == ["0", "50", "99"]
    assert pick_evenly(images, 1000) == images
