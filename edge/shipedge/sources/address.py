"""Addresses of streams: what to open, and a name for it that tells nobody's password.

This is the one place where credentials are cut out. Only the name goes into results, files, messages and the log.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from shipedge.errors import SourceError

__all__ = ["SCHEMES", "Address", "expand", "parse_address", "pipeline_name", "scheme_of", "without_secrets"]

SCHEMES = ("rtsp", "rtsps", "rtmp", "rtmps", "srt", "udp", "tcp", "http", "https")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s'\"]*/[^\s'\"]*|\?[^\s'\"]+")
"""In a text; a query belongs to one."""
_LONG = 3
_VALUE = re.compile(r"=[^&;]*")


class Address(NamedTuple):
    """Where a stream is.

    Attributes:
        scheme: in lower case.
        host: name or number, without brackets.
        port: None: what the scheme has.
        target: path and query, as they are sent; never empty.
        user: None where none is given.
        password: may be empty.
        name: the address for people: no user, no password, and of a query only the names of its values.
    """

    scheme: str
    host: str
    port: int | None
    target: str
    user: str | None
    password: str
    name: str

    @property
    def url(self) -> str:
        """The whole address, with credentials: to be opened, never to be shown."""
        user = "" if self.user is None else f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@"
        return f"{self.scheme}://{user}{self.authority}{self.target}"

    @property
    def authority(self) -> str:
        """Host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def path(self) -> str:
        """Without the query."""
        return self.target.partition("?")[0]


def scheme_of(text: str) -> str | None:
    """The scheme of an address in lower case; None of what is none."""
    match = _SCHEME.match(text)
    return match[1].lower() if match else None


def parse_address(text: str, user: str | None = None, password: str = "") -> Address:
    """An address as typed; `user` and `password` where it has none of its own.

    Raises:
        SourceError: no such address; of the text only the scheme is told, it may hold a password.
    """
    scheme = scheme_of(text)
    if scheme not in SCHEMES:
        raise SourceError(f"{scheme}://...: not a kind of stream that is known, expected one of {', '.join(SCHEMES)}")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise SourceError(f"{scheme}://: the address has spaces or characters beyond ASCII: write them as %XX")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = None
    if parts is None or "@" in parts.path or "@" in parts.fragment:
        # A slash, question mark or hash in a password ends the part that names and passwords are looked for in.
        raise SourceError(
            f"{scheme}://: the address cannot be taken apart: in users and passwords write %40 for @, %2F for /, %3A "
            "for :, %23 for # and %3F for ?"
        )
    if host is None or (scheme != "udp" and not host):
        raise SourceError(f"{scheme}://: the address names no host, expected {scheme}://HOST/PATH")
    if parts.username is not None:
        user, password = unquote(parts.username), unquote(parts.password or "")
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    address = Address(scheme, host or "", port, target, user, password, "")
    query = "?" + "&".join(_VALUE.sub("=...", part) if "=" in part else "..." for part in parts.query.split("&"))
    public = f"{scheme}://{address.authority}{parts.path}{query if parts.query else ''}"
    return address._replace(name=public)


def pipeline_name(pipeline: str) -> str:
    """A GStreamer pipeline for people: its elements without their properties, which may hold addresses."""
    words = [part.split() for part in pipeline.split("!")]
    return "gst:" + "!".join(re.sub(r"[^\w.-].*", "", part[0]) for part in words if part)


def without_secrets(text: str, secret: str) -> str:
    """What a library says, without the address that it was given, its parts and addresses of other servers."""
    if not secret:
        return text
    parts = [secret]
    if scheme_of(secret) in SCHEMES:
        address = parse_address(secret)
        values = [part.partition("=")[2] or part for part in re.split("[&;]", address.target.partition("?")[2])]
        plain = [address.user or "", address.password, *map(unquote, values)]
        parts += [*plain, *values, *(quote(part, safe="") for part in plain)]
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _LONG:  # a shorter one is in many words, and tells nothing there
            text = text.replace(part, "...")
    return _ADDRESS.sub("...", text)


def expand(text: str, where: str, environment: Mapping[str, str] = os.environ) -> str:
    """`${NAME}` replaced by the environment variable of that name. Raises SourceError where there is none."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise SourceError(f"{where}: the environment variable {match[1]} is not set")
        return environment[match[1]]

    return _VARIABLE.sub(value, text)
