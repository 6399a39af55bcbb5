"""LiteRT (ai-edge-litert): the first choice, int8 runs on XNNPACK."""

from __future__ import annotations

from shipedge.backends.base import Interpreter

__all__ = ["open_interpreter"]


def open_interpreter(content: bytes, threads: int) -> Interpreter:
    """An interpreter over verified model bytes.

    `Interpreter`, not the newer `CompiledModel`: that one kills the process on some Arm boards, even without a GPU.
    """
    from ai_edge_litert.interpreter import Interpreter as LiteRt

    interpreter: Interpreter = LiteRt(model_content=content, num_threads=threads)
    return interpreter
