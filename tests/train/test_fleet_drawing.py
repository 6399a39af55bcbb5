"""Painters, wakes and clutter: what they draw and what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest

from shipedge_train.synth import boats, clutter, passenger, vessels, works
from shipedge_train.synth.brush import bar, cover, draw, make_solid
from shipedge_train.synth.hulls import Easel, View, blend, outline
from shipedge_train.synth.light import Light
from shipedge_train.synth.wakes import Wake, draw_wake, sample_wake

LIGHT = Light(azimuth=-1.0, shadow=0.9, strength=0.6)
VIEW = View(LIGHT, (1.0, 1.0, 1.0), 0.0, (0.1, 0.2, 0.25), (0.1, -0.1))
PAINTERS = {
    paint.__name__: (paint, length, aspect)
    for paint, length, aspect in (
        (vessels.tanker, 180, 5.5),
        (vessels.bulker, 150, 5),
        (vessels.container_ship, 200, 6),
        (vessels.cargo_ship, 70, 4.5),
        (vessels.car_carrier, 120, 5),
        (vessels.naval_ship, 90, 6),
        (passenger.ferry, 60, 4),
        (passenger.supply_ship, 45, 3.5),
        (passenger.dredger, 60, 4),
        (passenger.barge, 50, 3),
        (boats.speedboat, 9, 2.2),
        (boats.yacht, 20, 3),
        (boats.sailboat, 12, 3),
        (boats.tug, 22, 2.5),
        (boats.fishing_boat, 18, 3),
        (boats.outrigger, 16, 2),
        (boats.skiff, 6, 2),
        (boats.workboat, 20, 2.5),
    )
}


@pytest.mark.parametrize("name", PAINTERS)
def test_painters_fill_their_hull_and_stay_on_it(name):
    paint, length, aspect = PAINTERS[name]
    width = length / aspect
    for seed in range(8):
        easel = Easel((length, width), (50.3, 60.7), 0.0, VIEW, 12 + 0.7 * width)
        paint(easel, np.random.default_rng(seed))
        color, alpha, shadow = easel.shrink()
        covered = float(alpha.sum())
        share = 0.15 if name == "outrigger" else 0.62
        assert share * length * width < covered < 1.25 * length * width + 8
        assert 0 <= color.min() <= color.max() <= 1
        assert shadow.max() > 0 or name == "outrigger"
        middle = alpha.shape[0] // 2
        assert alpha[middle, alpha.shape[1] // 2] > 0.3
        # The label's rectangle holds nearly all of the vessel; leaning tops may stick out a little.
        rows, columns = (np.arange(n) + 0.5 for n in alpha.shape[:2])
        x, y = columns + easel.left - 50.3, rows[:, None] + easel.top - 60.7
        inside = (np.abs(x) <= length / 2 + 0.5) & (np.abs(y) <= width / 2 + 0.5)
        assert alpha[inside].sum() > 0.85 * covered


def test_outline_stays_in_the_unit_square_and_points_forward():
    for bow, power in ((0.1, 1.2), (0.3, 2.0), (0.6, 3.0)):
        points = outline(bow, power, 0.1, 0.8)
        assert np.abs(points).max() <= 0.5 + 1e-9
        tip = points[points[:, 0] > 0.5 - 1e-6]
        assert np.abs(tip[:, 1]).max() < 0.01


def test_blending_leaves_pixels_far_from_the_ship_alone():
    canvas = np.full((100, 100, 3), 0.3, np.float32)
    easel = Easel((20, 6), (95.0, 50.0), 0.5, VIEW, 8)
    boats.speedboat(easel, np.random.default_rng(1))
    blend(canvas, easel, np.random.default_rng(2), np.ones((100, 100), bool))
    assert (canvas[:, :60] == np.float32(0.3)).all()
    assert np.abs(canvas[45:55, 88:] - 0.3).max() > 0.1


def test_wakes_are_bright_astern_and_keep_off_land():
    water = np.ones((200, 300), bool)
    water[:, :60] = False
    canvas = np.full((200, 300, 3), 0.2, np.float32)
    wake = Wake((250.0, 100.0), 0.0, 20.0, 6.0, 240.0, core=1.0, arms=0.5, collar=0.5)
    draw_wake(canvas, wake, np.random.default_rng(0), water, VIEW)
    assert (canvas[:, :60] == np.float32(0.2)).all()
    assert (canvas[:, 252:] == np.float32(0.2)).all()
    assert canvas[95:106, 200:230].mean() > 0.35
    assert canvas[95:106, 200:230].mean() > canvas[95:106, 70:100].mean()


def test_in_glitter_a_wake_may_be_darker_than_the_sea():
    canvas = np.full((200, 300, 3), 0.5, np.float32)
    wake = Wake((250.0, 100.0), 0.0, 20.0, 6.0, 200.0, core=0.8, inverse=True)
    draw_wake(canvas, wake, np.random.default_rng(0), np.ones((200, 300), bool), VIEW)
    assert canvas.max() <= 0.5
    assert canvas.min() < 0.4


def test_small_boats_leave_whiter_water_than_large_ships():
    def mean_core(length):
        rng = np.random.default_rng(0)
        return np.mean([sample_wake(rng, (0.0, 0.0), 0.0, (length, length / 4), VIEW).core for _ in range(300)])

    assert mean_core(15.0) > 1.3 * mean_core(200.0)


def test_only_small_boats_plane_in_thick_foam_that_starts_beside_the_hull():
    rng = np.random.default_rng(1)
    wakes = {
        length: [sample_wake(rng, (250.0, 100.0), 0.0, (length, 6.0), VIEW) for _ in range(200)] for length in (20, 90)
    }
    assert not any(wake.planing for wake in wakes[90])
    planing = [wake for wake in wakes[20] if wake.planing]
    assert 60 < len(planing) < 160
    white = np.zeros((200, 300, 3), np.float32)
    for wake in planing:
        canvas = np.zeros((200, 300, 3), np.float32)
        draw_wake(canvas, wake, rng, np.ones((200, 300), bool), VIEW)
        white += canvas / len(planing)
    assert white[:, 254:].max() < 0.05  # nothing ahead of the bow
    assert white[96:104, 225:230].mean() > 0.5  # behind the stern at 230
    assert white[104:106, 231:240].mean() > 0.1  # beside a hull that is 6 px wide


def test_an_arch_of_foam_goes_round_the_bow_and_down_both_sides():
    white = np.zeros((200, 300), np.float32)
    for seed in range(40):
        canvas = np.zeros((200, 300, 3), np.float32)
        wake = Wake((252.0, 100.0), 0.0, 22.0, 8.0, 60.0, planing=True, arch=1.0)
        draw_wake(canvas, wake, np.random.default_rng(seed), np.ones((200, 300), bool), VIEW)
        white += canvas[..., 0] / 40
    assert white[:, 254:].max() < 0.05
    assert white[99:102, 249:252].mean() > 0.3  # ahead of a hull whose bow is at 250
    assert min(white[94:96, 240:245].mean(), white[105:107, 240:245].mean()) > 0.3
    assert white[99:102, 240:245].mean() < white[94:96, 240:245].mean()  # the slot in which the hull lies


def test_clutter_only_ever_takes_water_away_and_repeats():
    land = np.ones((768, 768), bool)
    land[:200] = False
    changed = built = 0
    for seed in range(10):
        results = []
        for _ in range(2):
            canvas, water = np.full((768, 768, 3), 0.25, np.float32), land.copy()
            clutter.draw_clutter(canvas, np.random.default_rng(seed), water, LIGHT)
            results.append((canvas, water))
        (canvas, water), (same_canvas, same_water) = results
        assert np.array_equal(canvas, same_canvas)
        assert np.array_equal(water, same_water)
        assert not (water & ~land).any()
        assert np.isfinite(canvas).all()
        assert 0 <= canvas.min() <= canvas.max() <= 1
        changed += not (canvas == np.float32(0.25)).all()
        built += int((water != land).any())
    assert changed >= 8
    assert built >= 5


@pytest.mark.parametrize(
    "item",
    [
        *(works.breakwater, works.dolphins, works.fish_farm, works.platform, works.boom, works.rocks),
        *(
            clutter.buoys,
            clutter.whitecaps,
            clutter.breakers,
            clutter.old_wake,
            clutter.slick,
            clutter.foam,
            clutter.sandbar,
        ),
        *(clutter.puffs, clutter.plank),
    ],
)
def test_every_item_draws_something_on_water_and_survives_none(item):
    seen = 0
    for seed in range(6):
        canvas, water = np.full((400, 400, 3), 0.25, np.float32), np.ones((400, 400), bool)
        item(canvas, np.random.default_rng(seed), water, LIGHT)
        seen += not (canvas == np.float32(0.25)).all()
    assert seen >= 4
    item(np.full((64, 64, 3), 0.25, np.float32), np.random.default_rng(0), np.zeros((64, 64), bool), LIGHT)


def test_brush_covers_the_right_area_and_clips():
    shape = bar(20.0, 30.0, 0.0, 10.0, 4.0)
    rows, columns, area = cover(shape, None, (64, 64))
    assert area.sum() == pytest.approx(40, rel=0.15)
    assert (rows.start, columns.start) <= (28, 20)
    assert cover(shape + 500, None, (64, 64)) is None
    canvas = np.zeros((64, 64, 3), np.float32)
    draw(canvas, shape - (25, 0), (1.0, 1.0, 1.0))
    assert canvas[30, :4].min() > 0.9
    water = np.ones((64, 64), bool)
    make_solid(water, shape)
    assert 36 <= (~water).sum() <= 60
