"""Events in words, for the page."""

from __future__ import annotations

from typing import Any

from shipedge.serve.web.html import Html, tag
from shipedge.serve.web.pages import when

__all__ = ["line"]


def line(event: dict[str, Any]) -> Html | None:
    """One entry of the list; None of what is nothing for people."""
    text = _words(event["kind"], event["body"])
    if text is None:
        return None
    source = event["source"]
    return tag("li", when(event["time"]), " ", tag("strong", source) if source else None, f" {text}")


def _words(kind: str, body: dict[str, Any]) -> str | None:
    if kind == "gap":
        if body["end"] is None:
            return f"gives no frames: {body['reason']}"
        return f"gave no frames since {body['start'][11:19]}: {body['reason']}"
    if kind in ("notice", "error", "demoted"):
        return str(body["message"])
    if kind == "start":
        return f"shipedge {body['version']} has started"
    if kind == "end":
        return "is through"
    if kind == "alert":
        return _alert(body)
    return None


def _alert(body: dict[str, Any]) -> str:
    rule = body["rule"]
    if body["event"] == "enter":
        return f"{rule}: ship {body['track']} has entered the zone"
    if body["event"] == "track":
        return f"{rule}: ship {body['track']} is new"
    if body["event"] == "count":
        return f"{rule}: {body['ships']} ships, more than {body['over']}"
    return f"{rule}: no frames for longer than {body['longer_s']:g} s"
