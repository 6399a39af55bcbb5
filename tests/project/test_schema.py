"""docs/reference/predictions.schema.json is what the events say, and a second validator agrees with it."""

import json
from pathlib import Path

import pytest

from shipedge.events import Demoted, End, Failure, Found, Gap, Notice, Result, Start, utc
from shipedge.events.reading import to_line
from shipedge.events.schema import schema

FILE = Path(__file__).parents[2] / "docs" / "reference" / "predictions.schema.json"
SHIP = Found("1 2", [0, 0, 1, 2], 0.5, [0.5, 1.0], 2.0, 1.0, 90.0, lon=4.0, lat=50.0, outline=[[4.0, 50.0]] * 4)
EVENTS = [
    Start(1, "0.1.0", utc(), "default", None),
    Result("a.png", 0, None, [8, 9], 0.5, [SHIP], {"decode": 0.5}),
    Result("camera 0", 3, 0.5, [8, 9], 0.5, [], {}, captured=utc(), age_ms=20.0, dropped=2),
    Gap("camera 0", utc(), None, "no frame for 5 s"),
    Notice("camera 0", utc(), "the size has changed"),
    Failure(None, utc(), "a sentence"),
    Demoted(utc(), "gpu: crashes with SIGSEGV", "litert"),
    End(None, utc(), 1, 0),
]


def test_the_file_is_the_schema():
    """After a change: python -m shipedge.events.schema > docs/reference/predictions.schema.json"""
    assert json.loads(FILE.read_text(encoding="utf-8")) == schema()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_second_validator_agrees(event):
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema())
    value = json.loads(to_line(event))
    assert validator.is_valid(value)
    assert not validator.is_valid(value | {"more": 1})
    assert not validator.is_valid({key: kept for key, kept in value.items() if key != "event"})
