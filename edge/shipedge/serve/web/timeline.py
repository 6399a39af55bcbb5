"""The last day of each source as a strip: ships, frames without ships, gaps, and when nothing ran."""

from __future__ import annotations

from datetime import datetime, timedelta

from shipedge.serve.web.html import Html, join, tag
from shipedge.serve.web.queries import Bucket

__all__ = ["HOURS", "STEP", "strip"]

HOURS, STEP = 24, timedelta(minutes=5)
_HEIGHT = 40
_PER_STEP = 4


def strip(name: str, buckets: list[Bucket], gaps: list[tuple[datetime, datetime, str]], now: datetime) -> Html:
    """One source: an image with its text."""
    start = now - timedelta(hours=HOURS)
    width = _PER_STEP * (timedelta(hours=HOURS) // STEP)

    def x(when: datetime) -> float:
        return round(min(max((when - start) / STEP, 0.0), width / _PER_STEP) * _PER_STEP, 2)

    most = max((bucket.most for bucket in buckets), default=1) or 1
    marks: list[Html] = []
    for bucket in buckets:
        height = 6 if bucket.frames else 0
        left = x(bucket.start)
        marks.append(tag("rect", x=left, y=_HEIGHT - height, width=_PER_STEP, height=height, class_="seen"))
        if bucket.with_ships:
            tall = round(8 + (_HEIGHT - 8) * bucket.most / most, 1)
            marks.append(tag("rect", x=left, y=_HEIGHT - tall, width=_PER_STEP, height=tall, class_="ships"))
    for begin, end, _ in gaps:
        marks.append(tag("rect", x=x(begin), y=0, width=max(x(end) - x(begin), 1.0), height=_HEIGHT, class_="gap"))
    with_ships = sum(bucket.with_ships > 0 for bucket in buckets) * STEP
    missing = sum((end - begin for begin, end, _ in gaps), timedelta())
    text = (
        f"{name}, last {HOURS} hours: "
        + (f"ships in {_span(with_ships)}, at most {most} at once; " if with_ships else "no ship; ")
        + (f"{len(gaps)} gap{'s' * (len(gaps) > 1)}, {_span(missing)}" if gaps else "no gap")
    )
    image = tag(
        "svg",
        *marks,
        viewBox=f"0 0 {width} {_HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=text,
        class_="strip",
    )
    ends = tag("p", tag("span", f"{start:%a %H:%M}"), tag("span", "now"), class_="scale", aria_hidden="true")
    return join(image, ends, tag("p", text.partition(": ")[2], class_="quiet"))


def _span(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
