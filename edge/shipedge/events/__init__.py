"""What a run tells as it happens: the lines of predictions.jsonl."""

from shipedge.events.kinds import Demoted, End, Event, Failure, Found, Gap, Notice, Result, Start, Track, describe, utc
from shipedge.events.summary import SourceSummary, Summary

__all__ = [
    "Demoted",
    "End",
    "Event",
    "Failure",
    "Found",
    "Gap",
    "Notice",
    "Result",
    "SourceSummary",
    "Start",
    "Summary",
    "Track",
    "describe",
    "utc",
]
