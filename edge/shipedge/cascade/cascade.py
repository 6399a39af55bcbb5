"""The cascade: frame -> presence grid -> windows worth segmenting -> mask -> ships -> their outlines, refined."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from shipedge.backends import Ladder, Model, default_threads, parse_device
from shipedge.bundle import Bundle, Thresholds
from shipedge.cascade.refine import Refiner
from shipedge.cascade.resample import factor_for, resampled, restored, trained_gsd
from shipedge.cascade.ships import Window, find_ships, level
from shipedge.errors import BackendError
from shipedge.frame import Frame, FrameResult
from shipedge.tiling import CELL, cut_window, grid_shape, tile_origins, windows_to_cover

__all__ = ["Cascade", "ask_flipped"]


class Cascade:
    """The models of a bundle, ready to run; call it with one frame after the other.

    One object belongs to one thread at a time: the runtime keeps its tensors between calls.

    Attributes:
        bundle: the bundle it was made from.
        threads: threads that each model may use on the CPU.
        thresholds: what counts as ship.
        gsd_m: meters a pixel that the models were trained for.
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
        self.gsd_m = trained_gsd(bundle)
        self._ladder = Ladder(bundle, parse_device(device), self.threads, report)
        self._take_models()
        self._image, self._cell = level(self.thresholds.image), level(self.thresholds.cell)

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

        Where its ground sample distance is known and another than that of the models, they see it resampled.

        Raises:
            ImageError: its pixels cannot be decoded.
            SourceError: its ground sample distance is far from that of the models.
            BackendError: a model failed, and nothing is left that could run it.
        """
        factor = factor_for(frame, self.gsd_m)
        if factor != 1:
            return restored(self._find(resampled(frame, factor)), frame, factor)
        return self._find(frame)

    def _find(self, frame: Frame) -> FrameResult:
        while True:
            try:
                return self._look(frame)
            except BackendError as error:  # the frame is begun anew, so nothing of it is lost or counted twice
                self._ladder.step_down(error)
                self._take_models()

    def _look(self, frame: Frame) -> FrameResult:
        clock = _Clock(frame)
        presence = self._detect(frame)
        clock.stop("detector")
        top = int(presence.max())
        windows: list[Window] = []
        if top >= self._image:
            windows = self._segment(frame, presence >= self._cell)
        clock.stop("segmenter")
        ships = find_ships(frame.shape, presence, windows, self.thresholds)
        clock.stop("post")
        if self._refiner is not None and ships:
            ships = self._refiner(frame.raster(), ships)
        if frame.area is not None:
            ships = tuple(ship for ship in ships if frame.area.holds(*ship.rectangle[:2]))
        clock.stop("refiner")
        timings = {"decode": frame.decode_ms, **clock.ms}
        return FrameResult(
            frame.source,
            frame.index,
            frame.time_s,
            frame.shape,
            top / 256,
            presence,
            ships,
            timings,
            place=frame.place,
            gsd_m=frame.gsd_m,
        )

    def _detect(self, frame: Frame) -> NDArray[np.uint8]:
        """Presence of the whole frame: where tiles overlap, the one that is surer of a ship is believed.

        A ship that the border of one tile cuts looks weak there and strong in the neighbour, hence the maximum.
        """
        presence = np.zeros(grid_shape(frame.shape), np.uint8)
        file = self.bundle.detector
        side = file.window // CELL
        pixels = frame.raster(file.reduce)
        for top, left in tile_origins(frame.shape, file.window):
            if frame.area is not None and not frame.area.cells[top // CELL :, left // CELL :][:side, :side].any():
                continue
            window = cut_window(pixels, top // file.reduce, left // file.reduce, self._detector.window)
            valid = None if frame.scene is None else frame.scene.valid
            if valid is not None and not valid[top // CELL :, left // CELL :][:side, :side].any():
                continue
            found = self._ask(self._detector, window)
            place = presence[top // CELL :, left // CELL :][: found.shape[0], : found.shape[1]]
            np.maximum(place, found[: place.shape[0], : place.shape[1]], out=place)
        if frame.scene is not None and (valid := frame.scene.valid) is not None:
            presence[~valid] = 0
        if frame.area is not None:
            presence[~frame.area.cells] = 0
        return presence

    def _segment(self, frame: Frame, cells: NDArray[np.bool_]) -> list[Window]:
        """Probabilities around the positive cells: [(top, left, (window, window) uint8)]."""
        side = self._segmenter.window
        pixels, windows = frame.raster(), []
        for top, left in sorted(windows_to_cover(cells, side)):  # from top to bottom, as files are decoded
            if frame.scene is not None:
                frame.scene.keep(top, left, side)
            windows.append((top, left, self._ask(self._segmenter, cut_window(pixels, top, left, side))))
        return windows

    def _ask(self, model: Model, window: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What a model says of one window, probability * 256."""
        return ask_flipped(model, window) if self._flips else model(window)


class _Clock:
    """Milliseconds of each stage, without those that reading the frame took meanwhile."""

    def __init__(self, frame: Frame) -> None:
        self._frame, self.ms = frame, dict[str, float]()
        self._last = self._now()

    def stop(self, stage: str) -> None:
        """The stage ends here, and the next one begins."""
        now = self._now()
        self.ms[stage], self._last = now - self._last, now

    def _now(self) -> float:
        return perf_counter() * 1e3 - self._frame.decode_ms


def ask_flipped(model: Model, window: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean of what a model says of a window and of its mirror image, rounded up: (side, side, 3) -> (rows, cols)."""
    found = model(window).astype(np.uint16)
    found += model(np.ascontiguousarray(window[:, ::-1]))[:, ::-1]
    return ((found + 1) >> 1).astype(np.uint8)
