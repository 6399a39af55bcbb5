"""What every runtime must offer, and the model built on it: uint8 pixels in, uint8 probabilities out."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from shipedge.bundle import ModelFile
from shipedge.errors import BackendError

__all__ = ["Interpreted", "Interpreter", "Model"]


class Interpreter(Protocol):
    """The part of the TFLite interpreter we use; every runtime offers it."""

    def allocate_tensors(self) -> None:
        """Prepares the graph."""
        ...

    def get_input_details(self) -> list[dict[str, Any]]:
        """Index, shape, dtype and quantization of each input."""
        ...

    def get_output_details(self) -> list[dict[str, Any]]:
        """The same of each output."""
        ...

    def set_tensor(self, tensor_index: int, value: NDArray[Any]) -> None:
        """Copies a value in."""
        ...

    def get_tensor(self, tensor_index: int) -> NDArray[Any]:
        """Copies a value out."""
        ...

    def invoke(self) -> None:
        """Runs the graph."""
        ...


class Model(Protocol):
    """A model that is ready to run.

    Attributes:
        window: side of the square it looks at, pixels.
        backend: the runtime it runs on, for reports.
    """

    window: int
    backend: str

    def __call__(self, window: NDArray[np.uint8], /) -> NDArray[np.uint8]:
        """Runs the model: (window, window, 3) uint8 RGB -> (rows, cols) uint8, probability * 256.

        Raises:
            BackendError: it failed; the model may not be called again.
        """
        ...


class Interpreted:
    """A `Model` on an interpreter in this process."""

    def __init__(self, file: ModelFile, interpreter: Interpreter, backend: str) -> None:
        """Takes over an interpreter whose tensors are allocated and checks it against the manifest.

        Raises:
            BackendError: the file is not the model that the manifest describes.
        """
        self.window = file.input[1]
        self.backend = backend
        self._interpreter = interpreter
        self._integer = file.quantize == "int8"
        self._input = self._check(file, "input", interpreter.get_input_details())
        self._output = self._check(file, "output", interpreter.get_output_details())

    def _check(self, file: ModelFile, side: str, details: list[dict[str, Any]]) -> int:
        if len(details) != 1:
            raise BackendError(f"{file.name} has {len(details)} {side}s, expected one")
        shape = tuple(int(n) for n in details[0]["shape"])
        wanted = file.input if side == "input" else file.output
        if shape != wanted:
            raise BackendError(f"{file.name}: {side} shape {shape}, but the manifest says {wanted}")
        dtype = np.uint8 if self._integer else np.float32
        if details[0]["dtype"] != dtype:
            found = np.dtype(details[0]["dtype"]).name
            raise BackendError(
                f"{file.name}: {side} is {found}, but the manifest says {file.quantize} ({np.dtype(dtype).name})"
            )
        # Raw pixels go straight in and value / 256 is the probability, so these numbers are part of the format:
        # a calibration that missed the full range shows up here and not as a quiet loss of accuracy.
        scale, zero = details[0]["quantization"]
        step = 1.0 if side == "input" else 1 / 256
        if self._integer and (abs(scale / step - 1) > 1e-4 or zero != 0):
            raise BackendError(
                f"{file.name}: {side} quantization is scale {scale:g}, zero point {zero}; expected scale {step:g}, "
                "zero point 0"
            )
        return int(details[0]["index"])

    def __call__(self, window: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """See `Model`. The result is a copy of its own: a live view into the runtime would make the next call fail."""
        value = window[np.newaxis]
        try:
            self._interpreter.set_tensor(self._input, value if self._integer else value.astype(np.float32))
            self._interpreter.invoke()
            result = self._interpreter.get_tensor(self._output)[0, :, :, 0]
        except (RuntimeError, ValueError) as error:
            raise BackendError(f"the model failed on {self.backend}: {error}") from error
        if self._integer:
            return np.asarray(result, np.uint8)
        return np.asarray(np.rint(np.minimum(result * 256, 255)), np.uint8)
