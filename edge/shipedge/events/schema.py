"""The JSON schema of a line of predictions.jsonl: ``python -m shipedge.events.schema`` prints it."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from shipedge.events.kinds import Event

__all__ = ["schema"]


def schema() -> dict[str, Any]:
    """As draft 2020-12 of JSON Schema; closed: other keys and other kinds of events are refused."""
    (found,), kinds = msgspec.json.schema_components([Event], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of predictions.jsonl",
        **found,
        "$defs": kinds,
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1))
