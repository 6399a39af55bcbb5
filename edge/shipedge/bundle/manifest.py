"""The manifest of a bundle, of which nothing is believed before it is checked."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

from shipedge.bundle.contents import MAX_AREA, Thresholds
from shipedge.errors import BundleError
from shipedge.files.shorten import shorten

__all__ = ["get", "get_shape", "get_thresholds"]

T = TypeVar("T")


def get(manifest: dict[str, Any], key: str, kind: type[T], within: str = "") -> T:
    """The value at a dotted key, checked to be of `kind` (a bool is no number); `within` is where a part stands."""
    value: Any = manifest
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            raise BundleError(f"manifest.json: {within}{key} is missing")
        value = value[part]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not object):
        wanted = kind.__name__ if isinstance(kind, type) else "number"
        raise BundleError(f"manifest.json: {within}{key} is {shorten(value)}, expected {wanted}")
    return value


def get_shape(manifest: dict[str, Any], key: str, channels: int) -> tuple[int, int, int, int]:
    """A shape of one image with so many channels."""
    value = get(manifest, key, list)
    if len(value) != 4 or any(type(n) is not int or n < 1 for n in value) or value[0] != 1 or value[3] != channels:
        raise BundleError(f"manifest.json: {key} is {shorten(value)}, expected [1, height, width, {channels}]")
    return (1, value[1], value[2], channels)


def get_thresholds(manifest: dict[str, Any], key: str) -> Thresholds:
    """The thresholds at a dotted key; what a bundle of an earlier version does not say keeps its neutral default."""
    neutral = {field.name: field.default for field in fields(Thresholds) if field.default is not MISSING}
    given, within = neutral | get(manifest, key, dict), f"{key}."
    values: dict[str, Any] = {}
    for name in ("image", "cell", "pixel", "small_score", "core"):
        value = values[name] = float(get(given, name, (int, float), within))  # type: ignore[arg-type]
        if not (0 < value < 1 or value == neutral.get(name)):
            raise BundleError(f"manifest.json: {key}.{name} is {value}, expected between 0 and 1")
    for name, least in (("min_area", 1), ("small_area", 0)):
        value = values[name] = get(given, name, int, within)
        if not least <= value <= MAX_AREA:
            raise BundleError(f"manifest.json: {key}.{name} is {shorten(value)}, expected {least} to {MAX_AREA} pixels")
    for name in ("fill_holes", "rectangles"):
        switch = values[name] = get(given, name, object, within)
        if not isinstance(switch, bool):
            raise BundleError(f"manifest.json: {key}.{name} is {shorten(switch)}, expected true or false")
    return Thresholds(**values)
