"""The report as text for people and as JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shipedge_train.data.verify.findings import CHECKS, Report, printable

_EXAMPLES = 3
_WIDEST = 150  # letters of an example


def for_people(report: Report) -> Iterator[str]:
    """Lines: what was looked at, then each code with its count and its first examples."""
    parts = [f"{report.rows:,} rows", f"{report.images:,} images, {report.ship_images:,} with {report.ships:,} ships"]
    if report.image_files is not None:
        parts.append(f"{report.image_files:,} image files")
    if report.masks is not None:
        parts.append(f"{report.masks:,} mask files")
    yield f"{printable(report.source)}: {', '.join(parts)}"
    for code, found in report.by_code().items():
        check = CHECKS[code]
        yield f"{check.severity:<8}{code:<22}{len(found):>7,}  {check.title}"
        for finding in found[:_EXAMPLES]:
            place = finding.place()
            line = printable(f"{place}: {finding.text}" if place else finding.text)
            yield f"        {line[:_WIDEST]}{'...' if len(line) > _WIDEST else ''}"
        if len(found) > _EXAMPLES:
            yield f"        ... and {len(found) - _EXAMPLES:,} more"
    errors, warnings = report.count("error"), report.count("warning")
    yield f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}"


def for_machines(report: Report) -> dict[str, Any]:
    """Everything, each finding included."""
    return {
        "format": 1,
        "source": printable(report.source),
        "rows": report.rows,
        "images": report.images,
        "ship_images": report.ship_images,
        "ships": report.ships,
        "image_files": report.image_files,
        "masks": report.masks,
        "errors": report.count("error"),
        "warnings": report.count("warning"),
        "by_code": {code: len(found) for code, found in report.by_code().items()},
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity,
                "image": printable(finding.image) or None,
                "line": finding.line or None,
                "text": finding.text,
            }
            for found in report.by_code().values()
            for finding in found
        ],
    }


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
