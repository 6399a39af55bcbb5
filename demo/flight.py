"""A short video of ships under way, made from the samples: python demo/flight.py OUT.mp4."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from shipedge.rle import CsvIndex, open_csv

SAMPLES = Path(__file__).parents[1] / "edge" / "shipedge" / "samples"
SEA = "s77-000203.jpg"
FLEET = (  # sample, rank of its ship by size, where it starts (x, y), its way in one second: pixels
    ("s77-000203.jpg", 0, (150.0, 380.0), (4.0, -16.0)),
    ("s77-000203.jpg", 1, (330.0, 200.0), (-9.0, -12.0)),
    ("s77-000085.jpg", 0, (560.0, 250.0), (-5.0, 16.0)),
    ("s77-000167.jpg", 1, (420.0, 60.0), (7.0, 14.0)),
)
SIZE, FPS, SECONDS = (480, 640), 10, 6


def open_sea() -> np.ndarray:
    """The water of a sample, its ships covered with water from beside them."""
    sea = cv2.imread(str(SAMPLES / SEA))
    for ship in open_csv(SAMPLES / "ships.csv").ships(SEA):
        hidden = cv2.GaussianBlur(cv2.dilate(ship.to_mask(), np.ones((41, 41))).astype(np.float32), (0, 0), 6)[
            ..., None
        ]
        sea = (sea * (1 - hidden) + np.roll(sea, (-350, 120), (0, 1)) * hidden).astype(np.uint8)
    return sea


def cut_out(index: CsvIndex, name: str, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """A ship of a sample: pixels, and how opaque each is, (height, width, 3) and (height, width, 1)."""
    ship = sorted(index.ships(name), key=lambda ship: -ship.area)[rank]
    left, top, right, bottom = ship.bbox
    place = np.s_[max(top - 8, 0) : bottom + 8, max(left - 8, 0) : right + 8]
    opaque = cv2.GaussianBlur(cv2.dilate(ship.to_mask(), np.ones((3, 3))).astype(np.float32), (0, 0), 1.2)
    return cv2.imread(str(SAMPLES / name))[place].astype(np.float32), opaque[place][..., None]


def film(path: Path) -> None:
    """Write the video: a camera drifts over the sea while the ships go their ways."""
    sea, index = open_sea(), open_csv(SAMPLES / "ships.csv")
    fleet = [(cut_out(index, name, rank), start, way) for name, rank, start, way in FLEET]
    height, width = SIZE
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (width, height))
    for frame in range(FPS * SECONDS):
        seconds, world = frame / FPS, sea.astype(np.float32)
        for (pixels, opaque), (x, y), (right, down) in fleet:
            move = np.array([[1, 0, x + right * seconds], [0, 1, y + down * seconds]], np.float32)
            size = world.shape[1::-1]
            shown = cv2.warpAffine(opaque, move, size)[..., None]
            world += shown * (cv2.warpAffine(pixels, move, size, borderMode=cv2.BORDER_REPLICATE) - world)
        drift = np.array([[1, 0, -12.0 * seconds], [0, 1, -20.0 * seconds]], np.float32)
        writer.write(cv2.warpAffine(world, drift, (width, height)).round().astype(np.uint8))
    writer.release()


if __name__ == "__main__":
    film(Path(sys.argv[1]))
