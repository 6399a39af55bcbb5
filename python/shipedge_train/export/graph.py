"""Is a converted graph one that devices run fast: sizes fixed, all of it on XNNPACK, fit for GPUs?

`check_graph` names the layer that is not. The names are those of the converter, which begin with the layer's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shipedge.errors import BundleError

_AT_THE_ENDS = {"QUANTIZE", "DEQUANTIZE"}
"""What may stay outside of XNNPACK: the conversion of the input and of the output."""
_ON_GPUS = {
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE", "DEQUANTIZE", "EXP",
    "FULLY_CONNECTED", "HARD_SWISH", "LOGISTIC", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM", "MUL", "PAD", "PRELU",
    "RELU", "RELU6", "RESHAPE", "RESIZE_BILINEAR", "SOFTMAX", "STRIDED_SLICE", "SUB", "TANH", "TRANSPOSE_CONV",
}  # fmt: skip
"""What GPU delegates take, of tensors with up to four dimensions. A list of our own, because the analyzer of the
TensorFlow wheels calls every graph compatible (docs/design/adr/0018)."""


def check_graph(name: str, quantize: str, content: bytes) -> None:
    """Refuse a TFLite file that some runtime would refuse or run slowly.

    Every tensor has a fixed size, or no GPU delegate takes the graph. One XNNPACK delegate takes all of it, or every
    step into it and out of it costs time: int8 hard-swish makes a network eight times slower. Files for GPUs, which
    int8 ones are not, hold no operation that GPU delegates leave out.

    Args:
        name: the file's name, for messages.
        quantize: "int8", "float16" or "none".
        content: the file.

    Raises:
        BundleError: it names the operation and the layer.
    """
    graph = _graph(content)
    for check in (_open_sizes, *(() if quantize == "int8" else (_not_for_gpus,)), _left_out):
        if complaints := list(check(graph, content)):
            more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
            raise BundleError(f"{name} is no graph for devices: {complaints[0]}{more}")


class _Graph:
    """Tensors and operations of a TFLite file by name."""

    def __init__(self, model: Any, operators: dict[int, str]) -> None:
        graph = model.subgraphs[0]
        codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
        self.tensors = graph.tensors
        self.ops = [(operators[codes[op.opcodeIndex]], [int(i) for i in op.outputs]) for op in graph.operators]

    def layer(self, tensor: int) -> str:
        """The layer that makes a tensor; of several that became one operation the first."""
        return str(self.tensors[tensor].name.decode().split(";")[0])

    def at(self, op: int) -> str:
        """An operation with its layer."""
        kind, outputs = self.ops[op]
        return f"{kind} in {self.layer(outputs[0])}"


def _graph(content: bytes) -> _Graph:
    from tensorflow.lite.python import schema_py_generated as schema

    operators = {number: kind for kind, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    return _Graph(schema.ModelT.InitFromPackedBuf(content), operators)


def _open_sizes(graph: _Graph, _: bytes) -> Iterator[str]:
    """Tensors that the converter left open in some direction."""
    for number, tensor in enumerate(graph.tensors):
        signature = tensor.shapeSignature if tensor.shapeSignature is not None else tensor.shape
        if signature is not None and any(side < 0 for side in signature):
            yield f"{graph.layer(number)} has no fixed size ({[int(side) for side in signature]})"


def _left_out(graph: _Graph, content: bytes) -> Iterator[str]:
    """Operations that XNNPACK does not take, by what goes into its nodes or out of the graph and is not its own."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    nodes = interpreter._get_ops_details()
    delegates = [node for node in nodes if node["op_name"] == "DELEGATE"]
    made = {int(i) for node in delegates for i in node["outputs"]}
    used = {int(i) for node in delegates for i in node["inputs"]}
    used |= {int(entry["index"]) for entry in interpreter.get_output_details()}
    outside = [
        number
        for number, (kind, outputs) in enumerate(graph.ops)
        if used & set(outputs) - made and not (kind in _AT_THE_ENDS and number in (0, len(graph.ops) - 1))
    ]
    for number in outside:
        yield f"XNNPACK leaves out {graph.at(number)}"
    if not outside and len(delegates) != 1:
        yield f"XNNPACK takes it in {len(delegates)} pieces"


def _not_for_gpus(graph: _Graph, _: bytes) -> Iterator[str]:
    """Operations that GPU delegates leave out."""
    for number, (kind, outputs) in enumerate(graph.ops):
        if kind not in _ON_GPUS or any(len(graph.tensors[output].shape) > 4 for output in outputs):
            yield f"GPU delegates leave out {graph.at(number)}"
