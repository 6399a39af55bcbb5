"""Every crop is a sampling of its image by the inverse map, and its mask is sampled at the same places."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipedge_train.augment.geometry import Geometry, sample_geometry
from shipedge_train.config import AugmentConfig

CONFIGS = st.builds(
    AugmentConfig,
    flips=st.booleans(),
    warp=st.sampled_from([0.0, 1.0]),
    rotation=st.floats(0, 180),
    scale=st.floats(1, 4),
    shear=st.floats(0, 30),
    shift=st.sampled_from([0.0, 0.2, 1.0]),
)
SHAPES = st.tuples(st.integers(20, 120), st.integers(20, 120))


@st.composite
def geometries(draw, configs=CONFIGS):
    shape = draw(SHAPES)
    center = (draw(st.floats(0, shape[0])), draw(st.floats(0, shape[1])))
    size = draw(st.sampled_from([16, 33, 64]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return sample_geometry(center, size, draw(configs), rng, shape), shape


def places(geometry):
    """Where each pixel of the crop lies in the image: (size, size) of y and of x, real numbers."""
    y, x = np.mgrid[: geometry.size, : geometry.size]
    (xx, xy), (yx, yy) = geometry.linear
    return yx * x + yy * y + geometry.offset[1], xx * x + xy * y + geometry.offset[0]


def mirrored(index, length):
    """Positions of an endless row that goes on mirrored at its ends, without repeating the last pixel."""
    if length == 1:
        return np.zeros_like(index)
    index = np.abs(index) % (2 * length - 2)
    return np.minimum(index, 2 * length - 2 - index)


def nearest(pixels, geometry):
    """Nearest sampling of the inverse map, and where it is safely away from the middle between two pixels."""
    y, x = places(geometry)
    rows, cols = np.floor(y + 0.5).astype(int), np.floor(x + 0.5).astype(int)
    sure = (np.abs(y + 0.5 - np.round(y + 0.5)) > 0.02) & (np.abs(x + 0.5 - np.round(x + 0.5)) > 0.02)
    return pixels[mirrored(rows, pixels.shape[0]), mirrored(cols, pixels.shape[1])], sure


def noise(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@given(geometries())
def test_masks_are_the_nearest_pixels_of_the_inverse_map(drawn):
    geometry, shape = drawn
    mask = noise(shape)
    expected, sure = nearest(mask, geometry)
    if geometry.exact:
        sure = np.ones_like(sure)
    np.testing.assert_array_equal(geometry.mask(mask)[sure], expected[sure])


@given(geometries(st.builds(AugmentConfig, flips=st.booleans(), warp=st.just(0.0), shift=st.floats(0, 1))))
def test_without_rotation_scale_and_shear_no_pixel_is_interpolated(drawn):
    geometry, shape = drawn
    assert geometry.exact
    pixels = noise((*shape, 3))
    np.testing.assert_array_equal(geometry.image(pixels), nearest(pixels, geometry)[0])


@given(geometries())
def test_the_box_holds_all_that_the_crop_needs(drawn):
    geometry, shape = drawn
    left, top, right, bottom = geometry.box
    assert 0 <= left < right <= shape[1]
    assert 0 <= top < bottom <= shape[0]
    pixels, mask = noise((*shape, 3)), noise(shape, 1)
    origin = (left, top)
    of_box = geometry.image(pixels[top:bottom, left:right], origin), geometry.mask(mask[top:bottom, left:right], origin)
    blind = np.full_like(pixels, 7), np.full_like(mask, 7)
    for array, source in zip(blind, (pixels, mask), strict=True):
        array[top:bottom, left:right] = source[top:bottom, left:right]
    for one, two, three in zip(
        of_box, (geometry.image(pixels), geometry.mask(mask)), (geometry.image(blind[0]), geometry.mask(blind[1])),
        strict=True,
    ):  # fmt: skip
        assert np.abs(one.astype(int) - two).mean() < 0.5  # rounding at ties
        np.testing.assert_array_equal(two, three)


def smooth(shape):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.stack([x * 255 / shape[1], y * 255 / shape[0], (x + y) * 255 / sum(shape)], axis=-1).astype(np.uint8)


@given(geometries())
def test_images_are_sampled_where_their_masks_are(drawn):
    """On a smooth image interpolation and nearest sampling agree up to the slope of the image."""
    geometry, shape = drawn
    pixels = smooth(shape)
    expected, _ = nearest(pixels, geometry)
    step = 255 * 2 / min(shape) * max(1.0, 2 / geometry.scale)
    assert np.abs(geometry.image(pixels).astype(int) - expected).max() <= 2 + step


@pytest.mark.parametrize("reduced", [2, 4])
@pytest.mark.parametrize("seed", range(6))
def test_a_image_decoded_smaller_lands_at_the_same_place(reduced, seed):
    config = AugmentConfig(warp=1.0, scale=4.0)
    geometry = sample_geometry((100, 120), 64, config, np.random.default_rng(seed), (256, 256))
    pixels = smooth((256, 256))
    small = pixels.reshape(256 // reduced, reduced, 256 // reduced, reduced, 3).mean(axis=(1, 3)).astype(np.uint8)
    left, top, right, bottom = (side // reduced for side in geometry.box)
    assert all(side % reduced == 0 for side in geometry.box)
    crop = geometry.image(small[top:bottom, left:right], geometry.box[:2], reduced)
    assert np.abs(crop.astype(int) - geometry.image(pixels)).max() <= 2 + reduced


@given(geometries())
def test_a_crop_that_fits_into_the_image_stays_in_it(drawn):
    geometry, shape = drawn
    y, x = places(geometry)
    for positions, length in ((y, shape[0]), (x, shape[1])):
        if np.ptp(positions) < length - 2:
            assert positions.min() >= -0.51
            assert positions.max() <= length - 0.49
    beyond = max(-y.min(), -x.min(), y.max() - shape[0] + 1, x.max() - shape[1] + 1) - 0.5
    assert geometry.mirrors(shape) == (beyond > 0) or abs(beyond) < 1e-6
    rows, cols = (np.digitize(p, [-0.5, n - 0.5]) for p, n in ((y, shape[0]), (x, shape[1])))
    assert (geometry.reflections(shape) != 3 * rows + cols).mean() < (0 if abs(beyond) > 1e-6 else 0.2) + 1e-9


def test_scale_is_crop_pixels_per_image_pixel():
    config = AugmentConfig(flips=False, warp=1.0, rotation=0.0, shear=0.0, shift=0.0, scale=2.0)
    geometry = sample_geometry((384, 384), 128, config, np.random.default_rng(0))
    y, x = places(geometry)
    assert x[0, 1] - x[0, 0] == pytest.approx(1 / geometry.scale)
    assert y[-1, 0] - y[0, 0] == pytest.approx(127 / geometry.scale)
    assert (y.mean(), x.mean()) == pytest.approx((383.5, 383.5))


def test_small_scales_average_instead_of_stepping_over_pixels():
    lines = np.zeros((256, 256, 3), np.uint8)
    lines[:, ::4] = 255
    linear = ((4.0, 0.0), (0.0, 4.0))
    geometry = Geometry(64, linear, (1.5, 1.5), 0.25, False, (0, 0, 256, 256))
    assert np.ptp(geometry.image(lines)) <= 2


def test_all_eight_symmetries_occur():
    mask = np.zeros((64, 64), np.uint8)
    mask[3, 10] = 1
    config = AugmentConfig(warp=0.0, shift=0.0)
    crops = (sample_geometry((32, 32), 64, config, np.random.default_rng(k), (64, 64)).mask(mask) for k in range(100))
    assert len({tuple(int(v) for v in np.argwhere(crop)[0]) for crop in crops}) == 8


def test_crop_without_anything_is_a_view_of_the_image():
    pixels = noise((768, 768, 3))
    config = AugmentConfig(flips=False, warp=0.0, shift=0.0)
    geometry = sample_geometry((5, 760), 128, config, np.random.default_rng(0))
    crop = geometry.image(pixels)
    np.testing.assert_array_equal(crop, pixels[:128, 640:])
    assert np.shares_memory(crop, pixels)
    assert geometry.box == (640, 0, 768, 128)


@given(geometries(), st.integers(0, 2**32))
def test_what_is_painted_into_the_image_lies_under_its_mask(drawn, seed):
    """Ships of one color, everything else of another: the crop's colors tell ship from sea as its mask does."""
    geometry, shape = drawn
    y, x = np.random.default_rng(seed).uniform(0, shape)
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    mask = (np.hypot((rows - y) / 9, (cols - x) / 20) < 1).astype(np.uint8)
    image = np.where(mask[..., np.newaxis] > 0, np.uint8(220), np.uint8(30)).repeat(3, axis=2)
    painted, crop = geometry.image(image)[..., 0] > 125, geometry.mask(mask)
    assert crop.dtype == np.uint8
    assert set(np.unique(crop)) <= {0, 1}
    rim = 2 * (2 if geometry.scale >= 1 else 1 + 1 / geometry.scale)
    assert (painted != (crop > 0)).sum() <= rim + 0.12 * max(crop.sum(), 40) * (1 if geometry.scale > 0.5 else 2.5)


@pytest.mark.parametrize("seed", range(25))
def test_a_ship_in_a_whole_image_stays_under_its_mask(seed):
    image, mask = np.full((768, 768, 3), 30, np.uint8), np.zeros((768, 768), np.uint8)
    mask[300:380, 350:390] = 1
    image[mask > 0] = (230, 200, 210)
    geometry = sample_geometry((340, 370), 256, AugmentConfig(warp=1.0, shift=0.1), np.random.default_rng(seed))
    bright, crop = geometry.image(image).mean(axis=2) > 122, geometry.mask(mask)
    assert crop.any()
    assert (bright & (crop > 0)).sum() / (bright | (crop > 0)).sum() > 0.96


def test_labels_change_with_the_crop():
    """The truth of a crop is that of its own pixels: a ship that is not in it is not in its labels."""
    mask = np.zeros((768, 768), np.uint8)
    mask[100:140, 100:140] = 1
    plain = AugmentConfig(flips=False, warp=0.0, shift=0.0)
    areas = [
        int(sample_geometry(center, 128, plain, np.random.default_rng(0)).mask(mask).sum())
        for center in ((120, 120), (120, 184), (600, 600))
    ]
    assert areas == [1600, 800, 0]
