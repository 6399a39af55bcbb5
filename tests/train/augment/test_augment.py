"""A bright ship on a dark sea must stay under its mask through every transform."""

import numpy as np
import pytest

from shipedge_train.augment.geometry import sample_geometry
from shipedge_train.augment.light import relight
from shipedge_train.augment.sample import cutout, vary
from shipedge_train.augment.sensor import degrade
from shipedge_train.config import AugmentConfig

OFF = {
    "flips": False, "warp": 0.0, "shift": 0.0, "color": 0.0, "haze": 0.0, "gradient": 0.0, "blur": 0.0, "noise": 0.0,
    "jpeg": 0.0, "cutout": 0.0, "gray": 0.0,
}  # fmt: skip


def only(**parts):
    return AugmentConfig(**(OFF | parts))


@pytest.fixture
def scene():
    image = np.full((768, 768, 3), 30, np.uint8)
    mask = np.zeros((768, 768), np.uint8)
    mask[300:380, 350:390] = 1
    image[mask > 0] = (230, 200, 210)
    return image, mask


def overlap(image, mask):
    bright = image.astype(int).mean(axis=2) > 120
    return (bright & (mask > 0)).sum() / max((bright | (mask > 0)).sum(), 1)


@pytest.mark.parametrize("seed", range(25))
def test_geometry_moves_picture_and_mask_together(scene, seed):
    geometry = sample_geometry((340, 370), 256, only(flips=True, warp=1.0, shift=0.1), np.random.default_rng(seed))
    image, mask = geometry.image(scene[0]), geometry.mask(scene[1])
    assert image.shape == (256, 256, 3)
    assert mask.shape == (256, 256)
    assert mask.any()
    assert set(np.unique(mask)) <= {0, 1}
    assert overlap(image, mask) > 0.93


def test_everything_off_changes_nothing(scene):
    image, mask = vary(*scene, only(), np.random.default_rng(1))
    np.testing.assert_array_equal(mask, scene[1])
    assert np.abs(image.astype(int) - scene[0]).max() <= 2  # rounding in the color table


def test_photometric_parts_leave_the_mask_alone(scene):
    config = only(color=1.0, haze=1.0, gradient=1.0, blur=1.0, noise=1.0, jpeg=1.0)
    image, mask = vary(*scene, config, np.random.default_rng(2))
    np.testing.assert_array_equal(mask, scene[1])
    assert image.dtype == np.uint8
    assert (image != scene[0]).mean() > 0.5


@pytest.mark.parametrize("part", ["blur", "noise", "jpeg"])
@pytest.mark.parametrize("seed", range(4))
def test_each_sensor_part_changes_the_picture(scene, part, seed):
    image = degrade(scene[0], only(**{part: 1.0}), np.random.default_rng(seed))
    assert image.shape == scene[0].shape
    assert (image != scene[0]).any()


def test_gray_takes_the_color_away(scene):
    image = relight(scene[0], only(gray=1.0), np.random.default_rng(0)).astype(int)
    assert np.ptp(image, axis=2).max() <= 1


def test_cutout_erases_picture_and_mask():
    image, mask = np.full((64, 64, 3), 200, np.uint8), np.ones((64, 64), np.uint8)
    image[::2] = 0
    erased_image, erased = cutout(image, mask, np.random.default_rng(0))
    hole = erased == 0
    assert hole.any()
    assert len(np.unique(erased_image[hole])) == 1
    np.testing.assert_array_equal(erased_image[~hole], image[~hole])
    assert mask.all()  # the inputs are left alone


def test_same_generator_same_result(scene):
    one, two = (vary(*scene, AugmentConfig(), np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])
