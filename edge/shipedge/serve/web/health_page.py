"""The page with the health of everything, where sources are added and stopped."""

from __future__ import annotations

from shipedge.serve.board import Now
from shipedge.serve.channel import Status
from shipedge.serve.web.html import Html, tag
from shipedge.serve.web.pages import age, badge, page, when

__all__ = ["health"]


def health(status: Status | None, problem: str, has_token: bool, wrong: str = "") -> Html:
    """How everything does; `problem` is what `/healthz` says."""
    state = tag("p", problem or "Frames are processed.", class_="badge gap" if problem else "badge live")
    complaint = tag("p", wrong, class_="notice", role="alert") if wrong else None
    if status is None:
        return page("Health", complaint, state, here="/health", has_token=has_token)
    return page(
        "Health",
        complaint,
        state,
        _table(
            "Sources", ("Source", "State", "Frames/s", "Age p50, p95", "Last frame", ""), map(_source, status.sources)
        ),
        _form(),
        _table(
            "Outputs",
            ("Output", "Waiting", "Refused", "Dropped", "Last problem"),
            (
                [one["name"], one["waiting"], one["refused"], one["dropped"], one["error"] or "-"]
                for one in status.outputs
            ),
        )
        if status.outputs
        else None,
        tag("section", tag("h2", "This machine"), tag("dl", *_facts(status), class_="facts")),
        here="/health",
        has_token=has_token,
    )


def _source(source: Now) -> list[str | Html]:
    stop = tag(
        "form",
        tag("button", "Stop", aria_label=f"Stop {source.name}"),
        method="post",
        action=f"/sources/{source.id}/stop",
    )
    last = when(source.last) if source.last else "-"
    return [source.name, badge(source), f"{source.fps:.1f}", age(source), last, stop]


def _table(title: str, names: tuple[str, ...], rows: object) -> Html:
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") if name else tag("td") for name in names)))
    lines = [
        tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:]))
        for row in rows  # type: ignore[attr-defined]
    ]
    table = tag("table", head, tag("tbody", *lines))
    return tag(
        "section", tag("h2", title), tag("div", table, class_="scrolls", tabindex=0, role="region", aria_label=title)
    )


def _form() -> Html:
    fields = (
        ("Name", "name", "text", True),
        ("Address or number of a camera", "url", "text", True),
        ("User", "user", "text", False),
        ("Password", "password", "password", False),
        ("Frames/s, at most", "fps", "text", False),
    )
    labels = [
        tag("label", f"{text} ", tag("input", type=kind, name=name, required=needed, autocomplete="off"))
        for text, name, kind, needed in fields
    ]
    note = tag("p", "It is read until the service ends. The configuration file keeps a source.", class_="quiet")
    form = tag("form", *labels, tag("button", "Add"), method="post", action="/sources", class_="filters")
    return tag("details", tag("summary", "Add a source"), note, form)


def _facts(status: Status) -> list[Html]:
    info = status.info
    facts = [
        ("Database", status.problem or "follows the log"),
        ("Models", f"{info['bundle']} on {info['device']}"),
        *(("Demoted", text) for text in info["demoted"]),
        ("Up", _span(info["up_s"])),
        ("Memory", f"{info['memory_bytes'] / 1e6:.0f} MB"),
        ("Free on the disk", f"{info['free_bytes'] / 1e9:.1f} GB"),
        *((f"Temperature {zone}", f"{celsius:.0f} °C") for zone, celsius in info["thermal"]),
        ("Version", info["version"]),
    ]
    return [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts]


def _span(seconds: float) -> str:
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours // 24} d {hours % 24} h {minutes} min"
