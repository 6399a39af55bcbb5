"""Numbers as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shipedge_train.data.view.numbers import Numbers

_BAR = 40  # letters of the longest bar
_LONGEST = 16  # lines of the histogram


def for_people(numbers: Numbers) -> Iterator[str]:
    """Lines of text."""
    found = numbers.summary()
    if not found["images"]:
        yield "no images"
        return
    yield f"images          {found['images']:,}, {found['ship_images']:,} with ships, {found['empty_share']:.1%} empty"
    share = found["ship_pixel_share_of_ship_images"]
    covered = "" if share is None else f", {share:.3%} of the pixels of images with ships"
    yield f"ships           {found['ships']:,}{covered}"
    for key, unit in (("area", "px"), ("length", "px"), ("width", "px"), ("runs", "")):
        if found[key]:
            yield f"{key:<16}{_spread(found[key], unit)}"
    if found["image_files"] or found["unreadable"]:
        sizes = ", ".join(f"{one['height']}x{one['width']} ({one['images']:,})" for one in found["sizes"][:5])
        more = f", {len(found['sizes']) - 5} other sizes" if len(found["sizes"]) > 5 else ""
        yield f"images          {found['image_files']:,}; height x width: {sizes or '-'}{more}"
    if found["unreadable"]:
        yield f"unreadable      {found['unreadable']:,}; shipedge data verify names them"
    for name, values in (("brightness", found["brightness"]), *found["color"].items()):
        if values:
            yield f"{name:<16}{_spread(values, 'of 255')}"
    yield "ships per image"
    yield from _bars(found["ships_per_image"])


def _spread(values: dict[str, float], unit: str) -> str:
    texts = (f"{name} {value:,.4g}" if value < 10_000 else f"{name} {value:,.0f}" for name, value in values.items())
    return f"{', '.join(texts)} {unit}".rstrip()


def _bars(counts: dict[int, int]) -> Iterator[str]:
    most = max(counts.values())
    rows: list[tuple[str, int]] = [(str(key), counts[key]) for key in list(counts)[:_LONGEST]]
    rest = sum(counts[key] for key in list(counts)[_LONGEST:])
    if rest:
        rows.append(("more", rest))
    for key, count in rows:
        yield f"  {key:>4} {count:>9,} {'#' * max(1, round(_BAR * count / most))}"


def jsonable(numbers: Numbers) -> dict[str, Any]:
    """The summary with keys that JSON knows."""
    found = numbers.summary()
    return {**found, "ships_per_image": {str(key): count for key, count in found["ships_per_image"].items()}}
