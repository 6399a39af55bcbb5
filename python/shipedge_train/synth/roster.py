"""Which class a hull of a given size belongs to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shipedge_train.synth import boats, passenger, vessels
from shipedge_train.synth.hulls import Easel
from shipedge_train.synth.palette import pick

Painter = Callable[[Easel, np.random.Generator], None]

# Upper length in pixels, then the classes; repetition is weight.
_CLASSES: tuple[tuple[float, tuple[Painter, ...]], ...] = (
    (13, (*(boats.skiff,) * 7, *(boats.speedboat,) * 7, *(boats.sailboat, boats.fishing_boat) * 2, boats.outrigger)),
    (
        24,
        (
            *(boats.speedboat,) * 3,
            *(boats.skiff,) * 2,
            *(boats.fishing_boat,) * 3,
            *(boats.workboat,) * 2,
            boats.sailboat,
            boats.yacht,
            boats.tug,
            boats.outrigger,
            passenger.barge,
        ),
    ),
    (
        45,
        (
            *(boats.fishing_boat,) * 3,
            *(boats.tug,) * 3,
            *(boats.workboat,) * 2,
            *(boats.yacht,) * 1,
            *(passenger.barge,) * 2,
            passenger.ferry,
            passenger.supply_ship,
            vessels.cargo_ship,
        ),
    ),
    (
        85,
        (
            *(passenger.barge,) * 4,
            *(vessels.cargo_ship,) * 4,
            *(passenger.supply_ship,) * 2,
            *(passenger.ferry,) * 2,
            *(vessels.tanker,) * 2,
            boats.fishing_boat,
            passenger.dredger,
            vessels.naval_ship,
            vessels.bulker,
        ),
    ),
    (
        140,
        (
            *(vessels.cargo_ship,) * 4,
            *(vessels.tanker,) * 4,
            *(vessels.bulker,) * 4,
            *(vessels.container_ship,) * 2,
            passenger.ferry,
            passenger.barge,
            passenger.dredger,
            vessels.naval_ship,
            vessels.car_carrier,
        ),
    ),
    (
        1e9,
        (
            *(vessels.tanker,) * 5,
            *(vessels.bulker,) * 6,
            *(vessels.container_ship,) * 3,
            vessels.car_carrier,
            passenger.ferry,
            vessels.cargo_ship,
        ),
    ),
)


def painter(rng: np.random.Generator, length: float, aspect: float, moving: bool) -> Painter:
    """A class for a hull of `length` pixels: stubby ones are barges and boats, things under way are no pontoons."""
    options = next(classes for limit, classes in _CLASSES if length < limit)
    if aspect < 2.6 and length >= 45:
        options = (passenger.barge, passenger.barge, passenger.supply_ship, passenger.dredger, boats.workboat)
    choice = pick(rng, options)
    if moving and choice is passenger.barge and rng.random() < 0.6:
        choice = pick(rng, options)
    return choice
