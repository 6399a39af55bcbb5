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


def video_frames(path):
    import cv2

    capture = cv2.VideoCapture(str(path))
    count = 0
    while capture.read()[0]:
        count += 1
    capture.release()
    return count


def outputs(folder):
    """{name: content} of everything but the log; of videos, whose bytes are those of an encoder, the frames."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "predictions.jsonl"]
    found = {str(path.relative_to(folder)): path for path in files}
    return {name: video_frames(path) if name.endswith(".mp4") else path.read_bytes() for name, path in found.items()}
