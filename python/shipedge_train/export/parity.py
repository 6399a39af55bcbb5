"""Does a converted file say what Keras says? Compared on tiles that neither training nor calibration has seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.backends import Model
from shipedge_train.tasks.contract import BundleModel, Tile, Values

MAX_DROP = 0.005
"""What a conversion may cost: the segmenter of its Dice with the truth, the detector of its image AUC, the refiner of
its IoU with the label."""
MIN_AGREEMENT = 0.97
"""How far both must agree: Dice of their masks, share of the cells on the same side of 0.5, IoU of their rectangles."""

_SCORES = {"image_auc": "image AUC", "dice": "Dice", "iou": "IoU"}


def answers(model: keras.Model, tiles: Iterable[Tile]) -> list[Values]:
    """What Keras says of every tile, in 256ths as a device hears it."""
    outputs = (np.asarray(model.predict_on_batch(tile.pixels[None]))[0, ..., 0] for tile in tiles)
    return [np.rint(np.minimum(values * 256, 255)) / 256 for values in outputs]


def compare(model: BundleModel, ours: Sequence[Values], converted: Model, tiles: Sequence[Tile]) -> dict[str, Any]:
    """Figures for the manifest, rounded.

    `max_abs` and `mean_abs` are differences of probability (one step of the uint8 output is 0.0039), `agreement` and
    `drop` what `refusal` looks at, beside the two scores that the drop lies between (see `BundleModel.figures`).

    Args:
        model: of the bundle.
        ours: see `answers`.
        converted: the file, opened.
        tiles: at least one.
    """
    theirs = [converted(tile.pixels).astype(np.float32) / 256 for tile in tiles]
    difference = [np.abs(a - b) for a, b in zip(ours, theirs, strict=True)]
    figures: dict[str, Any] = {
        "tiles": len(tiles),
        "max_abs": float(max(d.max() for d in difference)),
        "mean_abs": float(np.mean([d.mean() for d in difference])),
    }
    figures |= model.figures(ours, theirs, [tile.truth for tile in tiles])
    return {key: round(value, 5) if isinstance(value, float) else value for key, value in figures.items()}


def refusal(figures: dict[str, Any]) -> str | None:
    """Why a conversion with these figures is refused; None where it is not."""
    allowed = max(MAX_DROP, figures.get("chance", 0.0))
    if figures["drop"] > allowed:
        return f"its score drops by {figures['drop']:.4f}, allowed are {allowed:.3g}"
    if figures["agreement"] < MIN_AGREEMENT:
        return f"it agrees with Keras to {figures['agreement']:.4f}, {MIN_AGREEMENT} is needed"
    return None


def sentence(figures: dict[str, Any]) -> str:
    """The figures of `compare` for people."""
    scores = [
        f"{name} {figures[f'{key}_converted']:.4f} (Keras {figures[f'{key}_keras']:.4f})"
        for key, name in _SCORES.items()
        if f"{key}_keras" in figures
    ]
    words = [f"differs by at most {figures['max_abs']:.3f}", *scores, f"agreement {figures['agreement']:.4f}"]
    return f"{', '.join(words)} ({figures['tiles']} tiles)"


def layer_errors(floating: bytes, content: bytes, tiles: Sequence[Tile], rows: int = 20) -> list[str]:
    """Where a converted file begins to differ: a table, for the layers with the largest errors, in the graph's order.

    Args:
        floating: the same network as a float32 file.
        content: the converted file.
        tiles: a few.
        rows: how many layers.

    Returns:
        lines: root mean square of a layer's values, of its error, and the ratio of both.
    """
    sums: dict[str, NDArray[np.float64]] = {}
    for tile in tiles:
        theirs = _layers(content, tile.pixels)
        for name, value in _layers(floating, tile.pixels).items():
            if name in theirs and theirs[name].shape == value.shape:
                both = np.array([np.square(value).mean(), np.square(value - theirs[name]).mean()])
                sums[name] = sums.get(name, np.zeros(2)) + both / len(tiles)
    table = {name: (*np.sqrt(both), float(np.sqrt(both[1] / max(both[0], 1e-12)))) for name, both in sums.items()}
    worst = sorted(table, key=lambda name: -table[name][2])[:rows]
    lines = [f"{'values':>10} {'error':>10} {'ratio':>7}  layer (the {len(worst)} worst of {len(table)})"]
    lines += [
        f"{value:10.4g} {error:10.4g} {ratio:7.3f}  {name}"
        for name, (value, error, ratio) in table.items()
        if name in worst
    ]
    return lines


def _layers(content: bytes, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    """Every value in a graph by the layer that makes it, as real numbers."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=content,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    (entry,) = interpreter.get_input_details()
    interpreter.set_tensor(entry["index"], pixels[None].astype(entry["dtype"]))
    interpreter.invoke()
    made = {int(i) for node in interpreter._get_ops_details() for i in node["outputs"]}
    values = {}
    for detail in interpreter.get_tensor_details():
        if detail["index"] in made and detail["name"]:
            scale, zero = detail["quantization"]
            value = interpreter.get_tensor(detail["index"]).astype(np.float64)
            values[_layer(detail["name"])] = (value - zero) * scale if scale else value
    return values


def _layer(name: str) -> str:
    """The layer in the name of a tensor, without the names of the models around it."""
    path = name.split(";")[0].split("/")
    return "/".join(path[1:] if path[:1] == path[1:2] else path)
