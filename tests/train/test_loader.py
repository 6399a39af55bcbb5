from itertools import islice

import numpy as np
import pytest

from shipedge.errors import DatasetError
from shipedge_train.config import AugmentConfig, DataConfig
from shipedge_train.dataset import Picture, read_dataset
from shipedge_train.loader import Loader, presence_grid, whole_pictures


def make(folder, kind="segmenter", seed=3, augmentation=None, **data):
    config = DataConfig(**({"crop": 64, "batch": 4, "workers": 2} | data))
    return Loader(read_dataset(folder), kind, config, augmentation or AugmentConfig(), seed)


def take(loader, count, first=0):
    batches = loader.batches(first)
    try:
        return list(islice(batches, count))
    finally:
        batches.close()


def same(one, two):
    return all(np.array_equal(a, b) for x, y in zip(one, two, strict=True) for a, b in zip(x, y, strict=True))


def test_segmenter_batches(made_dataset):
    images, masks = take(make(made_dataset), 1)[0]
    assert images.shape == (4, 64, 64, 3)
    assert images.dtype == np.uint8
    assert masks.shape == (4, 64, 64, 1)
    assert masks.dtype == np.float32
    assert set(np.unique(masks)) <= {0.0, 1.0}


def test_detector_batches(made_dataset):
    images, grids = take(make(made_dataset, "detector", crop=128), 1)[0]
    assert images.shape == (4, 128, 128, 3)
    assert grids.shape == (4, 4, 4, 1)
    assert set(np.unique(grids)) <= {0.0, 0.5, 1.0}


def test_order_does_not_depend_on_workers_or_cache(made_dataset):
    one = take(make(made_dataset, workers=1, cache_gb=0.0), 6)
    assert same(one, take(make(made_dataset, workers=4, cache_gb=1.0), 6))
    assert not same(one, take(make(made_dataset, seed=4), 6))


def test_resumes_in_the_middle(made_dataset):
    assert same(take(make(made_dataset), 6)[4:], take(make(made_dataset), 2, first=4))


def test_ship_share(made_dataset):
    plain = AugmentConfig(warp=0.0, cutout=0.0)
    always = take(make(made_dataset, ship_share=1.0, empty_share=0.0, crop=128, augmentation=plain), 4)
    assert all(mask.any() for _, masks in always for mask in masks)
    never = take(make(made_dataset, ship_share=0.0, empty_share=1.0), 4)
    assert not any(mask.any() for _, masks in never for mask in masks)


def test_mask_lies_on_the_ship(made_dataset):
    plain = AugmentConfig(warp=0.0, color=0.0, haze=0.0, gradient=0.0, blur=0.0, noise=0.0, cutout=0.0)
    for images, masks in take(make(made_dataset, ship_share=1.0, empty_share=0.0, augmentation=plain, crop=128), 3):
        bright = images.mean(axis=-1, keepdims=True) > 130
        assert (bright == (masks > 0)).mean() > 0.98


def test_several_crops_of_one_picture(made_dataset):
    images, _ = take(make(made_dataset, crops_per_picture=4, batch=6), 1)[0]
    assert images.shape[0] == 6


def test_unusable_picture_stops_the_iterator_with_its_name(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"no picture")
    loader = Loader([Picture(tmp_path / "x.jpg", ("1 5",), "x")], "segmenter", DataConfig(crop=64), AugmentConfig(), 0)
    with pytest.raises(DatasetError, match=r"x\.jpg cannot be decoded"):
        take(loader, 1)


def test_presence_grid_counts_pixels_per_cell():
    mask = np.zeros((64, 96), np.uint8)
    mask[0, 0:8] = 1  # 8 pixels: a ship
    mask[40, 40:47] = 1  # 7 pixels: a graze
    assert presence_grid(mask).tolist() == [[1.0, 0.0, 0.0], [0.0, 0.5, 0.0]]


def test_cache_keeps_what_fits(made_dataset):
    pictures = read_dataset(made_dataset)
    cache = Cache(768 * 768 * 3 / 1e9)
    first = cache.pixels(pictures[0])
    assert cache.pixels(pictures[0]) is first
    assert cache.pixels(pictures[1]) is not cache.pixels(pictures[1])


def test_whole_pictures_come_in_order(made_dataset):
    pictures = read_dataset(made_dataset)
    batches = list(whole_pictures(pictures, batch=4))
    assert [len(b[0]) for b in batches] == [4, 2]
    np.testing.assert_array_equal(np.concatenate([b[1] for b in batches]), [p.mask() for p in pictures])
