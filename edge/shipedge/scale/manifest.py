"""Lists of what to read: a path or an address on every line, or JSON Lines as a run leaves them in OUT/read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from shipedge.files.json_text import loads
from shipedge.files.shorten import shorten
from shipedge.scale.blocks import Item, refused

__all__ = ["Wanted", "manifest_name", "read_manifest"]

_LONGEST = 1 << 16
"""Bytes of a line."""


class Wanted(NamedTuple):
    """What a line asks for.

    Attributes:
        url: a path or an address.
        size: bytes that it must have, None: any number.
        sha256: of its content, "": any.
    """

    url: str
    size: int | None = None
    sha256: str = ""


def manifest_name(spec: str) -> str | None:
    """The manifest that a source names: "@FILE"; None of any other."""
    return spec[1:] if spec.startswith("@") and len(spec) > 1 else None


def read_manifest(file: BinaryIO, name: str) -> Iterator[Wanted | Item]:
    """What the lines of a manifest ask for; an item that is refused for a line that cannot be understood.

    Empty lines and those that begin with # are passed over.
    """
    number = 0
    with file:
        while line := file.readline(_LONGEST):
            number += 1
            if len(line) == _LONGEST and not line.endswith(b"\n"):
                yield refused(
                    f"{name}: line {number}", f"is longer than {_LONGEST} bytes, expected a path or an address"
                )
                while line and not line.endswith(b"\n"):
                    line = file.readline(_LONGEST)
                continue
            text = line.strip(b"\r\n")
            if text.startswith(b"{"):
                yield _parsed(text, f"{name}: line {number}")
            elif text and not text.startswith(b"#"):
                yield Wanted(text.decode("utf-8", "surrogateescape"))


def _parsed(text: bytes, where: str) -> Wanted | Item:
    try:
        known: Any = loads(text)
    except ValueError as error:
        return refused(where, f"is no JSON: {error}")
    if odd := [key for key in known if key not in ("url", "size", "sha256")]:
        return refused(where, f"has the key {shorten(odd[0])}, expected url, size and sha256")
    url, size, sha256 = (known.get(key) for key in ("url", "size", "sha256"))
    if not isinstance(url, str) or not url:
        return refused(where, f"url is {shorten(url)}, expected a path or an address")
    try:
        os.fsencode(url)
    except UnicodeEncodeError:
        return refused(where, f"url is {url!a}, which no file can be called")
    if size is not None and (type(size) is not int or size < 0):
        return refused(where, f"size is {shorten(size)}, expected a number of bytes")
    if sha256 is not None and not (isinstance(sha256, str) and len(sha256) == 64):
        return refused(where, f"sha256 is {shorten(sha256)}, expected 64 hexadecimal digits")
    return Wanted(url, size, (sha256 or "").lower())
