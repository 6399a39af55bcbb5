"""LiteRT's accelerators (GPU, NPU), made to look like an interpreter. Only for processes that may end: see `worker`."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Compiled"]

_ADDRESS = re.compile(r"ERROR: \[[^\]]*\]")


class Compiled:
    """An `Interpreter` that runs a whole model on an accelerator.

    Without the CPU beside it: what the accelerator does not take is an error, not slow.
    """

    def __init__(self, content: bytes, accelerator: str) -> None:
        """Compiles verified model bytes for "gpu" or "npu".

        Raises:
            RuntimeError: no accelerator takes the model, in words.
        """
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.hardware_accelerator import HardwareAccelerator

        try:
            self._model = CompiledModel.from_buffer(content, HardwareAccelerator[accelerator.upper()])
        except RuntimeError as error:  # its text is a trace of source files, with words at the end or none
            words = " ".join(_ADDRESS.sub("", str(error)).replace("└", " ").split())
            raise RuntimeError(words or f"LiteRT finds no {accelerator.upper()} adapter, or no driver for it") from None
        (name,) = self._model.get_signature_list()
        self._details = [
            [
                {
                    "index": index,
                    "shape": np.array(entry["shape"]),
                    "dtype": np.dtype(entry["dtype"]).type,
                    "quantization": (1.0 if side == "input" else 1 / 256, 0),  # not told; `agreement` finds wrong ones
                }
                for index, entry in enumerate(found.values())
            ]
            for side, found in (
                ("input", self._model.get_input_tensor_details(name)),
                ("output", self._model.get_output_tensor_details(name)),
            )
        ]

    def allocate_tensors(self) -> None:
        """Allocates the buffers."""
        self._inputs, self._outputs = self._model.create_input_buffers(0), self._model.create_output_buffers(0)

    def get_input_details(self) -> list[dict[str, Any]]:
        """As `Interpreter`."""
        return self._details[0]

    def get_output_details(self) -> list[dict[str, Any]]:
        """As `Interpreter`."""
        return self._details[1]

    def set_tensor(self, tensor_index: int, value: NDArray[Any]) -> None:
        """As `Interpreter`."""
        self._inputs[tensor_index].write(value)

    def get_tensor(self, tensor_index: int) -> NDArray[Any]:
        """As `Interpreter`; the buffer is read here, so this waits for the accelerator."""
        detail = self._details[1][tensor_index]
        found: NDArray[Any] = self._outputs[tensor_index].read(int(detail["shape"].prod()), detail["dtype"])
        return found.reshape(detail["shape"])

    def invoke(self) -> None:
        """As `Interpreter`."""
        self._model.run_by_index(0, self._inputs, self._outputs)
