"""What lies below a false alarm, guessed from colors, on rendered scenes whose ground is known."""

import cv2
import numpy as np

from shipedge.evaluate.grounds import CLOUD, FAR, LAND, NEAR, WATER, ground
from shipedge.rle import Rle
from shipedge_train.synth.clouds import cast_cloud_shadow, cover_with_clouds, sample_sky
from shipedge_train.synth.land import paint_land
from shipedge_train.synth.light import sample_light
from shipedge_train.synth.noise import SIZE
from shipedge_train.synth.sea import paint_sea
from shipedge_train.synth.sensor import encode_jpeg, expose, sample_sensor
from shipedge_train.synth.shore import SHORES

SKIES = ("cumulus", "veil", "overcast")
SCENES = 24  # docs/guides/evaluate.md: 90


def render(number):
    """Pixels and zones {ground: mask} of a scene: in turn with land, with clouds, with neither."""
    rng = np.random.default_rng([991, number])
    light, sea = sample_light(rng), paint_sea(rng)
    water, cover = np.ones((SIZE, SIZE), bool), np.zeros((SIZE, SIZE))
    if number % 3 == 0:
        water = paint_land(rng, sea, light, list(SHORES)[number % len(SHORES)])
    if number % 3 == 1:
        sky = sample_sky(rng, light, SKIES[number // 3 % len(SKIES)])
        cast_cloud_shadow(sea.canvas, sky, rng)
        cover_with_clouds(sea.canvas, sky, rng)
        cover = sky.cover
    sensor = sample_sensor(rng)
    jpeg = encode_jpeg(expose(sea.canvas, sensor, rng))
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    return pixels, {LAND: ~water, CLOUD: cover > 0.8, WATER: water & (cover < 0.05)}, rng


def confusion(scenes):
    """Six ellipses on each zone of each scene: (3, 3) counts, true ground by guess."""
    counts = np.zeros((3, 3), int)
    for number in range(scenes):
        pixels, zones, rng = render(number)
        for true, zone in zones.items():
            rows, cols = np.nonzero(cv2.erode(zone.astype(np.uint8), np.ones((9, 9), np.uint8)))
            if len(rows) < 2000:
                continue
            for place in rng.integers(len(rows), size=6):
                mask = np.zeros((SIZE, SIZE), np.uint8)
                axes = int(rng.integers(4, 30)), int(rng.integers(3, 9))
                cv2.ellipse(mask, (int(cols[place]), int(rows[place])), axes, int(rng.integers(180)), 0, 360, 1, -1)
                alarm = Rle.from_mask(mask)
                counts[true, ground(pixels, alarm, alarm.dilate(FAR) - alarm.dilate(NEAR))] += 1
    return counts


def test_the_guess_is_mostly_right_on_rendered_scenes():
    counts = confusion(SCENES)
    assert (counts.sum(axis=1) >= 12).all()
    assert (counts.diagonal() >= 0.75 * counts.sum(axis=1)).all(), counts
