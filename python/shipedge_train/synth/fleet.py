"""Where ships lie: lone, under way, at anchor in the wind, along quays, side by side; labels and drawing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shipedge_train.synth.berths import Berth, Harbor, Plan
from shipedge_train.synth.hulls import Easel, Floats, View, blend
from shipedge_train.synth.light import Light
from shipedge_train.synth.roster import painter
from shipedge_train.synth.sizes import sample_size
from shipedge_train.synth.wakes import Wake, draw_wake, lee_plume, sample_wake

Rng = np.random.Generator


def sample_view(canvas: Floats, rng: Rng, water: npt.NDArray[np.bool_], light: Light) -> View:
    """Exposure, color cast, haze and camera tilt that all vessels of a scene share."""
    thin = canvas[::8, ::8][water[::8, ::8]]
    sea = np.median(thin, axis=0) if len(thin) else np.array([0.15, 0.25, 0.28])
    gain = np.exp(rng.normal(-0.02, 0.17)) * rng.normal((1.05, 1, 0.96), 0.03)
    veil = float(rng.uniform(0.2, 0.5)) if rng.random() < 0.13 else float(rng.uniform(0, 0.2))
    tilt, turn = float(rng.uniform(0, 0.35)), float(rng.uniform(-np.pi, np.pi))
    return View(
        light,
        (float(gain[0]), float(gain[1]), float(gain[2])),
        veil,
        (float(sea[0]), float(sea[1]), float(sea[2])),
        (tilt * float(np.cos(turn)), tilt * float(np.sin(turn))),
    )


def _choose(plan: Plan, harbor: Harbor, rng: Rng, size: tuple[float, float], wind: float, calm: float) -> Berth | None:
    """One place for a ship of `size`; None where none was found."""
    chance = rng.random()
    if plan.berths and chance < 0.16:
        return plan.alongside(rng, size)
    if harbor.edges and chance < (0.6 if size[0] < 40 else 0.45):
        berth = harbor.moor(plan, rng, size)
        if berth is not None:
            return berth
    anchored = rng.random() < (calm if size[0] > 45 else 0.28)
    return plan.free(rng, size, wind if anchored else None)


def place_fleet(
    canvas: Floats,
    labels: npt.NDArray[np.uint16],
    rng: Rng,
    water: npt.NDArray[np.bool_],
    light: Light,
    count: int,
) -> int:
    """Draw up to `count` ships with shadows and wakes on the canvas (in place).

    Args:
        canvas: (h, w, 3) display values in [0, 1]; drawn on.
        labels: (h, w), 0 where no ship is; ship k's oriented rectangle becomes k. Rectangles never overlap.
        rng: The scene's generator.
        water: (h, w), True where ships may float.
        light: The sun.
        count: Most ships to draw; fewer where the water is too narrow.

    Returns:
        Number of ships drawn.
    """
    if count <= 0 or not water.any():
        return 0
    view = sample_view(canvas, rng, water, light)
    plan = Plan(labels, water)
    harbor = Harbor(water, rng)
    wind, calm = float(rng.uniform(-np.pi, np.pi)), float(rng.choice((0.15, 0.5, 0.9)))
    common = float(rng.normal())
    misses = 0
    while len(plan.berths) < count and misses < 10 + 3 * count:
        size = sample_size(rng, common)
        # Several places for one size: giving up at once would favour the small ones, which fit anywhere.
        found = (_choose(plan, harbor, rng, size, wind, calm) for _ in range(5))
        berth = next((berth for berth in found if berth is not None), None)
        if berth is None:
            misses += 1
        else:
            plan.add(berth)
    wakes = [_sample_wake(berth, rng, view) for berth in plan.berths]
    for wake in wakes:
        if wake is not None:
            draw_wake(canvas, wake, rng, water, view)
    for berth, wake in zip(plan.berths, wakes, strict=True):
        # Spray and foam wash over the hulls of small fast craft.
        wet = wake is not None and berth.moving and wake.collar > 0.2 and berth.hull[0] < 50
        least = 0.15 if wake is not None and wake.planing else 0.3
        _draw(canvas, berth, rng, water, view, float(rng.uniform(least, 1)) if wet else 1.0)
    return len(plan.berths)


def _sample_wake(berth: Berth, rng: Rng, view: View) -> Wake | None:
    """What a ship leaves on the water: a wake under way, seldom a dark plume at rest."""
    if berth.moving:
        return sample_wake(rng, berth.bow(), berth.angle, berth.hull, view)
    if berth.hull[0] > 14 and rng.random() < 0.12:
        return lee_plume(rng, berth.bow(), berth.angle, berth.hull)
    return None


def _own_view(view: View, rng: Rng, length: float) -> View:
    """One ship's share in the scene's exposure."""
    gain, veil = float(np.exp(rng.normal(0.1 if length > 140 else 0, 0.12))), view.veil
    if sum(view.sea) / 3 > 0.38 and length < 60:  # against glitter, small craft are silhouettes
        gain *= float(rng.uniform(0.35, 1.1))
    if rng.random() < 0.1:  # dark paint, bare cargo, no sun on it
        gain *= float(rng.uniform(0.35, 0.7))
    if rng.random() < 0.08:  # some nearly share the sea's color
        veil = max(veil, float(rng.uniform(0.35, 0.65)))
    red, green, blue = view.gain
    return View(view.light, (red * gain, green * gain, blue * gain), veil, view.sea, view.lean)


def _draw(canvas: Floats, berth: Berth, rng: Rng, water: npt.NDArray[np.bool_], view: View, opacity: float) -> None:
    """Draw one ship at its berth."""
    length, width = berth.hull
    reach = min(width * (0.75 * view.light.shadow + 0.5), 60) + 4
    easel = Easel(berth.hull, berth.center, berth.angle, _own_view(view, rng, length), reach)
    painter(rng, length, length / width, berth.moving)(easel, rng)
    blend(canvas, easel, rng, water, opacity)
