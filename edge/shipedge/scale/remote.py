"""Files of object stores and servers, by their address, through fsspec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from shipedge.errors import ConfigError, SourceError
from shipedge.files.inputs import read_most
from shipedge.images.files import MOST_BYTES

__all__ = ["Entry", "entries", "is_url", "open_url", "read_url", "shown"]

_EXTRAS = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "http": "aiohttp", "https": "aiohttp"}
"""Schemes, and the package that fsspec needs for each; "" for none."""
_SCHEMES = (*_EXTRAS, "memory")
_URL = re.compile(rf"({'|'.join(_SCHEMES)})://", re.IGNORECASE)
_AT_ONCE = 8 << 20
"""Bytes that are asked for together where a file is read from its beginning to its end."""

_PATIENCE_S = 60.0
"""For the next bytes of a server."""


class Entry(NamedTuple):
    """A file of a store.

    Attributes:
        url: its address.
        stamp: its size and version, "" where the store does not say.
    """

    url: str
    stamp: str


def is_url(text: str) -> bool:
    """Whether it is the address of something that `read_url` or `entries` can read."""
    return _URL.match(text) is not None


def shown(url: str) -> str:
    """An address without what may be secret: users, and the signatures behind a question mark."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if scheme.lower() in ("http", "https"):
        path = re.split(r"[?#]", path, maxsplit=1)[0]
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def read_url(url: str) -> bytes:
    """The content of a file. Raises SourceError where it cannot be read, or is too large for an image."""
    system, path = _system(url)
    at_once = 0 if _is_http(url) else _AT_ONCE  # 0: one request, and no parts, which not every server gives
    with _told(url), system.open(path, "rb", block_size=at_once, cache_type="readahead") as file:
        content = read_most(file, MOST_BYTES)
    if len(content) > MOST_BYTES:
        raise SourceError(f"{shown(url)}: over {MOST_BYTES} bytes, expected an image")
    return content


def open_url(url: str) -> BinaryIO:
    """A file, open for reading, mostly from its beginning to its end. Raises SourceError."""
    system, path = _system(url)
    with _told(url):
        copy = _copied(url) if _is_http(url) else None
        file: BinaryIO = copy or system.open(path, "rb", block_size=_AT_ONCE, cache_type="readahead")
    return file


def _is_http(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def _copied(url: str) -> BinaryIO | None:
    """A temporary copy of the file of a server that gives no parts of files; None where it gives them."""
    request = Request(url, headers={"Range": "bytes=0-0"})
    try:
        with urlopen(request, timeout=_PATIENCE_S) as answer, ExitStack() as stack:
            if answer.status != HTTPStatus.OK:
                return None
            file = stack.enter_context(TemporaryFile())
            copyfileobj(answer, file, 1 << 20)
            expected = answer.headers.get("Content-Length")
            if expected is not None and int(expected) != file.tell():
                raise SourceError(f"{shown(url)}: the server broke off after {file.tell()} of {expected} bytes")
            file.seek(0)
            stack.pop_all()
            return file
    except HTTPError as error:
        if error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise FileNotFoundError from None
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # it is empty
            return None
        raise


def entries(url: str, *, listed: bool = False) -> Iterator[Entry]:
    """The file at an address, those directly in the folder or behind the prefix, or the matches of a pattern, by name.

    Args:
        url: a file that is there is no pattern, whatever it is called.
        listed: it is a line of a manifest, of which there are many: no pattern, and nobody asks for its stamp.

    Raises:
        SourceError: there is none, or the store does not answer.
    """
    system, path = _system(url)
    with _told(url):
        # A web server knows no patterns and no folders, and may refuse to tell what a signed address holds.
        if not (listed or _is_http(url)) and any(char in path for char in "*?[") and not system.isfile(path):
            infos = system.glob(path, detail=True)
        elif url.endswith("/") or not (listed or _is_http(url) or not system.isdir(path)):
            infos = {info["name"]: info for info in system.ls(path.rstrip("/"), detail=True)}
        else:
            yield Entry(url, "" if listed or _is_http(url) else _stamp(system.info(path)))
            return
    for name in sorted(infos):
        info = infos.pop(name)
        if info.get("type") == "file":
            yield Entry(system.unstrip_protocol(name), _stamp(info))


def _stamp(info: dict[str, Any]) -> str:
    version = info.get("ETag") or info.get("etag") or info.get("mtime") or info.get("LastModified") or ""
    return f"{info.get('size')} {version}"


def _system(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ConfigError(f"{shown(url)}: needs fsspec: pip install 'shipedge[scale]'") from error
    scheme = url.partition("://")[0].lower()
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise SourceError(f"{shown(url)}: names a user, expected credentials in the environment")
    try:
        system, path = url_to_fs(url, use_listings_cache=False)  # what a store holds now
    except ImportError as error:
        raise ConfigError(f"{shown(url)}: needs {_EXTRAS.get(scheme)}: pip install {_EXTRAS.get(scheme)}") from error
    return system, path


class _told:  # noqa: N801 - used like a function
    """Makes sentences of whatever a store's library raises."""

    def __init__(self, url: str) -> None:
        self._url, self._shown = url, shown(url)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, FileNotFoundError):
            raise SourceError(f"{self._shown}: no such file or folder") from None
        if isinstance(error, Exception) and not isinstance(error, SourceError):
            # Of the text of the error the address is a part, where a library says so.
            text = " ".join((getattr(error, "strerror", None) or str(error)).replace(self._url, self._shown).split())
            raise SourceError(f"{self._shown}: cannot be read: {text or type(error).__name__}") from None
