"""`--sources FILE`: several sources with their own options, and with passwords that no command line shows.

[harbor]                                  # the name, unless there is a `name`; results give files by their path
url = "rtsp://cam.example/stream1"        # or a camera number, a file, watch:DIR
user = "admin"
password = "${CAM_PASSWORD}"              # or password_file = "secret.txt"
fps = 2
gsd_m = 0.3
roi = "harbor.json"
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from shipedge.errors import ConfigError, DatasetError, SourceError
from shipedge.files.inputs import read_input
from shipedge.files.shorten import shorten
from shipedge.region import Region, read_region
from shipedge.sources.address import expand, scheme_of
from shipedge.sources.resolve import Source, distinct, resolve, stream_at

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["read_listed", "read_secret", "read_toml", "sources_in"]

_KEYS = ("url", "name", "roi", "fps", "every", "gsd_m", "user", "password", "password_file")
_MOST_BYTES = 1 << 20


def read_listed(path: str | os.PathLike[str], notes: list[str] | None = None) -> list[Source]:
    """The sources of a TOML file, in its order; files that it names are relative to its folder.

    Raises:
        ConfigError: not TOML, or a table has other keys or values than expected.
        SourceError: a source cannot be read.
        OSError: the file, or a password's, cannot be read.
    """
    return sources_in(path, read_toml(path), notes)


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The tables of a TOML file that may hold passwords. Raises ConfigError, OSError; quotes nothing of it."""
    content = read_input(Path(path), _MOST_BYTES)
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:  # the text of the error may quote a password
        where = getattr(error, "lineno", None)
        raise ConfigError(f"{path}: not a TOML file{f', see line {where}' if where else ''}") from None


def sources_in(path: str | os.PathLike[str], tables: Mapping[str, Any], notes: list[str] | None = None) -> list[Source]:
    """The sources of such tables, which stand in that file. Raises as `read_listed`."""
    sources: list[Source] = []
    for key, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: {key} stands outside of a table, expected [NAME] above it")
        sources += _sources(Path(path), key, table, [] if notes is None else notes)
    if not sources:
        raise ConfigError(f"{path}: no source, expected a table [NAME] with a url for each")
    return distinct(sources, [] if notes is None else notes)


def _sources(path: Path, key: str, table: Mapping[str, Any], notes: list[str]) -> list[Source]:
    where = f"{path}: [{key}]"
    if unknown := next((name for name in table if name not in _KEYS), None):
        raise ConfigError(f"{where}: {unknown} is not known, expected {', '.join(_KEYS)}")
    text = _get(table, "url", str, where)
    if not text:
        raise ConfigError(f"{where}: url is missing, expected an address, the number of a camera or a file")
    if "password" in table and "password_file" in table:
        raise ConfigError(f"{where}: password and password_file, expected one of them")
    password = expand(_get(table, "password", str, where) or "", where)
    if file := _get(table, "password_file", str, where):
        password = read_secret(Path(path.parent, file), where)
    user = _get(table, "user", str, where)
    if scheme_of(text) is not None:
        address, known = expand(text, where), expand(user, where) if user else None
        try:
            found = [stream_at(address, known, password)]
        except SourceError as error:
            raise SourceError(f"{where}: {error}") from None
    elif user or password:
        raise ConfigError(f"{where}: a user or password for what is no address of a stream")
    else:
        found = resolve([text], notes)
    every, roi = _get(table, "every", int, where), _get(table, "roi", str, where)
    if every is not None and every < 1:
        raise ConfigError(f"{where}: every is {every}, expected a whole number from 1 on")
    own = {
        "fps": _positive(table, "fps", where),
        "every": every,
        "gsd_m": _positive(table, "gsd_m", where),
        "region": None if roi is None else _region(Path(path.parent, roi), where),
    }
    named = [replace(source, **own) for source in found]
    return _called(_get(table, "name", str, where) or key, named)


def _called(name: str, sources: list[Source]) -> list[Source]:
    """Sources of one table by its name; of several files each by the name and its path below their common folder."""
    if sources[0].kind not in ("image", "video", "pipe"):
        return [replace(source, name=name) for source in sources]
    if len(sources) == 1:
        return [replace(sources[0], title=name)]
    folder = os.path.commonpath([Path(source.name).parent for source in sources])
    return [replace(source, title=f"{name}/{os.path.relpath(source.name, folder)}") for source in sources]


def read_secret(path: Path, where: str) -> str:
    """What a file holds, without white space around it. Raises ConfigError; quotes nothing of it."""
    try:
        return read_input(path, _MOST_BYTES).decode("utf-8").strip()
    except (OSError, ValueError) as error:  # not text, half a name; the text of the error may quote it
        reason = getattr(error, "strerror", None) or "not a text"
        raise ConfigError(f"{where}: password_file {path} cannot be read: {reason}") from None
    except DatasetError as error:
        raise ConfigError(f"{where}: password_file: {error}") from None


def _region(path: Path, where: str) -> Region:
    try:
        return read_region(str(path))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{where}: roi {path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except DatasetError as error:
        raise ConfigError(f"{where}: {error}") from None


def _positive(table: Mapping[str, Any], key: str, where: str) -> float | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
        raise ConfigError(f"{where}: {key} is {shorten(value)}, expected a number above 0")
    return float(value)


def _get(table: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    value = table.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
        what = "a text in quotes" if kind is str else "a whole number"
        raise ConfigError(f"{where}: {key} is of another kind, expected {what}")
    return value
