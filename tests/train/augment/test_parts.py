"""Light, air, sensor and cut-out: each changes the image, none of them moves the mask."""

import numpy as np
import pytest

from shipedge.errors import DatasetError
from shipedge_train.augment import fields
from shipedge_train.augment.air import glint, haze
from shipedge_train.augment.light import relight, shade
from shipedge_train.augment.sample import cutout, fade, vary
from shipedge_train.augment.sensor import add_noise, bleed, blur, recompress
from shipedge_train.augment.sheet import NOTHING, switches
from shipedge_train.config import AugmentConfig

PARTS = ["fade", "light", "color", "gray", "gradient", "glint", "haze", "bleed", "blur", "noise", "jpeg", "cutout"]


def only(**parts):
    return AugmentConfig(**(switches(NOTHING) | parts))


@pytest.fixture
def scene():
    """A reddish ship on a sea with waves."""
    image = np.random.default_rng(0).normal((20, 50, 70), 8, (96, 128, 3)).clip(0, 255).astype(np.uint8)
    mask = np.zeros((96, 128), np.uint8)
    mask[30:50, 35:90] = 1
    image[mask > 0] = (190, 120, 110)
    return image, mask


def test_everything_off_changes_nothing(scene):
    image, mask = vary(*scene, NOTHING, np.random.default_rng(1))
    assert image is scene[0]
    assert mask is scene[1]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("seed", range(4))
def test_each_part_changes_the_image_and_leaves_its_input_alone(scene, part, seed):
    before = scene[0].copy(), scene[1].copy()
    image, mask = vary(*scene, only(**{part: 1.0}), np.random.default_rng(seed))
    assert image.shape == scene[0].shape
    assert image.dtype == np.uint8
    assert (image != scene[0]).any()
    np.testing.assert_array_equal(scene[0], before[0])
    np.testing.assert_array_equal(scene[1], before[1])
    if part != "cutout":
        np.testing.assert_array_equal(mask, scene[1])


@pytest.mark.parametrize("seed", range(12))
def test_the_ship_is_still_under_its_mask_when_all_is_varied(scene, seed):
    """Whatever light and air do, the ship's edge stays where the mask says: the strongest step of the image."""
    parts = dict.fromkeys([p for p in PARTS if p not in ("fade", "gray", "cutout")], 1.0)
    image, mask = vary(*scene, only(**parts), np.random.default_rng(seed))
    level = image.astype(float).mean(axis=2)
    ship, sea = level[34:46, 39:86].mean(), level[mask == 0]
    assert ship > sea.mean() + 8
    middle = (ship + np.median(sea[:2000])) / 2
    over = level > middle
    assert (over & (mask > 0)).sum() / (mask > 0).sum() > 0.8


def test_the_mask_stays_binary_in_all_parts_together(scene):
    rng = np.random.default_rng(3)
    for _ in range(20):
        _, mask = vary(*scene, only(**dict.fromkeys(PARTS, 1.0)), rng)
        assert mask.dtype == np.uint8
        assert set(np.unique(mask)) <= {0, 1}


def test_same_generator_same_result(scene):
    one, two = (vary(*scene, AugmentConfig(), np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


def test_cutout_erases_image_and_mask(scene):
    image = np.full((64, 64, 3), 200, np.uint8)
    image[::2] = 0
    erased_image, erased = cutout(image, np.ones((64, 64), np.uint8), np.random.default_rng(0))
    hole = erased == 0
    assert hole.any()
    assert len(np.unique(erased_image[hole])) == 1
    np.testing.assert_array_equal(erased_image[~hole], image[~hole])


def test_a_faded_ship_comes_nearer_to_its_water_and_stays_visible(scene):
    image, mask = scene
    water = np.median(image[mask == 0], axis=0)
    waves = np.median(np.abs(image[mask == 0] - water).max(axis=1))
    inside, far = mask > 0, np.ones(mask.shape, bool)
    inside[:34] = inside[46:] = inside[:, :39] = inside[:, 86:] = False
    far[20:60, 25:100] = False
    for seed in range(12):
        faded = fade(image, mask, np.random.default_rng(seed))
        np.testing.assert_array_equal(faded[far], image[far])
        before, after = (np.abs(one[inside] - water).max(axis=1).mean() for one in (image, faded))
        assert 8 + waves < after < 0.95 * before
    faint = image.copy()
    faint[mask > 0] = water + 9
    assert fade(faint, mask, np.random.default_rng(0)) is faint
    assert fade(image, np.zeros_like(mask), np.random.default_rng(0)) is image
    assert fade(image, np.ones_like(mask), np.random.default_rng(0)) is image  # no water to be seen


def test_gray_takes_the_color_away(scene):
    image = relight(scene[0], only(gray=1.0), np.random.default_rng(0)).astype(int)
    assert np.ptp(image, axis=2).max() <= 1
    assert abs(image.mean() - scene[0].mean()) < 1


def test_a_turn_of_the_hue_keeps_grey_grey():
    image = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    turned = [relight(image, only(color=1.0), np.random.default_rng(k)).astype(float) for k in range(200)]
    np.testing.assert_allclose(np.median(turned, axis=0), image, atol=6)  # gains alone act on grey
    for one in turned:
        gains = one[8, 8] / image[8, 8]
        np.testing.assert_allclose(one[4, 4], np.clip(image[4, 4] * gains, 0, 255), atol=2)


def test_light_turns_about_the_images_own_level():
    dark = np.random.default_rng(0).integers(10, 30, (64, 64, 3), dtype=np.uint8)
    levels = [relight(dark, only(light=1.0), np.random.default_rng(k)).mean() for k in range(200)]
    assert 10 < np.median(levels) < 30
    assert max(levels) < 90


def test_blur_takes_detail_away_noise_brings_it_jpeg_makes_blocks(scene):
    def detail(image):
        return np.abs(np.diff(image.astype(float), axis=1)).mean()

    sea = scene[0][60:, :]
    assert all(detail(blur(sea, np.random.default_rng(k))) < detail(sea) for k in range(8))
    flat = np.full((64, 64, 3), 100, np.uint8)
    noisy = [add_noise(flat, np.random.default_rng(k)) for k in range(40)]
    assert all(1 <= image.std() < 10 for image in noisy)
    assert all(abs(image.mean() - 100) < 0.6 for image in noisy)
    same = [np.ptp(image.astype(int), axis=2).max() == 0 for image in noisy]
    assert 5 < sum(same) < 35  # the same in all channels, or in each its own
    small = recompress(sea, np.random.default_rng(0))
    assert small.shape == sea.shape
    assert np.abs(small.astype(int) - sea).mean() < 12
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    assert recompress(red, np.random.default_rng(0)).mean(axis=(0, 1)).argmax() == 0  # channels are in their order


def test_bleeding_carries_the_hue_out_of_the_ship_and_leaves_brightness(scene):
    image = np.full((96, 96, 3), (20, 50, 70), np.uint8)
    image[40:56, 30:66] = (190, 120, 110)
    for seed in range(8):
        soft = bleed(image, np.random.default_rng(seed)).astype(int)
        level = image.astype(int) @ (0.299, 0.587, 0.114)
        assert np.abs(soft @ (0.299, 0.587, 0.114) - level).max() < 6
        assert soft[37, 48, 0] - soft[37, 48, 2] > image[37, 48, 0].astype(int) - image[37, 48, 2] + 15
        np.testing.assert_array_equal(soft[0, 0], image[0, 0])


def test_haze_brightens_the_dark_and_glint_never_darkens(scene):
    for seed in range(20):
        hazy = haze(scene[0], np.random.default_rng(seed))
        assert hazy.mean() > scene[0].mean()
        assert hazy.astype(float).std() < scene[0].astype(float).std() * 1.6
        assert (glint(scene[0], np.random.default_rng(seed)) >= scene[0]).all()


def test_uneven_light_is_smooth():
    flat = np.full((128, 128, 3), 120, np.uint8)
    for seed in range(10):
        shaded = shade(flat, np.random.default_rng(seed)).astype(int)
        assert np.abs(np.diff(shaded, axis=0)).max() <= 5
        assert np.ptp(shaded) > 3


def test_fields_are_cut_to_any_size():
    rng = np.random.default_rng(0)
    assert fields.noise((1024, 1024, 3), rng).shape == (1024, 1024, 3)  # larger than the field itself
    values = fields.noise((512, 512), rng)
    assert abs(values.mean() - 128) < 1
    assert abs(values.std() - fields.NOISE_SIGMA) < 1
    for shape in ((1, 1), (17, 768), (3000, 40)):
        assert fields.cloud(*shape, rng).shape == shape


def image(value=0, shape=(32, 32, 3), dtype=np.uint8):
    return np.full(shape, value, dtype)


@pytest.mark.parametrize(
    ("image", "mask", "sentence"),
    [
        (image(), image(9), r"mask is \(32, 32, 3\) uint8, expected \(32, 32\) uint8 like its image"),
        (image(), image(9)[..., 0], "mask has values up to 9, expected 0 and 1: is it an image"),
        (image(), image(255)[..., 0], "mask has values up to 255"),
        (image(), image(1.0, (32, 32), np.float32), r"mask is \(32, 32\) float32"),
        (image(), image(1, (31, 32)), r"mask is \(31, 32\) uint8"),
        (image(0, (32, 32)), image(0, (32, 32)), r"image is \(32, 32\) uint8, expected \(height, width, 3\)"),
        (image(0.0, dtype=np.float32), image(0, (32, 32)), "image is .* float32"),
    ],
)
def test_images_loaded_as_masks_too_are_refused(image, mask, sentence):
    """A loader that reads the images' folder twice once trained for hours on images as their own masks."""
    with pytest.raises(DatasetError, match=sentence):
        vary(image, mask, NOTHING, np.random.default_rng(0))
