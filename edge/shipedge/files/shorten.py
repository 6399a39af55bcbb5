"""Values from files in sentences."""

import math
from typing import Any


def shorten(value: Any) -> str:
    """A value for messages, cut to a readable length."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 63:
        return f"a number of {math.ceil(value.bit_length() * math.log10(2))} digits"
    text = "missing" if value is None else repr(value) if not isinstance(value, (dict, list)) else _shown_kind(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _shown_kind(value: Any) -> str:
    if not value:
        return "an empty list" if isinstance(value, list) else "an empty object"
    if isinstance(value, list) and len(value) <= 4 and all(isinstance(v, (int, float, str)) for v in value):
        return repr(value)
    return f"a list of {len(value)}" if isinstance(value, list) else "an object"
