import os

import numpy as np
import pytest

from shipedge.errors import DatasetError
from shipedge_train.dataset import SHAPE, Image, read_dataset
from shipedge_train.loader.cache import DiskCache, MemoryCache

BYTES = SHAPE[0] * SHAPE[1] * 3


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(b"first")
    return Image(path, (), "x")


@pytest.fixture
def pixels():
    return np.random.default_rng(1).integers(0, 255, (*SHAPE, 3), dtype=np.uint8)


def test_memory_keeps_what_fits(made_dataset):
    one, two = read_dataset(made_dataset)[:2]
    cache = MemoryCache(BYTES / 1e9)
    for image in (one, two):
        cache.keep(image, image.pixels())
    assert np.array_equal(cache.find(one), one.pixels())
    assert cache.find(two) is None


def test_disk_gives_back_what_it_got(tmp_path, image, pixels):
    cache = DiskCache(tmp_path / "cache", 1)
    assert cache.find(image) is None
    cache.keep(image, pixels)
    assert np.array_equal(cache.find(image), pixels)
    assert np.array_equal(DiskCache(tmp_path / "cache", 1).find(image), pixels)  # another run
    with pytest.raises(ValueError, match="read-only"):
        cache.find(image)[0, 0] = 0


def test_a_changed_image_is_not_taken_from_disk(tmp_path, image, pixels):
    cache = DiskCache(tmp_path / "cache", 1)
    cache.keep(image, pixels)
    image.path.write_bytes(b"second, longer")
    assert cache.find(image) is None
    cache.keep(image, pixels ^ 1)
    assert np.array_equal(cache.find(image), pixels ^ 1)
    assert len(list((tmp_path / "cache").iterdir())) == 1
    os.utime(image.path, ns=(1, 1))
    assert cache.find(image) is None


def test_disk_holds_no_more_than_it_may(tmp_path, pixels):
    cache = DiskCache(tmp_path / "cache", 2.5 * BYTES / 1e9)
    for name in "abcd":
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(b"x")
        cache.keep(Image(path, (), name), pixels)
    assert sum(f.stat().st_size for f in (tmp_path / "cache").iterdir()) == 2 * BYTES


def test_a_damaged_file_is_decoded_anew(tmp_path, image, pixels):
    DiskCache(tmp_path / "cache", 1).keep(image, pixels)
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(b"short")
    cache = DiskCache(tmp_path / "cache", 1)
    assert cache.find(image) is None
    cache.keep(image, pixels)
    assert np.array_equal(cache.find(image), pixels)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"cannot keep decoded images in .*file"):
        DiskCache(tmp_path / "file", 1)
