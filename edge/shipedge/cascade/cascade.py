"""The cascade: frame -> presence grid -> windows worth segmenting -> mask -> ships -> their outlines, refined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TypeVar

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

__all__ = ["Cascade", "ask_flipped", "masked"]

_Found = TypeVar("_Found")


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
        # Where a model fails the frame is begun anew, so nothing of it is lost or counted twice.
        return self.stepping_down(lambda: self._look(frame))

    def stepping_down(self, act: Callable[[], _Found]) -> _Found:
        """What comes of using the models; done again with others where one fails, as long as there are any.

        Raises:
            BackendError: nothing is left that could run them.
        """
        while True:
            try:
                return act()
            except BackendError as error:
                self._ladder.step_down(error)
                self._take_models()

    def _look(self, frame: Frame) -> FrameResult:
        clock = _Clock(frame)
        presence = masked(self.detect(frame), frame)
        clock.stop("detector")
        windows = self.segment(frame, self.windows(presence))
        clock.stop("segmenter")
        return self.conclude(frame, presence, windows, clock)

    def conclude(
        self, frame: Frame, presence: NDArray[np.uint8], windows: Sequence[Window], clock: _Clock | None = None
    ) -> FrameResult:
        """The ships of a frame from what the models say of it.

        Args:
            frame: as the models see it.
            presence: (rows, cols) uint8, probability * 256.
            windows: what the segmenter says of `windows`.
            clock: has measured the stages before.
        """
        clock = _Clock(frame) if clock is None else clock
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
            int(presence.max()) / 256,
            presence,
            ships,
            timings,
            place=frame.place,
            gsd_m=frame.gsd_m,
        )

    def detect(self, frame: Frame, share: tuple[int, int] = (0, 1)) -> NDArray[np.uint8]:
        """Presence of a frame before `masked`: where tiles overlap, the one that is surer of a ship is believed.

        A ship that the border of one tile cuts looks weak there and strong in the neighbour, hence the maximum.

        Args:
            frame: as the models see it.
            share: (number, count): only this one of so many equal shares of its tiles; the maximum of all is the whole.
        """
        presence = np.zeros(grid_shape(frame.shape), np.uint8)
        file = self.bundle.detector
        side = file.window // CELL
        pixels = frame.raster(file.reduce)
        tiles = tile_origins(frame.shape, file.window)
        number, count = share
        for top, left in tiles[len(tiles) * number // count : len(tiles) * (number + 1) // count]:
            if frame.area is not None and not frame.area.cells[top // CELL :, left // CELL :][:side, :side].any():
                continue
            window = cut_window(pixels, top // file.reduce, left // file.reduce, self._detector.window)
            valid = None if frame.scene is None else frame.scene.valid
            if valid is not None and not valid[top // CELL :, left // CELL :][:side, :side].any():
                continue
            answer = self._ask(self._detector, window)
            place = presence[top // CELL :, left // CELL :][: answer.shape[0], : answer.shape[1]]
            np.maximum(place, answer[: place.shape[0], : place.shape[1]], out=place)
        return presence

    def windows(self, presence: NDArray[np.uint8]) -> list[tuple[int, int]]:
        """(top, left) of the windows around the positive cells, from top to bottom, as files are decoded."""
        if int(presence.max()) < self._image:
            return []
        return sorted(windows_to_cover(presence >= self._cell, self.bundle.segmenter.window))

    def segment(self, frame: Frame, origins: Sequence[tuple[int, int]]) -> list[Window]:
        """Probabilities in some windows: [(top, left, (window, window) uint8)]."""
        side = self.bundle.segmenter.window
        pixels, windows = frame.raster(), []
        for top, left in origins:
            if frame.scene is not None:
                frame.scene.keep(top, left, side)
            windows.append((top, left, self._ask(self._segmenter, cut_window(pixels, top, left, side))))
        return windows

    def _ask(self, model: Model, window: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What a model says of one window, probability * 256."""
        return ask_flipped(model, window) if self._flips else model(window)


def masked(presence: NDArray[np.uint8], frame: Frame) -> NDArray[np.uint8]:
    """The presence without cells in which nothing was measured, or no ship counts; it is changed."""
    if frame.scene is not None and (valid := frame.scene.valid) is not None:
        presence[~valid] = 0
    if frame.area is not None:
        presence[~frame.area.cells] = 0
    return presence


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
    answer = model(window).astype(np.uint16)
    answer += model(np.ascontiguousarray(window[:, ::-1]))[:, ::-1]
    return ((answer + 1) >> 1).astype(np.uint8)
