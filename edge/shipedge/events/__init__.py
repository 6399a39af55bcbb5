"""What a run tells as it happens: the lines of predictions.jsonl."""

from shipedge.events.kinds import Demoted, End, Event, Failure, Found, Gap, Notice, Result, Start, describe, utc

__all__ = ["Demoted", "End", "Event", "Failure", "Found", "Gap", "Notice", "Result", "Start", "describe", "utc"]
