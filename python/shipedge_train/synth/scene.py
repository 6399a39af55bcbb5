"""One scene, from sea bed to JPEG: sea or land, clutter, ships, cloud shadows, clouds, haze, sensor."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge_train.synth.clouds import Sky, add_haze, cast_cloud_shadow, cover_with_clouds, sample_sky
from shipedge_train.synth.clutter import draw_clutter
from shipedge_train.synth.fleet import place_fleet
from shipedge_train.synth.land import paint_land
from shipedge_train.synth.light import sample_light
from shipedge_train.synth.noise import SIZE
from shipedge_train.synth.sea import paint_sea
from shipedge_train.synth.sensor import encode_jpeg, expose, sample_sensor

# Images with 1, 2, ... 15 ships among the 42,556 of the Airbus set that show any.
SHIPS_PER_IMAGE = (27104, 7674, 2954, 1622, 925, 657, 406, 318, 243, 168, 144, 124, 75, 76, 66)
# Share of images with land, and of each shore among them: with ships, without.
_LAND_SHARE = (0.33, 0.27)
_SHORES = {
    "coast": (4.0, 4.0),
    "island": (1.2, 1.5),
    "rocks": (0.6, 1.2),
    "spit": (0.8, 0.8),
    "river": (1.2, 0.8),
    "harbor": (4.5, 1.5),
    "inland": (0.0, 1.6),
}
_SKIES = {"": 0.73, "cumulus": 0.15, "veil": 0.04, "broken": 0.04, "overcast": 0.04}
_HIDDEN = 0.6
_CLUTTER_AT_SEA = 0.5  # Half of the real open sea shows nothing but water.


@dataclass(frozen=True, slots=True)
class Scene:
    """A finished scene.

    Attributes:
        image: (768, 768, 3) uint8 RGB.
        labels: (768, 768) uint16, 0 = no ship, k = ship k; ships never overlap.
        jpeg: The image as a JPEG file.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint16]
    jpeg: bytes

    def masks(self) -> list[NDArray[np.uint8]]:
        """One (768, 768) 0/1 mask per ship that is still visible."""
        return [(self.labels == label).astype(np.uint8) for label in np.unique(self.labels) if label]


def sample_count(rng: np.random.Generator) -> int:
    """Draw how many ships an image with ships shows: 1 to 15, as in the Airbus set."""
    weights = np.array(SHIPS_PER_IMAGE, np.float64)
    return 1 + int(rng.choice(len(weights), p=weights / weights.sum()))


def _sample_shore(rng: np.random.Generator, count: int) -> str:
    """Kind of shore, or "" for open sea; many ships together are mostly seen in ports."""
    column = 0 if count else 1
    share = min(0.95, _LAND_SHARE[column] + 0.12 * max(0, count - 2))
    if rng.random() >= share:
        return ""
    weights = np.array([shore[column] for shore in _SHORES.values()])
    return list(_SHORES)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def hide_covered(labels: NDArray[np.uint16], sky: Sky) -> None:
    """Take the label (in place) from every ship that clouds hide for more than 60 %."""
    total = np.bincount(labels.ravel())
    hidden = np.bincount(labels.ravel(), weights=(sky.cover > 0.7).ravel())
    for label in range(1, len(total)):
        if total[label] and hidden[label] > _HIDDEN * total[label]:
            labels[labels == label] = 0


def render_scene(rng: np.random.Generator, count: int) -> Scene:
    """Render one scene.

    Args:
        rng: The scene's own generator; everything in the scene follows from it.
        count: Ships wanted, 0 for none. Fewer are shown where there is no room or clouds hide them.
    """
    cv2.setNumThreads(1)  # Scenes are rendered side by side in processes.
    light = sample_light(rng)
    sea = paint_sea(rng)
    canvas = sea.canvas
    water = np.ones((SIZE, SIZE), np.bool_)
    shore = _sample_shore(rng, count)
    if shore:
        water = paint_land(rng, sea, light, shore)
    labels = np.zeros((SIZE, SIZE), np.uint16)
    if water.any() and (shore or rng.random() < _CLUTTER_AT_SEA):
        draw_clutter(canvas, rng, water, light)
    if water.any() and count:
        place_fleet(canvas, labels, rng, water, light, count)
    shares = np.array(list(_SKIES.values()))
    kind = list(_SKIES)[int(rng.choice(len(shares), p=shares))]
    if count and kind == "overcast":
        kind = "veil"  # Ships below a closed cover are not labelled, so they would not be ship images.
    if kind:
        sky = sample_sky(rng, light, kind)
        cast_cloud_shadow(canvas, sky, rng)
        cover_with_clouds(canvas, sky, rng)
        hide_covered(labels, sky)
    if rng.random() < 0.35:
        add_haze(canvas, rng)
    image = expose(canvas, sample_sensor(rng), rng)
    return Scene(image, labels, encode_jpeg(image))
