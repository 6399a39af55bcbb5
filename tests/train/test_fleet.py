"""Ships on rendered scenes: labels, places, sizes and reproducibility."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from shipedge_train.synth.berths import Berth, Harbor, Plan, footprint
from shipedge_train.synth.fleet import place_fleet
from shipedge_train.synth.light import Light
from shipedge_train.synth.sizes import sample_size

LIGHT = Light(azimuth=0.7, shadow=0.8, strength=0.7)
SIZE = 512


def _sea(shade=0.2):
    return np.full((SIZE, SIZE, 3), (shade * 0.7, shade, shade * 1.1), np.float32)


def _coast():
    """Water right of a straight quay at x = 150."""
    water = np.ones((SIZE, SIZE), bool)
    water[:, :150] = False
    return water


def _scene(seed, count, water=None):
    canvas, labels = _sea(), np.zeros((SIZE, SIZE), np.uint16)
    water = np.ones((SIZE, SIZE), bool) if water is None else water
    number = place_fleet(canvas, labels, np.random.default_rng(seed), water, LIGHT, count)
    return canvas, labels, number


def test_labels_are_numbered_without_gaps_and_never_exceed_the_count():
    for seed in range(12):
        _, labels, number = _scene(seed, 1 + seed % 5)
        assert 1 <= number <= 1 + seed % 5
        assert set(np.unique(labels)) == set(range(number + 1))


def test_uncut_labels_fill_their_oriented_rectangle():
    checked = 0
    for seed in range(25):
        _, labels, number = _scene(seed, 4)
        for k in range(1, number + 1):
            y, x = np.nonzero(labels == k)
            cut = min(y.min(), x.min()) == 0 or max(y.max(), x.max()) == SIZE - 1
            if cut or len(x) < 150:
                continue
            corners = np.concatenate([np.stack([x + dx, y + dy], axis=1) for dx in (0, 1) for dy in (0, 1)])
            _, (width, height), _ = cv2.minAreaRect(corners.astype(np.float32))
            # The stairs at the border widen the rectangle around the pixels by half a pixel on each side.
            assert len(x) / ((width - 1) * (height - 1)) >= 0.9
            checked += 1
    assert checked > 30


def test_ships_lie_on_water():
    water = _coast()
    for seed in range(25):
        _, labels, number = _scene(seed, 5, water.copy())
        for k in range(1, number + 1):
            assert water[labels == k].mean() >= 0.96


def test_some_ships_moor_along_the_quay():
    near = 0
    for seed in range(25):
        _, labels, number = _scene(seed, 5, _coast())
        near += sum(150 <= np.nonzero(labels == k)[1].min() <= 154 for k in range(1, number + 1))
    assert near >= 10


def test_no_ship_without_water_and_none_in_a_pond():
    canvas, labels, number = _scene(1, 5, np.zeros((SIZE, SIZE), bool))
    assert number == 0
    assert not labels.any()
    assert np.array_equal(canvas, _sea())
    pond = np.zeros((SIZE, SIZE), bool)
    pond[200:260, 200:260] = True
    assert _scene(1, 5, pond)[2] == 0


def test_a_seed_repeats_a_scene_and_another_changes_it():
    first, again, other = _scene(3, 4), _scene(3, 4), _scene(4, 4)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_ships_change_the_image_where_they_are_labelled():
    faint = total = 0
    for seed in range(20):
        canvas, labels, number = _scene(seed, 4)
        assert np.isfinite(canvas).all()
        assert 0 <= canvas.min() <= canvas.max() <= 1
        change = np.abs(canvas - _sea()).mean(axis=2)
        for k in range(1, number + 1):
            total += 1
            faint += change[labels == k].max() < 0.03
    assert faint <= 0.1 * total


def test_sizes_follow_the_airbus_labels():
    rng = np.random.default_rng(0)
    sizes = np.array([sample_size(rng, float(rng.normal())) for _ in range(20000)])
    area = sizes.prod(axis=1)
    assert np.percentile(area, 5) == pytest.approx(38, rel=0.15)
    assert np.percentile(area, 50) == pytest.approx(430, rel=0.15)
    assert 9000 < np.percentile(area, 95) < 14000  # borders and shores leave 7500 of it
    assert 0.17 < (sizes[:, 0] < 16).mean() < 0.32
    assert sizes.min(axis=0) == pytest.approx((4, 3), abs=0.5)
    aspect = sizes[:, 0] / sizes[:, 1]
    assert np.median(aspect[area < 200]) == pytest.approx(2.0, abs=0.4)
    assert np.median(aspect[area > 5000]) == pytest.approx(5.2, abs=0.6)


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 2, -2.0])
def test_footprint_covers_the_rectangles_area(angle):
    _, _, mask, seen = footprint((100.3, 90.8), angle, (60.0, 14.0), (200, 200))
    assert mask.sum() == pytest.approx(60 * 14, rel=0.05)
    assert seen == pytest.approx(1, abs=0.05)
    assert footprint((0.0, 90.0), 0.0, (60.0, 14.0), (200, 200))[3] == pytest.approx(0.5, abs=0.02)
    assert footprint((-90.0, 90.0), angle, (60.0, 14.0), (200, 200))[3] == 0


def test_a_berth_beside_another_ship_touches_but_never_overlaps():
    labels = np.zeros((SIZE, SIZE), np.uint16)
    plan = Plan(labels, np.ones((SIZE, SIZE), bool))
    plan.add(Berth((250.0, 250.0), 0.3, (120.0, 20.0), (119.0, 19.0), False))
    before = int((labels == 1).sum())
    found = [berth for seed in range(10) if (berth := plan.alongside(np.random.default_rng(seed), (40.0, 12.0)))]
    assert found
    plan.add(found[0])
    assert int((labels == 1).sum()) == before
    gap = cv2.distanceTransform((labels != 1).astype(np.uint8), cv2.DIST_L2, 3)[labels == 2].min()
    assert gap < 5


def test_harbor_finds_the_quay_and_ignores_rocks():
    water = _coast()
    cv2.circle(canvas := np.zeros((SIZE, SIZE), np.uint8), (400, 250), 8, 1, -1)
    water &= canvas == 0
    edges = Harbor(water, np.random.default_rng(0)).edges
    assert edges
    assert all(abs(x - 149) <= 2 for x, *_ in edges)
    assert math.cos(max(edges, key=lambda edge: edge[3])[4]) == pytest.approx(1, abs=1e-6)
