"""The checks by their stable codes, and what they find."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class Check(NamedTuple):
    """What a code stands for.

    Attributes:
        severity: an error spoils training or scores; a warning is unusual, and may be right.
        title: what all findings of the code have in common.
        drops: ``--fix`` leaves the image out.
    """

    severity: Severity
    title: str
    drops: bool = False


CHECKS = {
    # rows of the CSV
    "no-images": Check("error", "nothing to train on"),
    "bad-row": Check("error", "rows that are no row of the format", drops=True),
    "contradiction": Check("error", "images said to have ships and to have none", drops=True),
    "bad-runs": Check("error", "ship strings that are no mask", drops=True),
    "outside-image": Check("error", "ships that reach beyond the image", drops=True),
    "duplicate-ship": Check("error", "ships written twice"),
    "ships-overlap": Check("error", "images whose ships overlap", drops=True),
    "duplicate-empty": Check("warning", "images said to be empty more than once"),
    # ships
    "ship-fills": Check("error", "masks over a quarter of the image, no ship", drops=True),
    "ship-huge": Check("warning", "ships larger than any of the real data"),
    "ship-tiny": Check("warning", "ships of fewer than 4 pixels"),
    "ship-parts": Check("warning", "ships in several pieces"),
    "ship-hollow": Check("warning", "ships with holes"),
    "ship-ragged": Check("warning", "ships that fill less than half of their convex hull"),
    "row-major": Check("error", "ship strings counted along the rows; shipedge rle convert --order C puts them right"),
    "row-major-image": Check("warning", "images whose ships fit better when read along the rows"),
    "row-major-habit": Check("warning", "ships higher than wide in the mean, perhaps counted along the rows"),
    # images
    "no-file": Check("error", "rows without their image", drops=True),
    "no-rows": Check("warning", "images without a row"),
    "unreadable": Check("error", "files that are not an image", drops=True),
    "truncated": Check("error", "image files that end early", drops=True),
    "damaged": Check("error", "images that are damaged", drops=True),
    "wrong-size": Check("error", "images of another size", drops=True),
    "wrong-channels": Check("error", "images that are not 8-bit RGB", drops=True),
    "follows-image": Check("error", "masks that follow the brightness of their image", drops=True),
    "turned": Check("warning", "images with a rotation noted in EXIF, which is applied everywhere"),
    "solid-image": Check("warning", "images of one color"),
    "solid-blocks": Check("warning", "images with 256-pixel blocks of one color"),
    "same-file": Check("warning", "image files with the same content"),
    # mask files
    "mask-missing": Check("warning", "images without a mask file"),
    "mask-stray": Check("warning", "mask files without an image"),
    "mask-unreadable": Check("error", "mask files that cannot be read"),
    "mask-size": Check("error", "mask files of another size than their image"),
    "mask-type": Check("error", "mask files that are not one 8-bit channel"),
    "mask-values": Check("error", "mask files with values other than 0 and 1, 0 and 255, or ship numbers"),
    "mask-scale": Check("error", "mask files of 0 and 1 beside mask files of 0 and 255"),
    "mask-is-image": Check("error", "mask files that are their image"),
    "mask-follows-image": Check("error", "mask files that follow the brightness of their image"),
    "mask-transposed": Check("error", "mask files that are the transposed mask of the rows"),
    "mask-inverted": Check("error", "mask files that are the inverted mask of the rows"),
    "mask-differs": Check("error", "mask files that show other ships than the rows"),
    # scenes
    "bad-scenes": Check("error", "a table of scenes that cannot be used"),
    "no-scene": Check("warning", "images without a scene in a table that has others"),
}
"""code -> check, in the order of the summary."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        code: key of `CHECKS`.
        text: one sentence: what was found, what was expected.
        image: ImageId; empty where it concerns the whole dataset.
        line: of the CSV, from 1; 0 where it concerns no line.
    """

    code: str
    text: str
    image: str = ""
    line: int = 0

    @property
    def severity(self) -> Severity:
        """Of its check."""
        return CHECKS[self.code].severity

    def place(self) -> str:
        """Where it is, for people."""
        line = f"line {self.line}" if self.line else ""
        return ", ".join(part for part in (line, printable(self.image)) if part)


@dataclass(slots=True)
class Report:
    """Everything that was found, and how much was looked at (None: there was no such folder)."""

    source: str
    rows: int = 0
    images: int = 0
    ship_images: int = 0
    ships: int = 0
    image_files: int | None = None
    masks: int | None = None
    findings: list[Finding] = field(default_factory=list)

    def count(self, severity: Severity) -> int:
        """How many findings are errors, or warnings."""
        return sum(finding.severity == severity for finding in self.findings)

    def by_code(self) -> dict[str, list[Finding]]:
        """Findings of each code that was found: errors first, in the order of `CHECKS`."""
        groups: dict[str, list[Finding]] = {code: [] for code in sorted(CHECKS, key=lambda c: CHECKS[c].severity)}
        for finding in self.findings:
            groups[finding.code].append(finding)
        return {code: group for code, group in groups.items() if group}


def printable(name: str) -> str:
    """A file name as text: what is no valid text, or would move the cursor of a terminal, is shown as an escape."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
