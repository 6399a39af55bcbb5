"""Trained networks, of a run or of a bundle, and what of them makes a detector, a segmenter or a refiner."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras

from shipedge.bundle import NUMBERS, PATCH, Bundle, ModelFile
from shipedge.errors import ConfigError
from shipedge_train import runs
from shipedge_train.config import Config, from_dict
from shipedge_train.dataset import SHAPE, read_dataset
from shipedge_train.export.tflite import Tiles, to_tflite
from shipedge_train.models import from_afar, near_and_far
from shipedge_train.objective import OUTPUTS
from shipedge_train.splits import Split, split_pictures
from shipedge_train.train import build
from shipedge_train.weights import learned_from, load_weights

Source = str | os.PathLike[str]

HALF = 0.5
"""Share of a dataset that is held back where its networks learned from another one: nothing is trained on the rest."""


@dataclass(frozen=True)
class Network:
    """A trained network and the images around it.

    Attributes:
        kind: "detector", "segmenter", "cascade" or "refiner".
        source: the run or bundle it comes from.
        weights: its file there.
        config: how it is built.
        load: gives a network that was built so its weights.
        split: images to calibrate on, and images it has not learned from.
        digest: which dataset these are of, see `runs.ships_digest`.
        data: what the manifest says of the data it learned from.
    """

    kind: str
    source: Path
    weights: Path
    config: Config
    load: Callable[[keras.Model], None]
    split: Split
    digest: str
    data: dict[str, Any]

    def whole(self, size: int | None = None) -> keras.Model:
        """The network in float32 with its weights."""
        network = build(self.kind, self.config, size)
        self.load(network)
        return network


def of_run(run: runs.Run, data: Source | None = None) -> Network:
    """The network of a run, with the very split it was trained with.

    Args:
        run: it.
        data: its dataset, where that has moved.
    """
    folder = data or run.data["folder"]
    split = split_pictures(folder, read_dataset(folder), run.config.data)
    runs.check_split(run.folder, runs.split_record(run), split)
    learned = {key: value for key, value in run.data.items() if key != "folder"} | {"split": runs.split_record(run)}
    load = partial(runs.load_best, run=run)
    digest = runs.ships_digest(folder)
    return Network(run.kind, run.folder, run.folder / runs.BEST, run.config, load, split, digest, learned)


def of_bundle(place: Path, bundle: Bundle, kind: str, data: Source | None) -> Network:
    """The network behind a model of a bundle.

    Args:
        place: the bundle's folder.
        bundle: the same, read.
        kind: the model.
        data: images to calibrate on; half of them are held back, or those that were in training.

    Raises:
        ConfigError: no weights, no word of how they are built, no data, or data that it learned from split otherwise.
    """
    weights = bundle.manifest["models"][kind].get("weights")
    if not isinstance(weights, dict) or "model" not in weights:
        raise ConfigError(
            f"{place / 'manifest.json'}: models.{kind}.weights does not say how its network is built: convert its runs"
        )
    if data is None:
        raise ConfigError(f"the networks of {place} are converted again: --data says on which images to calibrate")
    pictures = read_dataset(data)
    learned = learned_from(bundle.manifest, kind)
    digest = runs.ships_digest(data)
    record = learned.get("split", {}) if learned.get("ships_csv_sha256") == digest else {}
    sides = {"fold": record.get("fold", 0), "validation_share": record.get("validation_share", HALF)}
    config = from_dict({"model": weights["model"], "data": sides}, str(place / "manifest.json"))
    split = split_pictures(data, pictures, config.data)
    if record:
        runs.check_split(place, record, split)
    load = partial(load_weights, place, bundle.manifest, kind)
    file = place / str(weights.get("file"))
    return Network(str(weights.get("network", kind)), place, file, config, load, split, digest, learned)


def check_window(window: int, network: Network) -> None:
    """Raises ConfigError where the network cannot see windows of that side."""
    step = 64 * network.config.model.reduce
    if window % step or not 192 <= window <= SHAPE[0]:
        raise ConfigError(f"window is {window}, expected a multiple of {step} from 192 to {SHAPE[0]}")


@dataclass(frozen=True)
class Fixed:
    """A network as the model of a bundle.

    Attributes:
        kind: "detector", "segmenter" or "refiner".
        network: the whole network.
        model: what of it makes the model, of a fixed size.
        reduce: pixels of an image along each side of a pixel of the input.
    """

    kind: str
    network: keras.Model
    model: keras.Model
    reduce: int = 1

    def file(self, name: str, quantize: str, tiles: Tiles) -> ModelFile:
        """As a TFLite file, calibrated with `tiles`."""
        content = to_tflite(self.model, quantize, tiles)
        before, after = ((1, *(int(n) for n in one[1:])) for one in (self.model.input_shape, self.model.output_shape))
        return ModelFile(name, content, before, after, quantize, reduce=self.reduce)  # type: ignore[arg-type]


def fixed(source: Network, kind: str, window: int) -> Fixed:
    """The model `kind` of a network; `window` is the side of what it sees of a frame (a refiner has its own)."""
    if kind == "refiner":
        network = source.whole()
        assert tuple(network.input_shape[1:3]) == PATCH
        assert network.output_shape[1:] == (1, NUMBERS, 1)
        return Fixed(kind, network, network)
    reduce = source.config.model.reduce
    if reduce > 1:
        network = source.whole()
        if kind == "detector":
            return Fixed(kind, network, from_afar(network, window, reduce), reduce)
        return Fixed(kind, network, near_and_far(network, window, reduce))
    network = source.whole(window)
    (name,) = OUTPUTS[kind]
    return Fixed(
        kind,
        network,
        network if source.kind == kind else keras.Model(network.inputs, network.output[name], name=kind),
    )
