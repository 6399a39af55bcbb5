"""Pasted ships: exact masks, on water only, never over another ship, in the light of where they land."""

import numpy as np
import pytest

from shipedge import rle
from shipedge.errors import DatasetError
from shipedge_train.augment.paste import cut_donor, paste

SEEDS = range(20)


def sea(shape=(160, 160), color=(20, 50, 70), waves=4, seed=0):
    return np.random.default_rng(seed).normal(color, waves, (*shape, 3)).clip(0, 255).astype(np.uint8)


def donor(color=(200, 190, 60), water=(10, 30, 90)):
    """A yellow ship of 12 x 36 pixels with 14 pixels of another sea around it."""
    image, mask = sea((40, 64), water, 2, 1), np.zeros((40, 64), np.uint8)
    mask[14:26, 14:50] = 1
    image[mask > 0] = color
    return image, mask


def boxes(*places, shape=(768, 768)):
    ships = []
    for top, left, height, width in places:
        mask = np.zeros(shape, np.uint8)
        mask[top : top + height, left : left + width] = 1
        ships.append(rle.Rle.from_mask(mask))
    return ships


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pasted_ship_lies_under_its_mask(seed):
    image, empty = sea(), np.zeros((160, 160), np.uint8)
    pasted, mask = paste(image, empty, *donor(), np.random.default_rng(seed))
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 1}
    yellow = pasted[..., 0].astype(int) - pasted[..., 2] > 30
    assert (yellow & (mask > 0)).sum() / (yellow | (mask > 0)).sum() > 0.85
    assert 12 * 36 * 0.5 < mask.sum() < 12 * 36 * 1.9
    assert not empty.any()
    np.testing.assert_array_equal(image, sea())


@pytest.mark.parametrize("seed", SEEDS)
def test_far_from_the_ship_the_image_is_what_it_was(seed):
    image, empty = sea(), np.zeros((160, 160), np.uint8)
    pasted, mask = paste(image, empty, *donor(), np.random.default_rng(seed))
    rows, cols = np.nonzero(mask)
    far = np.ones(mask.shape, bool)
    far[max(rows.min() - 40, 0) : rows.max() + 41, max(cols.min() - 40, 0) : cols.max() + 41] = False
    np.testing.assert_array_equal(pasted[far], image[far])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_water_of_the_donor_takes_the_color_of_where_it_lands(seed):
    image, empty = sea(color=(90, 110, 115)), np.zeros((160, 160), np.uint8)
    pasted, mask = paste(image, empty, *donor(water=(5, 10, 40)), np.random.default_rng(seed), sun=0.0)
    assert mask.any()
    near = np.zeros(mask.shape, bool)
    rows, cols = np.nonzero(mask)
    near[max(rows.min() - 10, 0) : rows.max() + 11, max(cols.min() - 10, 0) : cols.max() + 11] = True
    around = pasted[near & (mask == 0)].astype(float).mean(axis=0)
    np.testing.assert_allclose(around, (90, 110, 115), atol=9)  # a shadow or the ship's own soft edge, not a dark patch


def test_never_over_or_next_to_another_ship():
    image, mask = sea(), np.zeros((160, 160), np.uint8)
    for seed in range(60):
        image, together = paste(image, mask, *donor(), np.random.default_rng(seed))
        new = together & ~mask
        assert (together >= mask).all()
        if together is not mask:
            grown = np.pad(mask, 3)
            near = np.max([grown[dy : dy + 160, dx : dx + 160] for dy in range(7) for dx in range(7)], axis=0)
            assert not (near & new).any()
        mask = together
    assert 3 <= len(rle.components(mask)) <= 12


def test_the_same_image_comes_back_where_there_is_no_room():
    full = np.ones((160, 160), np.uint8)
    small = sea((30, 30))
    rough = np.random.default_rng(0).integers(0, 255, (20, 20, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    green = sea(color=(90, 100, 40))
    cloud = sea(color=(225, 225, 228))
    for image, mask in [(sea(), full), (small, np.zeros((30, 30), np.uint8))] + [
        (place, np.zeros((160, 160), np.uint8)) for place in (rough, green, cloud)
    ]:
        pasted, same = paste(image, mask, *donor(), np.random.default_rng(0))
        assert pasted is image
        assert same is mask


def test_ships_land_on_the_water_of_a_coast():
    image = sea()
    image[:, 80:] = np.random.default_rng(0).integers(40, 200, (20, 10, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    found = 0
    for seed in range(30):
        _, mask = paste(image, np.zeros((160, 160), np.uint8), *donor(), np.random.default_rng(seed))
        found += bool(mask.any())
        assert not mask[:, 80:].any()
    assert found > 10


def test_a_ship_that_would_not_be_seen_is_no_ship():
    hidden = donor(color=(11, 31, 91))
    image, mask = sea(), np.zeros((160, 160), np.uint8)
    assert all(paste(image, mask, *hidden, np.random.default_rng(seed))[1] is mask for seed in SEEDS)


def test_every_angle_and_both_sides_occur():
    """The ship's bow is red: where it points goes all the way round, and port is to either side of it."""
    image, mask = donor()
    image[14:26, 40:50] = (220, 30, 30)
    image[14:18, 14:40] = (30, 200, 30)
    angles, sides = set(), set()
    for seed in range(80):
        pasted, where = paste(sea(), np.zeros((160, 160), np.uint8), image, mask, np.random.default_rng(seed))
        if not where.any():
            continue
        colors = pasted.astype(int)
        middle = np.argwhere(where).mean(axis=0)
        bow = np.argwhere((where > 0) & (colors[..., 0] - colors[..., 1] > 90)).mean(axis=0) - middle
        port = np.argwhere((where > 0) & (colors[..., 1] - colors[..., 0] > 60)).mean(axis=0) - middle
        angles.add(int(np.degrees(np.arctan2(*bow)) // 45))
        sides.add(np.sign(bow[0] * port[1] - bow[1] * port[0]))
    assert len(angles) == 8
    assert sides == {-1.0, 1.0}


def test_one_sun_one_direction_of_shadow():
    """A pale sea darkens beside the ship, on the side away from the sun."""
    image, empty = sea((200, 200), (140, 150, 160), 1), np.zeros((200, 200), np.uint8)
    shifts = []
    for seed in range(60):
        pasted, mask = paste(image, empty, *donor(water=(140, 150, 160)), np.random.default_rng(seed), sun=0.0)
        dark = (pasted.astype(int).mean(axis=2) < 143) & (mask == 0)
        if mask.any() and dark.sum() > 10:
            shifts.append(np.argwhere(dark).mean(axis=0) - np.argwhere(mask).mean(axis=0))
    assert len(shifts) > 10
    assert np.mean([shift[1] for shift in shifts]) > 1.0
    assert abs(np.mean([shift[0] for shift in shifts])) < 1.0


def test_same_generator_same_result():
    one, two = (paste(sea(), np.zeros((160, 160), np.uint8), *donor(), np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


def test_what_is_no_mask_is_refused():
    with pytest.raises(DatasetError, match="values up to 255"):
        paste(sea(), np.zeros((160, 160), np.uint8), donor()[0], donor()[1] * 255, np.random.default_rng(0))
    with pytest.raises(DatasetError, match="mask is"):
        paste(sea(), sea(), *donor(), np.random.default_rng(0))


def test_a_donor_is_one_whole_ship_in_open_water():
    pixels = sea((768, 768))
    ships = boxes((100, 100, 20, 60), (300, 300, 10, 10), (314, 300, 10, 10), (0, 500, 20, 40), (600, 600, 30, 30))
    pixels[560:640, 560:680] = np.random.default_rng(0).integers(0, 255, (10, 15, 3)).repeat(8, 0).repeat(8, 1)
    cut = cut_donor(pixels, ships, 0)
    assert cut is not None
    image, mask = cut
    assert mask.sum() == 20 * 60
    assert image.shape == (*mask.shape, 3)
    assert mask.shape == (20 + 60, 60 + 60)  # half the longer side around it
    assert cut_donor(pixels, ships, 1) is None  # another ship beside it
    assert cut_donor(pixels, ships, 3) is None  # cut off by the border
    assert cut_donor(pixels, ships, 4) is None  # at a quay
