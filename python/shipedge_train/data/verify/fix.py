"""A cleaned CSV and the list of what was left out of it; originals stay as they are."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from shipedge.airbus import write_airbus
from shipedge.files.atomic import new_folder, write_atomic
from shipedge.rle import CsvIndex
from shipedge_train.data.verify.dataset import Parts
from shipedge_train.data.verify.findings import CHECKS, Finding, Report, printable
from shipedge_train.data.verify.rows import Rows

CLEAN, QUARANTINE = "ships.csv", "quarantine.csv"


def fix(out: Path, report: Report, rows: Rows, parts: Parts) -> tuple[int, int, list[Finding]]:
    """Write ``out/ships.csv`` without images that have errors, copies of images and repeated rows, and why they are.

    ``out`` is a dataset: its ``images`` is a link to the images of the original, which stay where they are. The reasons
    are in ``out/quarantine.csv``.

    Args:
        out: a new or empty folder.
        report: what `verify` found.
        rows: what `verify` read.
        parts: what it looked at.

    Returns:
        (images kept, images left out, errors that this cannot mend: of mask files, of scenes, of the whole CSV).

    Raises:
        DatasetError: `out` exists and is not empty.
    """
    errors = [finding for finding in report.findings if finding.severity == "error"]
    copies = [finding for finding in report.findings if finding.code == "same-file"]
    left_out = {finding.image for finding in errors if CHECKS[finding.code].drops} | {copy.image for copy in copies}
    kept = [image for image in rows.index if image not in left_out]
    repeated = {finding.line for finding in errors if finding.code == "duplicate-ship"}
    mended = copies + [finding for finding in errors if finding.image in left_out or finding.code == "duplicate-ship"]
    remaining = [finding for finding in errors if finding.image not in left_out and finding.code != "duplicate-ship"]
    with new_folder(out) as folder:
        write_airbus(folder / CLEAN, ((image, _texts(rows.index, image, repeated)) for image in kept))
        write_atomic(folder / QUARANTINE, _table(mended).encode())
        if parts.images is not None:
            (folder / "images").symlink_to(parts.images.resolve(), target_is_directory=True)
        if parts.scenes is not None:
            write_atomic(folder / "scenes.csv", parts.scenes.read_bytes())
    return len(kept), len(left_out), remaining


def _texts(index: CsvIndex, image: str, repeated: set[int]) -> list[str]:
    return [text for k, text in enumerate(index[image]) if index.line(image, k) not in repeated]


def _table(findings: list[Finding]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["ImageId", "line", "code", "reason"])
    writer.writerows((printable(finding.image), finding.line or "", finding.code, finding.text) for finding in findings)
    return text.getvalue()
