"""Rows of the CSV: do they parse, do they contradict or repeat each other, do ships of one image overlap?"""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from shipedge._core import csv_faults
from shipedge.airbus import MOST_FAULTS, open_csv
from shipedge.errors import DatasetError, RleFormatError
from shipedge.rle import CsvIndex, Rle, intersection, parse, union
from shipedge_train.data.verify.findings import Finding

_FAULTS = {"ship after none": "contradiction", "none after ship": "contradiction"}  # all others are bad rows
_ANYWHERE = (65535, 65535)
"""An image so large that no run lies outside."""


class Rows:
    """A CSV that was read, and what is wrong with it.

    Attributes:
        index: the images whose rows have the right form.
        ships: image -> masks, of those with ships that parse.
        findings: what is wrong.
        named: every image that a row names, the bad ones included.
    """

    def __init__(self, csv: Path, shape: tuple[int, int]) -> None:
        """Read all rows.

        Raises:
            DatasetError: the file is no Airbus CSV at all.
        """
        sentences: list[str] = []
        self.index = open_csv(csv, complaints=sentences)
        self.findings: list[Finding] = []
        self.ships: dict[str, list[Rle]] = {}
        self.named = set(self.index)
        for (kind, line, fields, _), sentence in zip(csv_faults(self.index, MOST_FAULTS), sentences, strict=False):
            image = fields[0] if fields else ""
            text = sentence.removeprefix(f"{csv}: line {line}: ")
            self.findings.append(Finding(_FAULTS.get(kind, "bad-row"), text, image, line))
            self.named.add(image)
        if len(sentences) > MOST_FAULTS:
            self.findings.append(Finding("bad-row", sentences[-1].removeprefix(f"{csv}: ")))
        for image in self.index.ship_ids():
            try:
                ships = self.index.ships(image, shape)
            except DatasetError:
                self.findings += _bad_strings(self.index, image, shape)
            else:
                self.ships[image] = ships
                if len(ships) > 1:
                    self.findings += _repeated(self.index, image, ships)
        written = sum(max(1, len(self.index[image])) for image in self.index)
        if self.index.rows != written:  # reading the file again is only worth it where rows are left over
            self.findings += _empty_again(csv)


def _bad_strings(index: CsvIndex, image: str, shape: tuple[int, int]) -> Iterator[Finding]:
    for k, text in enumerate(index[image]):
        try:
            parse(text, shape)
        except RleFormatError as error:
            yield Finding("outside-image" if _parses(text) else "bad-runs", str(error), image, index.line(image, k))


def _parses(text: str) -> bool:
    try:
        parse(text, _ANYWHERE)
    except RleFormatError:
        return False
    return True


def _repeated(index: CsvIndex, image: str, ships: Sequence[Rle]) -> Iterator[Finding]:
    """Ships that are there twice, and pairs of others that share pixels."""
    first: dict[Rle, int] = {}
    for k, ship in enumerate(ships):
        if ship in first:
            text = f"the ship of line {index.line(image, first[ship])} again"
            yield Finding("duplicate-ship", text, image, index.line(image, k))
        else:
            first[ship] = k
    if union(list(first), ships[0].shape).area == sum(ship.area for ship in first):
        return
    for j, ship in enumerate(first):
        for other in list(first)[:j]:
            common = intersection([ship, other], ship.shape).area
            if common:
                text = f"shares {common} pixels with the ship of line {index.line(image, first[other])}"
                yield Finding("ships-overlap", text, image, index.line(image, first[ship]))
                break  # one sentence for each ship is enough


def _empty_again(csv: Path) -> Iterator[Finding]:
    """Rows that say "no ship" of an image for the second time."""
    lines: dict[bytes, int] = {}
    with _open(csv) as file:
        for line, row in enumerate(file, 1):
            name, comma, rest = row.partition(b",")
            if not comma or rest.strip(b' \t\r\n"'):
                continue
            if name in lines:
                image = name.strip(b'"').decode(errors="replace")
                yield Finding("duplicate-empty", f"says again what line {lines[name]} said", image, line)
            lines.setdefault(name, line)


def _open(csv: Path) -> BinaryIO | gzip.GzipFile | lzma.LZMAFile:
    if csv.suffix == ".gz":
        return gzip.open(csv)
    return lzma.open(csv) if csv.suffix == ".xz" else csv.open("rb")
