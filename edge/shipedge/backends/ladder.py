"""What runs the models of a bundle, from the first choice to the last, and the way down when one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from shipedge.backends.base import Model
from shipedge.backends.cpu import NotInstalledError, RefusedError, models_for, nothing_works, open_models
from shipedge.backends.device import Device
from shipedge.backends.found import find_gpu, find_npu
from shipedge.backends.runtimes import RUNTIMES
from shipedge.bundle import Bundle
from shipedge.errors import BackendError

if TYPE_CHECKING:
    from shipedge.backends.accelerate import Accelerated

__all__ = ["Ladder", "rungs_of"]

_FINDS = {"gpu": find_gpu, "npu": find_npu}


def rungs_of(device: Device) -> list[Device | str]:
    """The accelerators that are tried for a device, then the runtimes on the CPU, by their names."""
    accelerators = [Device("gpu"), Device("npu")] if device.kind == "auto" else [device] * (device.kind != "cpu")
    return [*accelerators, *RUNTIMES]


class Ladder:
    """The models of a bundle on the first rung that works here.

    Attributes:
        rung: its name: "gpu", "npu", the library, or a runtime on the CPU.
        models: detector, segmenter and refiner (where the bundle has one), all on this rung.
        demoted: why the rungs that were left in the middle of the work were left.
    """

    def __init__(
        self, bundle: Bundle, device: Device, threads: int, report: Callable[[str], None] = lambda text: None
    ) -> None:
        """Opens the models.

        Args:
            bundle: the models.
            device: which accelerators to try.
            threads: threads of each model on the CPU.
            report: is told what takes long and what failed, one sentence each.

        Raises:
            BackendError: the accelerator that was asked for does not work, or no runtime does.
        """
        self.demoted: list[str] = []
        self._bundle, self._device, self._threads, self._report = bundle, device, threads, report
        self._left: Iterator[Device | str] = iter(rungs_of(device))
        self._refused: dict[str, RefusedError] = {}
        self._accelerated: Accelerated | None = None
        self._open_next()

    def step_down(self, error: BackendError) -> None:
        """Opens the models on the next rung that works.

        Raises:
            BackendError: this was the last one.
        """
        rung = self.rung
        if self._accelerated is not None:
            self._accelerated.give_up(error)
        try:
            self._open_next()
        except BackendError:
            raise error from None
        self.demoted.append(f"{rung}: {error}")
        self._report(f"{self.demoted[-1]}; {self.rung} goes on from the same frame")

    def _open_next(self) -> None:
        for rung in self._left:
            try:
                self.models: Sequence[Model] = self._open(rung)
            except NotInstalledError:
                if self._asked(rung):
                    raise
            except RefusedError as error:
                if isinstance(rung, Device):
                    if self._asked(rung):
                        name = rung.library or rung.kind
                        raise BackendError(f"--device {name}: {error}") from None
                else:
                    self._refused[rung] = error
            else:
                self.rung = rung if isinstance(rung, str) else rung.library or rung.kind
                return
        raise nothing_works(self._refused)

    def _asked(self, rung: Device | str) -> bool:
        return rung is self._device

    def _open(self, rung: Device | str) -> Sequence[Model]:
        self._accelerated = None
        if isinstance(rung, str):
            return open_models(models_for(self._bundle, RUNTIMES[rung].precisions), self._threads, rung)
        asked = self._asked(rung)
        if not asked:
            found, reason = _FINDS[rung.kind]()
            if not found:
                raise RefusedError(reason)
        from shipedge.backends.accelerate import accelerate  # a run on the CPU starts without it

        self._accelerated = accelerate(self._bundle, rung, self._threads, self._report, asked=asked)
        return self._accelerated.models
