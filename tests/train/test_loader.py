import shutil
import threading
from dataclasses import replace
from itertools import islice

import cv2
import numpy as np
import pytest

from shipedge.errors import ImageError
from shipedge_train.augment.sheet import NOTHING
from shipedge_train.config import AugmentConfig, DataConfig
from shipedge_train.dataset import Image, read_dataset, split_by_scene
from shipedge_train.loader import Loader, batches, presence_grid, whole_images


def make(folder, seed=3, augmentation=None, truth=np.asarray, **data):
    config = DataConfig(**({"crop": 64, "batch": 4, "workers": 2} | data))
    return Loader(read_dataset(folder), config, augmentation or AugmentConfig(), seed, truth)


def take(loader, count, first=0):
    made = loader.batches(first)
    try:
        return list(islice(made, count))
    finally:
        made.close()


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
    images, grids = take(make(made_dataset, truth=presence_grid, crop=128), 1)[0]
    assert images.shape == (4, 128, 128, 3)
    assert grids.shape == (4, 4, 4, 1)
    assert set(np.unique(grids)) <= {0.0, 0.5, 1.0}


def test_order_does_not_depend_on_workers_or_cache(made_dataset, tmp_path):
    one = take(make(made_dataset, workers=1, cache_gb=0.0), 6)
    assert same(one, take(make(made_dataset, workers=4, cache_gb=1.0), 6))
    for _ in ("fills", "uses"):
        assert same(one, take(make(made_dataset, workers=3, disk_cache=str(tmp_path / "cache")), 6))
    assert len(list((tmp_path / "cache").iterdir())) > 3
    assert not same(one, take(make(made_dataset, seed=4), 6))


def test_resumes_in_the_middle(made_dataset):
    assert same(take(make(made_dataset), 6)[4:], take(make(made_dataset), 2, first=4))


def test_masks_have_the_right_dtype_and_only_0_and_1(made_dataset):
    everything = AugmentConfig(warp=1.0, paste=1.0, cutout=1.0)
    for images, masks in take(make(made_dataset, augmentation=everything, crop=256), 6):
        assert images.dtype == np.uint8
        assert masks.dtype == np.float32
        assert set(np.unique(masks)) <= {0.0, 1.0}


def test_a_image_is_never_loaded_as_a_mask(made_dataset, tmp_path):
    """No file but images is ever opened, whatever lies beside them, and a mask is no function of its image."""
    folder = tmp_path / "set"
    shutil.copytree(made_dataset, folder)
    (folder / "masks").mkdir()
    for path in (folder / "images").iterdir():
        shutil.copy(path, folder / "masks" / path.name)
        cv2.imwrite(str(path), np.full((768, 768, 3), 200, np.uint8))
    plain = AugmentConfig(warp=0.0, cutout=0.0, paste=0.0)
    for (_, one), (_, two) in zip(
        take(make(folder, augmentation=plain), 5), take(make(made_dataset, augmentation=plain), 5), strict=True
    ):
        assert np.array_equal(one, two)


def test_no_augmentation_ever_sees_a_validation_sample(made_dataset, monkeypatch):
    """Held-back images are neither drawn nor cut for donors, and scoring varies nothing."""
    training, held_back = split_by_scene(read_dataset(made_dataset), 0.4)
    opened = []
    pixels = Image.pixels
    monkeypatch.setattr(Image, "pixels", lambda self, *rows: opened.append(self) or pixels(self, *rows))
    everything = AugmentConfig(warp=1.0, paste=1.0)
    take(Loader(training, DataConfig(crop=256, cache_gb=0.0), everything, 1), 6)
    assert set(opened) <= set(training)
    for function in ("vary", "sample_geometry"):
        monkeypatch.setattr(batches, function, None)  # a call would fail
    seen = np.concatenate([images for images, _ in whole_images(held_back)])
    np.testing.assert_array_equal(seen, [pixels(p) for p in held_back])


def test_ships_are_pasted_onto_empty_crops(made_dataset):
    options = {"ship_share": 0.0, "empty_share": 1.0, "crop": 256}
    plain = AugmentConfig(warp=0.0, cutout=0.0, paste=0.0)
    assert not any(masks.any() for _, masks in take(make(made_dataset, augmentation=plain, **options), 6))
    pasted = take(make(made_dataset, augmentation=replace(plain, paste=1.0), **options), 6)
    assert any(masks.any() for _, masks in pasted)


def test_hard_images_change_the_order(made_dataset):
    images, data = read_dataset(made_dataset), DataConfig(crop=64, batch=4, ship_share=0.0, empty_share=0.0)
    plain = take(Loader(images, data, AugmentConfig(), 3), 3)
    hard = Loader(images, data, AugmentConfig(), 3, weights={"d.jpg": 1e9})
    assert not same(plain, take(hard, 3))


def test_threads_end_with_the_iterator(made_dataset):
    before = threading.active_count()
    take(make(made_dataset, workers=3), 2)
    assert threading.active_count() == before


def test_ship_share(made_dataset):
    plain = AugmentConfig(warp=0.0, cutout=0.0, paste=0.0)
    always = take(make(made_dataset, ship_share=1.0, empty_share=0.0, crop=128, augmentation=plain), 4)
    assert all(mask.any() for _, masks in always for mask in masks)
    never = take(make(made_dataset, ship_share=0.0, empty_share=1.0, augmentation=plain), 4)
    assert not any(mask.any() for _, masks in never for mask in masks)


def test_mask_lies_on_the_ship(made_dataset):
    plain = replace(NOTHING, flips=True)
    for images, masks in take(make(made_dataset, ship_share=1.0, empty_share=0.0, augmentation=plain, crop=128), 3):
        bright = images.mean(axis=-1, keepdims=True) > 130
        assert (bright == (masks > 0)).mean() > 0.98


def test_several_crops_of_one_image(made_dataset):
    images, _ = take(make(made_dataset, crops_per_image=4, batch=6), 1)[0]
    assert images.shape[0] == 6


def test_unusable_image_stops_the_iterator_with_its_name(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"no image")
    loader = Loader([Image(tmp_path / "x.jpg", ("1 5",), "x")], DataConfig(crop=64), AugmentConfig(), 0)
    with pytest.raises(ImageError, match=r"x\.jpg: not an image"):
        take(loader, 1)


def test_presence_grid_counts_pixels_per_cell():
    mask = np.zeros((64, 96), np.uint8)
    mask[0, 0:8] = 1  # 8 pixels: a ship
    mask[40, 40:47] = 1  # 7 pixels: a graze
    assert presence_grid(mask).tolist() == [[1.0, 0.0, 0.0], [0.0, 0.5, 0.0]]


def test_whole_images_come_in_order(made_dataset):
    images = read_dataset(made_dataset)
    batches = list(whole_images(images, batch=4))
    assert [len(b[0]) for b in batches] == [4, 2]
    np.testing.assert_array_equal(np.concatenate([b[1] for b in batches]), [p.mask() for p in images])
