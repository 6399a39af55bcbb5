"""Places for ships: oriented rectangles on free water, in the open, along shore edges, beside another ship."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Rng = np.random.Generator
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Berth:
    """A ship's place.

    Attributes:
        center: (x, y) in pixels; pixel (i, j) covers [j, j + 1) x [i, i + 1).
        angle: Heading, radians, x right, y down.
        size: Length and width of the labelled rectangle.
        hull: Length and width of what is drawn, a little less than the label.
        moving: Whether it leaves a wake.
    """

    center: tuple[float, float]
    angle: float
    size: tuple[float, float]
    hull: tuple[float, float]
    moving: bool

    def bow(self) -> tuple[float, float]:
        """The hull's foremost point (x, y)."""
        half = self.hull[0] / 2
        return self.center[0] + half * math.cos(self.angle), self.center[1] + half * math.sin(self.angle)


def _hull(rng: Rng, size: tuple[float, float]) -> tuple[float, float]:
    """Labels are drawn by hand, some pixels larger than the hull; that is much of a small boat's width."""
    slack = rng.uniform(0.2, 2.1, 2) + rng.uniform(0, 0.1, 2) * (0.6 * size[0], size[1])
    return size[0] - min(float(slack[0]) * 1.4, size[0] * 0.28), size[1] - min(float(slack[1]), size[1] * 0.4)


def footprint(
    center: tuple[float, float], angle: float, size: tuple[float, float], shape: tuple[int, int]
) -> tuple[slice, slice, Bools, float]:
    """Pixels of an oriented rectangle: rows, columns, mask in them, share of its area inside the image."""
    cos, sin = math.cos(angle), math.sin(angle)
    reach_x = (abs(cos) * size[0] + abs(sin) * size[1]) / 2
    reach_y = (abs(sin) * size[0] + abs(cos) * size[1]) / 2
    x0, x1 = max(0, math.floor(center[0] - reach_x)), min(shape[1], math.ceil(center[0] + reach_x))
    y0, y1 = max(0, math.floor(center[1] - reach_y)), min(shape[0], math.ceil(center[1] + reach_y))
    x1, y1 = max(x0, x1), max(y0, y1)
    x = np.arange(x0, x1) + (0.5 - center[0])
    y = np.arange(y0, y1)[:, None] + (0.5 - center[1])
    mask = (np.abs(x * cos + y * sin) <= size[0] / 2) & (np.abs(y * cos - x * sin) <= size[1] / 2)
    return slice(y0, y1), slice(x0, x1), mask, float(mask.sum()) / (size[0] * size[1])


class Plan:
    """The berths taken so far and their labels."""

    def __init__(self, labels: npt.NDArray[np.uint16], water: Bools) -> None:
        """Plan over `labels` (written by `add`) and `water`, both (h, w)."""
        self.labels, self.water = labels, water
        self._basin: npt.NDArray[np.float32] | None = None
        if not water.all():
            _, lakes, stats, _ = cv2.connectedComponentsWithStats(water.astype(np.uint8), connectivity=4)
            sizes = stats[:, cv2.CC_STAT_AREA].astype(np.float32)
            sizes[0] = 0  # land
            self._basin = sizes[lakes]
        self.shape: tuple[int, int] = (water.shape[0], water.shape[1])
        self.berths: list[Berth] = []

    def add(self, berth: Berth) -> None:
        """Take a berth: write its label."""
        rows, columns, mask, _ = footprint(berth.center, berth.angle, berth.size, self.shape)
        self.berths.append(berth)
        self.labels[rows, columns][mask] = len(self.berths)

    def fits(
        self, center: tuple[float, float], angle: float, size: tuple[float, float], wet: float, gap: float
    ) -> bool:
        """Whether a rectangle lies on water (a share of `wet` at least), clear of others by `gap`, and is visible."""
        rows, columns, mask, inside = footprint(center, angle, size, self.shape)
        area = int(mask.sum())
        if area < 10 or inside < 0.15 or (inside < 0.5 and area < 40):
            return False
        if self.water[rows, columns][mask].mean() < wet:
            return False
        if self._basin is not None and self._basin[rows, columns].max() < max(14000, 10 * size[0] * size[0]):
            return False  # a pond: no ship would have got there
        room = (size[0] + 2 * gap, size[1] + 2 * gap)
        rows, columns, mask, _ = footprint(center, angle, room, self.shape)
        return not self.labels[rows, columns][mask].any()

    def free(self, rng: Rng, size: tuple[float, float], heading: float | None) -> Berth | None:
        """A place in open water: at anchor near `heading`, or under way (mostly) on any course."""
        height, width = self.shape
        over = size[0] * 0.3
        for _ in range(8 + int(size[0]) // 8):
            center = (float(rng.uniform(-over, width + over)), float(rng.uniform(-over, height + over)))
            angle = float(rng.uniform(-math.pi, math.pi) if heading is None else rng.normal(heading, 0.12))
            room = (size[0] + 6, size[1] + 6)
            if self.fits(center, angle, size, 0.995, 3.0) and self.fits(center, angle, room, 0.97, 0.0):
                moving = heading is None and rng.random() < 0.82 and self._came_from_water(center, angle, size[0])
                return Berth(center, angle, size, _hull(rng, size), moving)
        return None

    def _came_from_water(self, center: tuple[float, float], angle: float, length: float) -> bool:
        """Whether the course astern is free of land for two lengths."""
        steps = np.linspace(0, 2 * length + 20, 12)
        x, y = (center[0] - steps * math.cos(angle)).astype(int), (center[1] - steps * math.sin(angle)).astype(int)
        inside = (x >= 0) & (x < self.shape[1]) & (y >= 0) & (y < self.shape[0])
        return bool(self.water[y[inside], x[inside]].all())

    def alongside(self, rng: Rng, size: tuple[float, float]) -> Berth | None:
        """Beside a ship that does not move: parallel, a pixel or two off."""
        still = [berth for berth in self.berths if not berth.moving]
        if not still:
            return None
        host = still[int(rng.integers(len(still)))]
        side = 1 if rng.random() < 0.5 else -1
        across = side * ((host.size[1] + size[1]) / 2 + float(rng.uniform(0.2, 2.5)))
        room = max(0.0, (host.size[0] - size[0]) / 2) + 0.15 * host.size[0]
        along = float(rng.uniform(-room, room))
        cos, sin = math.cos(host.angle), math.sin(host.angle)
        center = (host.center[0] + along * cos - across * sin, host.center[1] + along * sin + across * cos)
        angle = host.angle + float(rng.normal(0, 0.02)) + (math.pi if rng.random() < 0.3 else 0.0)
        if not self.fits(center, angle, size, 0.97, 0.0):
            return None
        return Berth(center, angle, size, _hull(rng, size), False)


class Harbor:
    """Straight edges of the shore (quays, piers, beaches) that ships lie along."""

    def __init__(self, water: Bools, rng: Rng) -> None:
        """Find edges of at least 20 px: each is (x, y, direction, length, normal towards the water)."""
        self.edges: list[tuple[float, float, float, float, float]] = []
        self._busy: int | None = None
        if water.all():
            return
        height, width = water.shape
        contours, _ = cv2.findContours((~water).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            if len(contour) < 2 or cv2.arcLength(contour, True) < 120:  # a rock, a post
                continue
            corners = cv2.approxPolyDP(contour, float(rng.uniform(1.2, 2.5)), True)[:, 0].astype(float)
            for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
                length = math.hypot(b[0] - a[0], b[1] - a[1])
                if length < 20:
                    continue
                angle = math.atan2(b[1] - a[1], b[0] - a[0])
                middle = (a + b) / 2
                for normal in (angle + math.pi / 2, angle - math.pi / 2):
                    x, y = int(middle[0] + 4 * math.cos(normal)), int(middle[1] + 4 * math.sin(normal))
                    if 0 <= x < width and 0 <= y < height and water[y, x]:
                        self.edges.append((float(a[0]), float(a[1]), angle, length, normal))
                        break

    def moor(self, plan: Plan, rng: Rng, size: tuple[float, float]) -> Berth | None:
        """A place along an edge: parallel to it, or (small craft) at right angles; neighbours share an edge."""
        lengths = np.array([edge[3] for edge in self.edges])
        for _ in range(6):
            stay = self._busy is not None and rng.random() < 0.6
            pick = (
                self._busy
                if stay and self._busy is not None
                else int(rng.choice(len(lengths), p=lengths / lengths.sum()))
            )
            x, y, angle, length, normal = self.edges[pick]
            across = size[0] < 110 and rng.random() < (0.4 if size[0] < 40 else 0.3)
            span, depth = (size[1], size[0]) if across else size
            if span > length + 6:
                continue
            along = float(rng.uniform(min(span / 2, length / 2), max(length - span / 2, length / 2)))
            off = depth / 2 + float(rng.uniform(0.8, 3.0))
            center = (
                x + 0.5 + along * math.cos(angle) + off * math.cos(normal),
                y + 0.5 + along * math.sin(angle) + off * math.sin(normal),
            )
            heading = (normal if across else angle) + (math.pi if rng.random() < 0.5 else 0.0)
            heading += float(rng.normal(0, 0.015))
            if plan.fits(center, heading, size, 0.97, 0.3):
                self._busy = pick
                return Berth(center, heading, size, _hull(rng, size), False)
        return None
