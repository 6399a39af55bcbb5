"""Whether the service does what it is there for."""

from __future__ import annotations

from shipedge.serve.channel import Status

__all__ = ["problem_of"]

QUIET_S = 30.0


def problem_of(status: Status | None) -> str:
    """What is wrong, "" where frames are really processed; says nothing that is not for everybody."""
    if status is None:
        return "the process with the models does not answer"
    if not status.ready:
        return "the models are not ready yet"
    if status.problem:
        return "results cannot be written into the database"
    quiet = [source.quiet_s for source in status.sources if source.quiet_s is not None and source.state != "ended"]
    if not quiet:
        return "no frame was processed yet"
    if min(quiet) > QUIET_S:
        return f"no frame was processed for {min(quiet):.0f} s"
    return ""
