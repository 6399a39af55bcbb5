"""Numbers beyond any sense are refused or do what they say; none of them hangs, crashes or asks for gigabytes."""

import itertools
import sys

import numpy as np
import pytest

from limited import run_limited
from shipedge import rle

SHAPE = (20, 30)
NUMBERS = [-(2**70), -(2**63), -(2**31) - 1, -1, 0, 1, 19, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**62, 2**63, 2**70]
OTHERS = [None, 1.5, float("nan"), "1", b"1", (), [1], (1, 2, 3), object()]

CALLS = {
    "shape of parse": lambda n: rle.parse("", (n, 1)),
    "shape of union": lambda n: rle.union([], (1, n)),
    "shape of from_coco": lambda n: rle.from_coco([n], (1, n)),
    "shape of resize": lambda n: SHIP.resize((n, 3)),
    "shape of from_polygons": lambda n: rle.from_polygons([], (n, n)),
    "k": lambda n: rle.at_least([SHIP, SHIP], n, SHAPE),
    "connectivity": lambda n: rle.components(SHIP, n),
    "min_area": lambda n: rle.components(SHIP, 8, n),
    "crop": lambda n: SHIP.crop((0, 0, n, 5)),
    "crop at": lambda n: SHIP.crop((n, 0, n, 5)),
    "pad": lambda n: SHIP.pad(n, 0, 0, n),
    "shift": lambda n: SHIP.shift(n, n),
    "flip": lambda n: SHIP.flip(n),
    "rot90": lambda n: SHIP.rot90(n),
    "dilate": lambda n: SHIP.dilate(n),
    "erode": lambda n: SHIP.erode((n, 0)),
    "fill_holes": lambda n: SHIP.fill_holes(n),
    "runs": lambda n: rle.Rle([[n, 1]], SHAPE),
    "length": lambda n: rle.Rle([[1, n]], SHAPE),
    "count": lambda n: rle.from_coco([1, n], SHAPE),
    "polygon": lambda n: rle.from_polygons([[[0, 0], [n, 0], [0, n]]], SHAPE),
    "threads": lambda n: rle.decode_batch([[]], np.zeros((1, 2, 2), np.uint8), n),
    "threads of a batch": lambda n: rle.MaskBatch(np.zeros((1, 2, 2), np.uint8), n),
}
SHIP = rle.parse("25 12 45 12 65 3", SHAPE)


@pytest.mark.parametrize("name", CALLS)
def test_every_number_and_every_other_thing(name):
    for argument in itertools.chain(NUMBERS, OTHERS):
        try:
            result = CALLS[name](argument)
        except (ValueError, TypeError, MemoryError) as error:
            assert str(error) or isinstance(error, MemoryError)  # noqa: PT017 - most of them are refused, not all
        else:
            parts = result if isinstance(result, list) else [result]
            for value in parts:
                if isinstance(value, rle.Rle):
                    assert 0 <= value.area <= value.shape[0] * value.shape[1]
    assert SHIP.to_airbus() == "25 12 45 12 65 3"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells how much is used")
@pytest.mark.parametrize(
    "code",
    [
        "point = rle.parse('2147483648 1', WIDE)\n"
        "for turned in (point.rot90(), point.flip(0), point.flip(1), point.transpose(), point.shift(-5, 7), ~~point):\n"
        "    assert turned.area == 1\n"
        "assert point.pad().crop((0, 0, 65537, 65535)) == point",
        "point = rle.parse('5 1', (3, 3))\n"
        "assert point.resize(WIDE).area > 2**28\n"
        "assert point.pad(0, 65532, 65534, 0).shape == WIDE\n"
        "assert point.pad(0, 65532, 65534, 0).dilate(100).area == 102 * 102",
        "refused(lambda: rle.parse('5 1', (3, 3)).pad(2**31, 2**31, 2**31, 2**31), ValueError)",
        "ring = rle.parse('1 65535 65536 1 131070 1 131071 65535', (65535, 3))\n"
        "assert ring.fill_holes().area == 3 * 65535\n"
        "assert ring.erode(1).area == 0",
        "square = [[1, 1], [65000, 1], [65000, 65000], [1, 65000]]\n"
        "assert rle.from_polygons([square], WIDE).area == 64999**2\n"
        "assert len(rle.to_polygons(rle.from_polygons([square], WIDE))) == 1",
    ],
)
def test_memory_of_geometry_follows_the_runs(code):
    run_limited(code)
