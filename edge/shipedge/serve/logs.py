"""The service's log lines on standard error: one JSON object a line, or a sentence where that is a terminal."""

from __future__ import annotations

import json
import logging
import sys

from shipedge.events import utc

__all__ = ["start"]


class _Json(logging.Formatter):
    """{"time": ..., "level": ..., "message": ...}, in ASCII: no name can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {"time": utc(record.created), "level": record.levelname.lower(), "message": record.getMessage()}
        return json.dumps(fields | getattr(record, "fields", {}))


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        escaped = text if text.isprintable() else text.encode("unicode_escape").decode()
        return f"{utc(record.created)[11:19]} {record.levelname.lower()}: {escaped}"


def start() -> None:
    """Sends what `shipedge.serve` logs to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Text() if sys.stderr.isatty() else _Json())
    logger = logging.getLogger("shipedge.serve")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
