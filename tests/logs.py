"""What a run has written, for tests."""

import json
from pathlib import Path

TIMINGS = ("timings_ms", "time", "captured", "age_ms")


def events(folder):
    """Every line of the log in a folder, as JSON values."""
    return [json.loads(line) for line in (Path(folder) / "predictions.jsonl").read_text(encoding="ascii").splitlines()]


def frames(folder):
    """Those of frames."""
    return [event for event in events(folder) if event["event"] == "frame"]


def untimed(folder):
    """The lines as they are in the file, without what no two runs have alike."""
    return [json.dumps({key: value for key, value in event.items() if key not in TIMINGS}) for event in events(folder)]
