"""The pages, made on the server."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from shipedge.serve.board import Now
from shipedge.serve.channel import Status
from shipedge.serve.web.html import Child, Html, join, tag
from shipedge.serve.web.queries import Filters, Sighting

__all__ = ["detections", "live", "login", "message", "page"]

MOST_STREAMS = 4
"""A browser opens six connections to a server; a stream holds one for as long as it runs."""
_STATES = {"opening": "connecting", "live": "live", "gap": "no frames", "ended": "ended", "failed": "failed"}
_NAVIGATION = (("/", "Live"), ("/detections", "Detections"), ("/health", "Health"))


def page(title: str, *content: Child, here: str = "", has_token: bool = False) -> Html:
    """A whole page."""
    links = [
        tag("li", tag("a", text, href=href, aria_current="page" if href == here else None))
        for href, text in _NAVIGATION
    ]
    leave = (
        tag("form", tag("button", "Log out", class_="plain"), method="post", action="/logout") if has_token else None
    )
    navigation = tag("nav", tag("ul", *links), leave, aria_label="Pages") if here else None
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} - shipedge"),
        tag("link", rel="stylesheet", href="/static/style.css"),
        tag("link", rel="icon", href="/static/icon.svg", type="image/svg+xml"),
        tag("script", src="/static/page.js", defer=True),
    )
    body = tag(
        "body",
        tag("a", "Skip to the content", href="#content", class_="skip"),
        tag("header", tag("p", tag("a", "shipedge", href="/"), class_="brand"), navigation),
        tag("main", tag("h1", title), *content, id="content", tabindex=-1),
    )
    return Html(f"<!doctype html>\n{tag('html', head, body, lang='en')}\n")


def live(status: Status | None, strips: dict[str, Html], events: list[Html], has_token: bool) -> Html:
    """All sources, their last day, and what happened."""
    if status is None:
        note = tag("p", "The process with the models does not answer. It may be loading them.", class_="notice")
        return page("Live", note, here="/", has_token=has_token)
    cards = [_card(source, number < MOST_STREAMS) for number, source in enumerate(status.sources)]
    empty = tag("p", "No source. Add one on the page Health, or in the configuration file.", class_="notice")
    rows = [tag("div", tag("h3", name), strip, class_="row") for name, strip in strips.items()]
    return page(
        "Live",
        tag("p", _line(status), id="line", role="status", class_="quiet"),
        tag("div", *cards, class_="cards", id="sources") if cards else empty,
        tag("section", tag("h2", "Last 24 hours"), _legend(), *rows, class_="timeline") if rows else None,
        tag("section", tag("h2", "Events"), _list(events)),
        here="/",
        has_token=has_token,
    )


def _card(source: Now, is_stream: bool) -> Html:
    stream = f"/live/{source.id}.mjpg" if is_stream else None
    still = f"/api/v1/sources/{source.id}/frame.jpg"
    fields = (
        ("Ships now", "ships_now", source.ships_now),
        ("Tracks", "tracks", source.tracks),
        ("Frames/s", "fps", f"{source.fps:.1f}"),
        ("Age p50, p95", "age", age(source)),
        ("Frames", "frames", source.frames),
        ("Dropped", "dropped", source.dropped),
        ("Gaps", "gaps", source.gaps),
    )
    counters = [tag("div", tag("dt", name), tag("dd", value, data_field=key)) for name, key, value in fields]
    width, height = (source.shape[1], source.shape[0]) if source.shape else (16, 9)
    button = tag("button", "Pause", class_="pause", hidden=True, aria_label=f"Pause the image of {source.name}")
    return tag(
        "article",
        tag("h2", source.name, id=f"name-{source.id}"),
        badge(source),
        tag(
            "figure",
            tag(
                "img",
                src=stream or still,
                alt=f"{source.name}: newest frame, ships outlined",
                width=width,
                height=height,
                data_stream=stream,
                data_still=still,
            ),
            button if stream else None,
        ),
        tag("dl", *counters, class_="counters"),
        data_id=source.id,
        aria_labelledby=f"name-{source.id}",
    )


def badge(source: Now) -> Html:
    """The state of a source in words."""
    reason = f": {source.reason}" if source.reason else ""
    text = f"{_STATES.get(source.state, source.state)}{reason}"
    return tag("p", text, class_=f"badge {source.state}", data_field="state")


def age(source: Now) -> str:
    """Milliseconds from capture to result."""
    if source.age_p50_ms is None or source.age_p95_ms is None:
        return "-"
    return f"{source.age_p50_ms:.0f}, {source.age_p95_ms:.0f} ms"


def _line(status: Status) -> str:
    ships = sum(source.ships_now for source in status.sources)
    live_now = sum(source.state == "live" for source in status.sources)
    return f"{live_now} of {len(status.sources)} sources live, {ships} {'ship' if ships == 1 else 'ships'} now"


def _legend() -> Html:
    kinds = (("ships", "ships"), ("seen", "frames, no ship"), ("gap", "no frames"))
    return tag(
        "p", *(join(tag("span", class_=f"key {kind}"), text, " ") for kind, text in kinds), class_="legend quiet"
    )


def _list(events: list[Html]) -> Html:
    return tag("ol", *events, class_="events") if events else tag("p", "Nothing yet.", class_="quiet")


def when(time: str) -> Html:
    """A time for people and machines."""
    return tag("time", f"{time[:10]} {time[11:19]} UTC", datetime=time)


def detections(
    found: list[Sighting], sources: list[str], filters: Filters, more: bool, today: datetime, has_token: bool
) -> Html:
    """Past detections."""
    choices = [tag("option", "all", value="")]
    choices += [tag("option", name, value=name, selected=name == filters.source) for name in sources]
    form = tag(
        "form",
        tag("label", "Source ", tag("select", *choices, name="source")),
        tag("label", "Day (UTC) ", tag("input", type="date", name="day", value=filters.day)),
        tag(
            "label",
            "Score from ",
            tag("input", type="number", name="min_score", min=0, max=1, step="any", value=filters.min_score),
        ),
        tag("label", "Ships from ", tag("input", type="number", name="min_ships", min=1, value=filters.min_ships)),
        tag("button", "Show"),
        method="get",
        action="/detections",
        class_="filters",
    )
    cards = [_sighting(one) for one in found]
    day = filters.day or f"{today:%Y-%m-%d}"
    files = tag(
        "p",
        f"All ships of {day}: ",
        tag("a", "CSV", href=f"/api/v1/days/{day}/ships.csv", download=True),
        " ",
        tag("a", "GeoJSON", href=f"/api/v1/days/{day}/ships.geojson", download=True),
    )
    older = None
    if more and found:
        query = {**filters._asdict(), "before": found[-1].id}
        older = tag("p", tag("a", "Older", href=f"/detections?{urlencode(query)}", rel="next"))
    nothing = tag("p", "No detection with an image for this choice.", class_="notice")
    grid = tag("ol", *cards, class_="sightings") if cards else nothing
    return page("Detections", form, files, grid, older, here="/detections", has_token=has_token)


def _sighting(one: Sighting) -> Html:
    ships = f"{one.ships} ship{'' if one.ships == 1 else 's'}"
    length = "" if one.longest_m is None else f", longest {one.longest_m:.0f}\u00a0m"
    return tag(
        "li",
        tag(
            "figure",
            tag(
                "img",
                src=f"/images/{one.id}.jpg",
                alt=f"the clearest of {ships} in {one.source}",
                loading="lazy",
                width=320,
            ),
            tag(
                "figcaption",
                tag("strong", ships),
                f", score {one.score:.2f}{length}",
                tag("br"),
                one.source,
                tag("br"),
                when(one.time),
            ),
        ),
    )


def login(wrong: str) -> Html:
    """Asks for the token."""
    form = tag(
        "form",
        tag(
            "label",
            "Token ",
            tag(
                "input",
                type="password",
                name="token",
                autocomplete="current-password",
                required=True,
                autofocus=True,
                aria_describedby="wrong" if wrong else None,
            ),
        ),
        tag("button", "Log in"),
        method="post",
        action="/login",
        class_="login",
    )
    return page("Log in", tag("p", wrong, class_="notice", role="alert", id="wrong") if wrong else None, form)


def message(title: str, text: str) -> Html:
    """A sentence."""
    return page(title, tag("p", text, class_="notice"), tag("p", tag("a", "Back", href="/")))
