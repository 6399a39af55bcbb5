"""Scenes: exact labels, the same pixels for the same seed, the measured mix of ships."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from shipedge_train.data.compare.statistics import jpeg_quality
from shipedge_train.synth import scene as scenes
from shipedge_train.synth.clouds import Sky
from shipedge_train.synth.land import along_quays, paint_land
from shipedge_train.synth.light import Light, sample_light
from shipedge_train.synth.sea import paint_sea
from shipedge_train.synth.sensor import DELIVERED, Sensor, encode_jpeg, expose
from shipedge_train.synth.shore import SHORES, signed_distance

QUIET = Sensor(1.2, 1.2, 2.0, 1.5, 0.0, 0.0, (1, 1, 1), (0, 0, 0), 1.0)


def generator(*key):
    return np.random.default_rng(list(key))


def test_the_same_generator_gives_the_same_file():
    first = scenes.render_scene(generator(3, 1), 4)
    scenes.render_scene(generator(9, 9), 1)  # what was rendered before must not matter
    again = scenes.render_scene(generator(3, 1), 4)
    assert first.jpeg == again.jpeg
    assert np.array_equal(first.labels, again.labels)
    assert first.jpeg != scenes.render_scene(generator(3, 2), 4).jpeg


def test_the_jpeg_is_the_image():
    scene = scenes.render_scene(generator(4, 0), 1)
    decoded = cv2.cvtColor(cv2.imdecode(np.frombuffer(scene.jpeg, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert decoded.shape == (768, 768, 3)
    assert np.abs(decoded.astype(int) - scene.image).mean() < 6


@pytest.mark.parametrize("index", range(6))
def test_labels_are_apart_and_no_more_than_wanted(index):
    scene = scenes.render_scene(generator(5, index), 5)
    masks = scene.masks()
    assert len(masks) <= 5
    assert all(mask.any() for mask in masks)
    assert (np.sum(masks, axis=0, dtype=int) <= 1).all() if masks else not scene.labels.any()


def test_no_ship_wanted_no_label():
    for index in range(4):
        assert scenes.render_scene(generator(6, index), 0).masks() == []


def test_counts_follow_the_airbus_images():
    rng = generator(7)
    counts = np.array([scenes.sample_count(rng) for _ in range(4000)])
    assert counts.min() == 1
    assert counts.max() <= 15
    assert counts.mean() == pytest.approx(1.92, abs=0.12)
    assert (counts == 1).mean() == pytest.approx(0.637, abs=0.03)


def test_a_ship_under_cloud_loses_its_label():
    labels = np.zeros((768, 768), np.uint16)
    labels[100:110, 100:140] = 1
    labels[300:310, 300:340] = 2
    cover = np.zeros((768, 768), np.float32)
    cover[:, 100:130] = 0.9  # hides three quarters of ship 1
    cover[300:310, 300:315] = 0.9  # and less than half of ship 2
    scenes.hide_covered(labels, Sky(cover, cover, cover))
    assert np.unique(labels).tolist() == [0, 2]
    assert (labels == 2).sum() == 400


@pytest.mark.parametrize("kind", list(SHORES))
def test_land_leaves_the_water_it_reports(kind):
    rng = generator(8, 1)
    sea = paint_sea(rng)
    before = sea.canvas.copy()
    water = paint_land(rng, sea, sample_light(rng), kind)
    assert water.dtype == np.bool_
    assert sea.canvas.min() >= 0
    assert sea.canvas.max() <= 1
    inland = signed_distance(~water) > 4
    if inland.any():
        assert np.abs(sea.canvas - before)[inland].mean() > 0.02


@pytest.mark.parametrize("turn", [0.0, 0.3, -0.6])
def test_what_is_built_follows_the_quays(turn):
    line = np.arange(768, dtype=np.float32) - 384
    along = line[None, :] * np.cos(turn) + line[:, None] * np.sin(turn)
    across = line[:, None] * np.cos(turn) - line[None, :] * np.sin(turn)
    pier = (along > 100) | ((np.abs(across) < 40) & (along > -100))
    assert along_quays(signed_distance(pier)) == pytest.approx(turn, abs=0.03)


def test_signed_distance_counts_pixels_to_the_shore():
    land = np.zeros((64, 64), np.bool_)
    land[:, 32:] = True
    distance = signed_distance(land)
    assert distance[10, 41] == pytest.approx(10, abs=0.5)
    assert distance[10, 22] == pytest.approx(-10, abs=0.5)
    assert (signed_distance(np.ones((8, 8), np.bool_)) > 100).all()


def test_shadows_fall_along_the_azimuth():
    dx, dy = Light(azimuth=np.pi / 2, shadow=2.0, strength=0.5).offset(3)
    assert dx == pytest.approx(0, abs=1e-9)
    assert dy == pytest.approx(6)


def test_the_sensor_keeps_brightness_and_draws_halos():
    canvas = np.full((768, 768, 3), 0.3, np.float32)
    canvas[380:388, 300:460] = 0.9
    rng = generator(10)
    image = expose(canvas, QUIET, rng)
    assert image.dtype == np.uint8
    assert np.abs(image[100, 100].astype(int) - 77).max() <= 1
    assert image[370:380, 380].min() < 72  # a dark rim beside the bright hull


def test_a_bright_hull_lends_its_hue_to_the_dark_sea_round_it():
    canvas = np.full((768, 768, 3), (0.10, 0.22, 0.28), np.float32)
    canvas[380:396, 300:460] = 0.9
    image = expose(canvas, dataclasses.replace(QUIET, bleed=3.5), generator(10)).astype(int)
    blue = (image[..., 2] - image[..., 0])[:, 380]
    assert blue[100] > 40  # the sea
    assert abs(blue[388]) < 8  # the hull
    assert blue[376] < 20
    assert image[376, 380].sum() < image[100, 100].sum()
    assert blue[360] > 40  # and far off the sea again


def test_grain_is_nearly_the_same_in_every_color():
    canvas = np.full((768, 768, 3), (0.2, 0.3, 0.35), np.float32)
    noisy = dataclasses.replace(QUIET, noise=8.0, color_noise=0.9)
    grain = expose(canvas, noisy, generator(11)).reshape(-1, 3).astype(float)
    assert np.corrcoef(grain.T).min() > 0.85
    assert (expose(canvas, QUIET, generator(11)).std(axis=(0, 1)) < 0.5).all()


def test_the_file_shows_that_it_was_compressed_twice():
    rng = generator(12)
    field = cv2.GaussianBlur(rng.normal(110, 60, (768, 768)).astype(np.float32), (0, 0), 1.2)
    image = cv2.merge([np.clip(field, 0, 255).astype(np.uint8)] * 3)
    data = encode_jpeg(image)
    assert jpeg_quality(data) == pytest.approx(DELIVERED, abs=0.6)
    luma = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE).astype(np.float32) - 128
    blocks = luma.reshape(96, 8, 96, 8).transpose(0, 2, 1, 3).reshape(-1, 8, 8)
    first = np.array([cv2.dct(block)[1, 0] for block in blocks[::4]])
    # Quality 85 stored multiples of 4 of this frequency: the second pass leaves most of them where they were.
    assert (np.abs(first / 4 - np.rint(first / 4)) < 0.2).mean() > 0.7
