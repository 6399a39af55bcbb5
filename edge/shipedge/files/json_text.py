"""JSON that anybody may have written: read in one place, whose every complaint is a ValueError in words."""

import json
from collections import Counter
from typing import Any

_LONGEST = 300  # digits; integers beyond are no number of anything, and float() of them ends in an OverflowError


def loads(text: str | bytes) -> Any:
    """The value of a JSON document; NaN and Infinity, which Python's own tools write, are numbers.

    Args:
        text: the document; bytes are UTF-8, 16 or 32, with or without a byte order mark.

    Raises:
        ValueError: not JSON, not text, nested too deeply, or a key that comes twice: Python would take the last of them
            without a word.
    """
    try:
        return json.loads(text, parse_int=_integer, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST else float(digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice[:60]!r} comes twice in one object")
    return found
