"""JSON files of any tool: loaded once, walked with a place for messages, values shown in sentences."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shipedge.errors import DatasetError
from shipedge.files.inputs import read_input
from shipedge.files.json_text import loads
from shipedge.files.shorten import shorten

_LONGEST = 1 << 30  # bytes of JSON; COCO itself has half of that


def load(path: Path) -> Any:
    """The content of a JSON file; NaN and Infinity, which Python's own tools write, are numbers.

    Raises:
        DatasetError: unreadable, over 1 GiB, not JSON, or a key that comes twice in one object.
    """
    data = read_input(path, _LONGEST)
    try:
        return loads(data.decode(json.detect_encoding(data)))  # PowerShell writes UTF-16
    except ValueError as error:
        raise DatasetError(f"{path} is not JSON: {error}") from error


def objects(where: str, data: dict[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place for messages, object) of each entry of a list. Raises DatasetError where it is something else."""
    yield from entries(f"{where}: {key}", data.get(key))


def entries(where: str, values: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place for messages, object) of each value of a list. Raises DatasetError where it is something else."""
    if not isinstance(values, list):
        raise DatasetError(f"{where} is {shorten(values)}, expected a list")
    for index, entry in enumerate(values):
        if not isinstance(entry, dict):
            raise DatasetError(f"{where}[{index}] is {shorten(entry)}, expected an object")
        yield f"{where}[{index}]", entry


def whole(value: Any) -> Any:
    """The integer that tools write as 7, 7.0, "7" or "7.0"; any other value as it is."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}(\.0*)?", value.strip()):
        return int(value.partition(".")[0])
    return int(value) if isinstance(value, float) and value.is_integer() else value


def integer(entry: dict[str, Any], key: str, where: str) -> int:
    """A value that must be a number of 64 bits. Raises DatasetError otherwise."""
    value = entry.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 63:
        raise DatasetError(f"{where}: {key} is {shorten(value)}, expected an integer")
    return value


def real(entry: dict[str, Any], key: str, where: str) -> float:
    """A finite number. Raises DatasetError otherwise."""
    value = entry.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) <= 1e15:
        raise DatasetError(f"{where}: {key} is {shorten(value)}, expected a number")
    return float(value)
