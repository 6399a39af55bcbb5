"""The cascade: frame -> presence grid -> windows worth segmenting -> mask -> ships -> their outlines, refined."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from shipedge.backends import Ladder, Model, default_threads, parse_device
from shipedge.bundle import Bundle, Thresholds
from shipedge.errors import BackendError
from shipedge.frame import Frame, FrameResult
from shipedge.refine import Refiner
from shipedge.ships import Window, find_ships, level
from shipedge.tiling import CELL, cut_window, grid_shape, tile_origins, windows_to_cover

__all__ = ["Cascade"]


class Cascade:
    """The models of a bundle, ready to run; call it with one frame after the other.

    One object belongs to one thread at a time: the runtime keeps its tensors between calls.

    Attributes:
        bundle: the bundle it was made from.
        threads: threads that each model may use on the CPU.
        thresholds: what counts as ship.
    """

    def __init__(
        self,
        bundle: Bundle,
        threads: int | None = None,
        *,
        flips: bool = False,
        thresholds: Thresholds | None = None,
        device: str = "auto",
        report: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Opens the models.

        Args:
            bundle: the models and their thresholds.
            threads: threads that each model may use on the CPU.
            flips: show every tile to the models twice, as it is and mirrored, and take the mean: twice the time.
            thresholds: what counts as ship; None: the bundle's operating point "careful".
            device: what runs the models: "auto", "cpu", "gpu", "npu" or "LIBRARY[,key=value...]".
            report: is told what takes long and what failed, one sentence each.

        Raises:
            BackendError: the device that was asked for does not work, or no runtime does.
            ConfigError: there is no such device.
        """
        self.bundle = bundle
        self.thresholds = bundle.thresholds if thresholds is None else thresholds
        self.threads = default_threads() if threads is None else threads
        self._flips = flips
        self._ladder = Ladder(bundle, parse_device(device), self.threads, report)
        self._take_models()
        self._picture, self._cell = level(self.thresholds.picture), level(self.thresholds.cell)

    @property
    def backend(self) -> str:
        """What runs the models now: a runtime on the CPU, "gpu", "npu" or a delegate library."""
        return self._ladder.rung

    @property
    def demoted(self) -> list[str]:
        """What ran the models before, and why it no longer does."""
        return self._ladder.demoted

    def _take_models(self) -> None:
        self._detector, self._segmenter, *refiner = self._ladder.models
        self._refiner = Refiner(refiner[0], flips=self._flips) if refiner else None

    def __call__(self, frame: Frame) -> FrameResult:
        """Finds the ships of one frame.

        Raises:
            ImageError: its pixels cannot be decoded.
            BackendError: a model failed, and nothing is left that could run it.
        """
        while True:
            try:
                return self._look(frame)
            except BackendError as error:  # the frame is begun anew, so nothing of it is lost or counted twice
                self._ladder.step_down(error)
                self._take_models()

    def _look(self, frame: Frame) -> FrameResult:
        start = perf_counter()
        presence = self._detect(frame)
        detected = perf_counter()
        top = int(presence.max())
        windows: list[Window] = []
        decoded = frame.decode_ms
        if top >= self._picture:
            windows = self._segment(frame.pixels, presence >= self._cell)
        segmented = perf_counter()
        ships = find_ships(frame.shape, presence, windows, self.thresholds)
        found = perf_counter()
        if self._refiner is not None and ships:
            ships = self._refiner(frame.pixels, ships)
        end = perf_counter()
        timings = {
            "decode": frame.decode_ms,
            "detector": (detected - start) * 1e3,
            "segmenter": (segmented - detected) * 1e3 - (frame.decode_ms - decoded),
            "post": (found - segmented) * 1e3,
            "refiner": (end - found) * 1e3,
        }
        return FrameResult(frame.source, frame.index, frame.time_s, frame.shape, top / 256, presence, ships, timings)

    def _detect(self, frame: Frame) -> NDArray[np.uint8]:
        """Presence of the whole frame: where tiles overlap, the one that is surer of a ship is believed.

        A ship that the border of one tile cuts looks weak there and strong in the neighbour, hence the maximum.
        """
        presence = np.zeros(grid_shape(frame.shape), np.uint8)
        file = self.bundle.detector
        for top, tiles in groupby(tile_origins(frame.shape, file.window), itemgetter(0)):
            bottom = min(top + file.window, frame.shape[0])
            strip = frame.half(top, bottom) if file.reduce == 2 else frame.pixels[top:bottom]
            for _, left in tiles:
                found = self._ask(self._detector, cut_window(strip, 0, left // file.reduce, self._detector.window))
                place = presence[top // CELL :, left // CELL :][: found.shape[0], : found.shape[1]]
                np.maximum(place, found[: place.shape[0], : place.shape[1]], out=place)
        return presence

    def _segment(self, pixels: NDArray[np.uint8], cells: NDArray[np.bool_]) -> list[Window]:
        """Probabilities around the positive cells: [(top, left, (window, window) uint8)]."""
        side = self._segmenter.window
        places = windows_to_cover(cells, side)
        return [(top, left, self._ask(self._segmenter, cut_window(pixels, top, left, side))) for top, left in places]

    def _ask(self, model: Model, window: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What a model says of one window, probability * 256."""
        return ask_flipped(model, window) if self._flips else model(window)


def ask_flipped(model: Model, window: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean of what a model says of a window and of its mirror image, rounded up: (side, side, 3) -> (rows, cols)."""
    found = model(window).astype(np.uint16)
    found += model(np.ascontiguousarray(window[:, ::-1]))[:, ::-1]
    return ((found + 1) >> 1).astype(np.uint8)
