"""Numbers worked out on paper, one comment each."""

import math

import numpy as np
import pytest

from shipedge_train.loader import presence_grid
from shipedge_train.losses import cross_entropy, grid, hybrid, lovasz, overlap, structure


def image(*rows):
    return np.asarray(rows, np.float32)[None, ..., None]


EMPTY, MIXED = image([0, 0], [0, 0]), image([1, 0], [0, 1])
LN2 = math.log(2)

# One ship pixel found with p = 1/2, one of three sea pixels taken for ship with p = 1/4.
TRUTH, FOUND = image([1, 0], [0, 0]), image([0.5, 0.25], [0, 0])
LN4_3 = math.log(4 / 3)  # -log(1 - 1/4)


@pytest.fixture
def of(value):
    """of(loss, truth=..., prediction=...): the value of one image."""
    return lambda loss, truth=TRUTH, prediction=FOUND: float(value(loss, truth, prediction)[0])


def near(number):
    return pytest.approx(number, rel=1e-4)


def test_cross_entropy(of):
    assert of(cross_entropy.bce_loss) == near((LN2 + LN4_3) / 4)
    assert of(cross_entropy.weighted_bce_loss) == near((10 * LN2 + LN4_3) / 4)


def test_balanced_cross_entropy(of):
    # The ship's mean is log 2, the sea's is log(4/3) / 3.
    assert of(cross_entropy.balanced_bce_loss) == near((LN2 + LN4_3 / 3) / 2)
    # No ship: the sea's mean alone, (log 2 + log 4/3) / 4.
    assert of(cross_entropy.balanced_bce_loss, EMPTY) == near((LN2 + LN4_3) / 4)


def test_focal(of):
    # Ship: 1/4 * (1/2)^2 * log 2; sea: 3/4 * (1/4)^2 * log 4/3; the two other pixels are right.
    assert of(cross_entropy.focal_loss) == near((LN2 / 16 + 3 * LN4_3 / 64) / 4)


def test_dice(of):
    # Overlap 0.5, areas 1 and 0.75: 1 - (1 + 1) / (1.75 + 1) = 3/11.
    assert of(overlap.dice_loss) == near(3 / 11)
    # Overlap 1, areas 2 and 2: 1 - (2 + 1) / (4 + 1).
    assert of(overlap.dice_loss, MIXED, image([0.5] * 2, [0.5] * 2)) == near(2 / 5)
    # Nothing there and three quarters of a pixel found: 1 - 1 / 1.75.
    assert of(overlap.dice_loss, EMPTY) == near(3 / 7)


def test_log_cosh_dice(of):
    # cosh(2/5) = (e^0.4 + e^-0.4) / 2 = (1.4918247 + 0.6703200) / 2 = 1.0810724; its logarithm 0.0779535.
    assert of(overlap.log_cosh_dice_loss, MIXED, image([0.5] * 2, [0.5] * 2)) == near(0.0779535)


def test_tversky(of):
    # Hits 0.5, false 0.25, missed 0.5: 1 - 1.5 / (0.5 + 0.075 + 0.35 + 1) = 1 - 1.5 / 1.925 = 17/77.
    assert of(overlap.tversky_loss) == near(17 / 77)


def test_focal_tversky(of):
    # One of ten ship pixels missed, nothing else: hits 9, missed 1, 1 - 10 / (9 + 0.7 + 1) = 0.7 / 10.7 = 0.0654206;
    # to the power 3/4: sqrt(0.0654206) * sqrt(sqrt(0.0654206)) = 0.2557744 * 0.5057415 = 0.1293557, less 1e-6 to the
    # same power, 3.16e-5.
    assert of(overlap.focal_tversky_loss, image([1] * 10), image([1] * 9 + [0])) == near(0.1293557 - 3.16e-5)


def test_jaccard(of):
    # Overlap 0.5, union 1 + 0.75 - 0.5: 1 - 1.5 / 2.25 = 1/3.
    assert of(overlap.jaccard_loss) == near(1 / 3)


def test_lovasz_hinge(of):
    # Logits log 3, 0 and -log 3 of 3/4, 1/2 and 1/4. Ship 1/4 and sea 3/4 err by 1 + log 3, ship 1/2 by 1, and the sea
    # at 1/4 is safe by 1 - log 3 < 0. Jaccard loss after each: one of two ships missed 1/2, sea added 1 - 1/3 = 2/3,
    # the other ship missed 1; so (1 + log 3) * 2/3 + 1 * 1/3.
    truth, prediction = image([1, 0], [1, 0]), image([0.25, 0.75], [0.5, 0.25])
    assert of(lovasz.lovasz_hinge_loss, truth, prediction) == near(1 + 2 / 3 * math.log(3))


def test_lovasz_hinge_on_an_empty_image_is_its_worst_pixel(of):
    assert of(lovasz.lovasz_hinge_loss, EMPTY, image([0.75, 0.5], [0.5, 0.5])) == near(1 + math.log(3))


def test_ssim_of_flat_images(of):
    # Means 1 and 1/2, no variance: 1.0001 / 1.2501 everywhere, at the edges too.
    flat = np.ones((1, 20, 15, 1), np.float32)
    assert of(structure.ssim_loss, flat, flat / 2) == near(1 - 1.0001 / 1.2501)


def test_ssim_of_two_pixels(of):
    # Weights 1 and e^(-2/9) = 0.8007374, in all 1.8007374: w = 0.5553281 for the pixel itself, 0.4446719 for the other.
    # Truth (1, 0), prediction half of it. At both pixels the truth varies by w (1 - w) = 0.2469388, the prediction by a
    # quarter of that, together by half of that.
    # Contrast (0.2469388 + 0.0009) / (0.2469388 * 1.25 + 0.0009) = 0.2478388 / 0.3095735 = 0.8005814.
    # Means w and w / 2: left (w^2 + 0.0001) / (1.25 w^2 + 0.0001) = 0.3084893 / 0.3855866 = 0.8000519,
    # right 0.1978331 / 0.2472664 = 0.8000808. Mean of the two 0.8000664, times contrast 0.6405183.
    assert of(structure.ssim_loss, image([1, 0]), image([0.5, 0])) == near(1 - 0.6405183)


def test_boundary(of):
    # One row, ships at 2..4 of 8: distances 2 1 | -1 -2 -1 | 1 2 3, in eighths. Prediction shifted by one to the right:
    # it misses pixel 2 (-1) and adds pixel 5 (+1): (1 + 1) / 8 over 8 pixels.
    truth, shifted = image([0, 0, 1, 1, 1, 0, 0, 0]), image([0, 0, 0, 1, 1, 1, 0, 0])
    assert of(structure.boundary_loss, truth, shifted) == near(2 / 8 / 8)
    # A lone false pixel at the far end costs its distance of 3.
    assert of(structure.boundary_loss, truth, truth + image([0, 0, 0, 0, 0, 0, 0, 1])) == near(3 / 8 / 8)


def test_boundary_distance_ends_at_the_radius(of):
    truth, far = np.zeros((1, 1, 40, 1), np.float32), np.zeros((1, 1, 40, 1), np.float32)
    truth[0, 0, 0], far[0, 0, [0, 30]] = 1, 1
    assert of(structure.boundary_loss, truth, far) == near(1 / 40)
    # Nothing to be near to: every pixel found costs 1. FOUND has 0.75 of 4.
    assert of(structure.boundary_loss, EMPTY) == near(0.75 / 4)


def test_hybrids(of):
    bce, dice, jaccard = (LN2 + LN4_3) / 4, 3 / 11, 1 / 3
    focal = (LN2 / 16 + 3 * LN4_3 / 64) / 4
    assert of(hybrid.bce_dice) == near(bce + dice)
    assert of(hybrid.dice_p_bce) == near(0.001 * bce - 8 / 11)
    # The ship pixel's distance is -1/8, that of all others 1/8: (0.5 + 0.25) / 8 / 4.
    assert of(hybrid.dice_boundary) == near(dice + 0.75 / 32)
    ssim = of(structure.ssim_loss)
    assert of(hybrid.unet3plus) == near(focal + ssim + jaccard)
    assert of(hybrid.basnet) == near(bce + ssim + jaccard)


def test_presence(of):
    # Ship cell at 1/2: 4 * 1/2 * log 2; false cell at 1/4: 1/4 * log 4/3; over 8 + 1 cells. Image at 1/2: log 2 / 4.
    assert of(grid.presence) == near((2 * LN2 + LN4_3 / 4) / 9 + LN2 / 4)


def test_presence_ignores_grazed_cells(of):
    truth, one, other = image([1, 0], [0.5, 0]), image([0.9, 0.1], [0.1, 0.1]), image([0.9, 0.1], [0.8, 0.1])
    assert of(grid.presence, truth, one) == near(of(grid.presence, truth, other))


def test_presence_punishes_the_strongest_false_cell(of):
    quiet, loud = image([0.1, 0.1], [0.1, 0.1]), image([0.1, 0.1], [0.1, 0.9])
    assert of(grid.presence, EMPTY, loud) > of(grid.presence, EMPTY, quiet) + 0.25


def test_presence_of_a_mask_is_that_of_its_grid(of):
    mask = np.zeros((96, 64), np.uint8)
    mask[2:6, 3:9] = 1  # 24 pixels in the first cell
    mask[31:34, 62:64] = 1  # 2 pixels in one cell and 4 in the one below: grazed
    said = np.linspace(0.1, 0.6, 6, dtype=np.float32).reshape(1, 3, 2, 1)
    truth = presence_grid(mask)[None, ..., None]
    assert truth.ravel().tolist() == [1, 0.5, 0, 0.5, 0, 0]
    assert of(grid.presence_of_mask, mask[None, ..., None], said) == near(of(grid.presence, truth, said))


def test_certain_and_wrong_still_has_a_way_back(slope):
    # Slope of -log(1e-6 + (1 - 2e-6) p) at p = 0, mean of four pixels.
    assert slope(cross_entropy.bce_loss, TRUTH, EMPTY)[0, 0, 0, 0] == near(-(1 - 2e-6) / 1e-6 / 4)
