"""Scores of tracks on a labelled video, of shipedge and of others that are installed (pip install ".[bench]" trackers).

    shipedge predict VIDEO --gsd 3 --out found
    python tests/tracks_table.py VIDEO LABELS.csv found/predictions.jsonl --swap 137:46,47

LABELS.csv has columns frame, kind, track_id, xmin, ymin, xmax, ymax. Boxes of the kind "boat" with an id count; what
lies on any other box is left out. TrackEval computes HOTA over all overlaps, MOTA, IDF1 and the switches of ids from
an IoU of 0.3: a boat is some 7 pixels long.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
import numpy as np
from trackeval.metrics import CLEAR, HOTA, Identity

import shipedge.tracks.camera as camera_module
from shipedge.events import Result
from shipedge.events.reading import read_events
from shipedge.sources.video import read_video
from shipedge.tracks import Tracker

IOU = 0.3
WITNESSES = {
    "shipedge": {"still", "before", "sea", "whole"},
    "shipedge, camera taken for still": {"still"},
    "shipedge, camera by all but the ships": {"still", "before", "sea"},
    "shipedge, camera by the whole image": {"still", "before", "whole"},
}
Boxes = list[tuple[int, list[float]]]


def read_labels(path: str, swaps: list[str]) -> tuple[dict[int, Boxes], dict[int, list[list[float]]]]:
    """{frame: [(id, box)]} of the boats, {frame: [box]} of what is left out."""
    boats, others = defaultdict(list), defaultdict(list)
    changed = {}
    for swap in swaps:  # FRAME:ID,ID
        frame, first, second = map(int, swap.replace(":", ",").split(","))
        changed[frame, first], changed[frame, second] = second, first
    with Path(path).open(newline="") as file:
        for row in csv.DictReader(file):
            frame, box = int(row["frame"]), [float(row[key]) for key in ("xmin", "ymin", "xmax", "ymax")]
            if row["kind"] == "boat" and row["track_id"]:
                track = int(row["track_id"])
                boats[frame].append((changed.get((frame, track), track), box))
            else:
                others[frame].append(box)
    return boats, others


def overlaps(first: list[list[float]], second: list[list[float]]) -> tuple[np.ndarray, np.ndarray]:
    """(n, m): IoU, and the share of each second box that lies in the first."""
    a, b = (np.array(boxes, np.float64).reshape(-1, 4) for boxes in (first, second))
    a, b = a[:, None], b[None]
    inside = np.prod(np.maximum(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0), axis=-1)
    areas = [np.prod(boxes[..., 2:] - boxes[..., :2], axis=-1) for boxes in (a, b)]
    return inside / (areas[0] + areas[1] - inside), inside / areas[1]


def score(tracks: list[Boxes], boats: dict[int, Boxes], others: dict[int, list[list[float]]]) -> dict[str, float]:
    """What TrackEval says."""
    true_ids: dict[int, int] = {}
    ids: dict[int, int] = {}
    data: dict[str, Any] = {"gt_ids": [], "tracker_ids": [], "similarity_scores": [], "num_timesteps": len(tracks)}
    for frame, found in enumerate(tracks):
        boxes = [box for _, box in found]
        iou, _ = overlaps([box for _, box in boats[frame]], boxes)
        _, covered = overlaps(others[frame], boxes)
        keep = (covered.max(0, initial=0) < IOU) | (iou.max(0, initial=0) >= IOU)
        data["gt_ids"].append(np.array([true_ids.setdefault(track, len(true_ids)) for track, _ in boats[frame]], int))
        kept = [track for (track, _), keeps in zip(found, keep, strict=True) if keeps]
        data["tracker_ids"].append(np.array([ids.setdefault(track, len(ids)) for track in kept], int))
        data["similarity_scores"].append(iou[:, keep])
    data["num_gt_dets"], data["num_tracker_dets"] = (sum(map(len, data[key])) for key in ("gt_ids", "tracker_ids"))
    data["num_gt_ids"], data["num_tracker_ids"] = len(true_ids), len(ids)
    settings = {"THRESHOLD": IOU, "PRINT_CONFIG": False}
    hota, clear, identity = (metric.eval_sequence(data) for metric in (HOTA(), CLEAR(settings), Identity(settings)))
    return {
        "HOTA": hota["HOTA"].mean(),
        "AssA": hota["AssA"].mean(),
        "MOTA": clear["MOTA"],
        "IDF1": identity["IDF1"],
        "switches": clear["IDSW"],
        "ids": len(ids),
        "recall": clear["CLR_Re"],
        "precision": clear["CLR_Pr"],
    }


def ours(allowed: set[str]) -> Callable[[np.ndarray, Result], Boxes]:
    """A tracker that believes only these witnesses of the camera."""

    class Camera(camera_module.Camera):
        def _ask(self, *details: Any) -> Any:
            said, near = super()._ask(*details)
            return [one for one in said if one[0] in allowed] or [("still", np.zeros(2))], near

    import shipedge.tracks.tracker as tracker_module

    tracker_module.Camera = Camera  # type: ignore[misc, attr-defined]
    tracker = Tracker()

    def update(pixels: np.ndarray, result: Result) -> Boxes:
        camera_module._FEW = 8 if len(allowed) == 4 else 0
        tracker.update(pixels, result)
        return [(int(ship.track), list(map(float, ship.bbox))) for ship in result.ships]  # type: ignore[arg-type]

    return update


def theirs(name: str, grow: float) -> Callable[[np.ndarray, Result], Boxes]:
    """A tracker of the library `trackers`; boxes are grown by so many pixels, or small ones never overlap."""
    import supervision
    import trackers

    kind = {"minimum_iou_threshold_first_assoc" if name == "BoTSORTTracker" else "minimum_iou_threshold": 0.05}
    sure = {} if name == "SORTTracker" else {"track_activation_threshold": 0.5, "high_conf_det_threshold": 0.5}
    tracker = getattr(trackers, name)(frame_rate=8.0, minimum_consecutive_frames=1, **kind, **sure)
    border = np.array([-grow, -grow, grow, grow], np.float32)

    def update(pixels: np.ndarray, result: Result) -> Boxes:
        boxes = np.array([ship.bbox for ship in result.ships], np.float32).reshape(-1, 4) + border
        scores = np.array([ship.score for ship in result.ships], np.float32)
        found = supervision.Detections(xyxy=boxes, confidence=scores, class_id=np.zeros(len(boxes), int))
        found = tracker.update(found, frame=pixels[..., ::-1])
        ids = [] if found.tracker_id is None else found.tracker_id.tolist()
        return [(track, (box - border).tolist()) for track, box in zip(ids, found.xyxy, strict=True) if track >= 0]

    return update


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("video", "labels", "log"):
        parser.add_argument(name)
    parser.add_argument("--swap", action="append", default=[], metavar="FRAME:ID,ID", help="ids that labels mix up")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    boats, others = read_labels(options.labels, options.swap)
    results = [event for event in read_events(Path(options.log)) if isinstance(event, Result)]
    frames = [frame.pixels for frame in read_video(options.video)]
    rivals: dict[str, Callable[[], Callable[[np.ndarray, Result], Boxes]]] = {
        name: lambda allowed=allowed: ours(allowed) for name, allowed in WITNESSES.items()
    }
    try:
        import trackers  # noqa: F401
    except ImportError:
        print("trackers is not installed")
    else:
        for name in ("SORTTracker", "ByteTrackTracker", "BoTSORTTracker"):
            for grow in (0, 20):
                rivals[f"trackers {name}, boxes grown by {grow}"] = lambda name=name, grow=grow: theirs(name, grow)
    for name, make in rivals.items():
        update, tracks, times = make(), [], []
        for pixels, result in zip(frames, results, strict=True):
            start = perf_counter()
            tracks.append(update(pixels, result))
            times.append((perf_counter() - start) * 1e3)
        scores = score(tracks, boats, others)
        values = "  ".join(f"{key} {value:.3f}".removesuffix(".000") for key, value in scores.items())
        print(f"{name:48} {values}  {np.median(times):.2f} ms a frame", flush=True)


if __name__ == "__main__":
    main()
