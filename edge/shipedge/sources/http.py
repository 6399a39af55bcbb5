"""HTTP for cameras: one request, with authentication, redirects and a deadline for everything."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import select
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from urllib.parse import urljoin
from urllib.request import parse_http_list, parse_keqv_list

from shipedge.errors import SourceError
from shipedge.sources.address import Address, parse_address, scheme_of
from shipedge.sources.stream import Lost

__all__ = ["Answer", "get"]

_REDIRECTS = 5
_SLACK_S = 0.2
"""Beyond a deadline, until a connection is broken that does not keep it by itself."""
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_TRY_LATER = (408, 425, 429)


class Answer:
    """What a server sends: its headers, and a body that is read piece by piece.

    Attributes:
        status: 200, or 304 where nothing changed.
        headers: of the answer.
    """

    def __init__(self, response: http.client.HTTPResponse, line: socket.socket) -> None:
        """Takes a response whose headers are read, and what it comes through."""
        self._response, self._line = response, line
        self._until: float | None = None
        self._broken = False
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="shipedge-http", daemon=True).start()
        self.status, self.headers = response.status, response.headers

    @property
    def content_type(self) -> str:
        """For example "multipart/x-mixed-replace"."""
        return self.headers.get_content_type()

    def is_ready(self) -> bool:
        """Whether something has come that is not read yet."""
        return bool(select.select([self._line], [], [], 0)[0])

    def read(self, deadline: float) -> bytes:
        """What has come, at least a byte; nothing at the end.

        Raises:
            Lost: nothing came until the deadline, or the connection broke.
        """
        if monotonic() > deadline:
            raise Lost("no whole frame in time")
        self._until = deadline  # what stands between pieces may drip in without end
        try:
            with _told():
                piece = self._response.read1(1 << 16)
        except Lost:
            if self._broken:
                raise Lost("no whole frame in time") from None
            raise
        finally:
            self._until = None
        if not piece and self._broken:
            raise Lost("no whole frame in time")
        return piece

    def close(self) -> None:
        """Nothing more is read."""
        self._closed.set()

    def _watch(self) -> None:
        """Breaks the connection when reading takes longer than it may."""
        while not self._closed.wait(0.25):
            until = self._until
            if until is not None and monotonic() > until + _SLACK_S:
                self._broken = True
                _shut(self._line)


@contextmanager
def get(address: Address, open_s: float, read_s: float, headers: Mapping[str, str] | None = None) -> Iterator[Answer]:
    """The answer of a server to one request, 200 or 304.

    Args:
        address: what is asked for.
        open_s: seconds until all headers of the answer are there.
        read_s: seconds without a byte after which the connection is given up.
        headers: of the request.

    Raises:
        Lost: it cannot be reached, or is busy.
        SourceError: it wants another password, has nothing there, or sends somewhere else than allowed.
    """
    name, proof, deadline, left = address.name, "", monotonic() + open_s, _REDIRECTS
    while True:
        line, response = _ask(address, proof, deadline, read_s, headers or {})
        try:
            if response.status == 401 and address.user is not None and not proof:
                proof = _proof(address, response.headers.get_all("WWW-Authenticate") or [], name)
            elif response.status in (301, 302, 303, 307, 308):
                if not left:
                    raise SourceError(f"{name}: redirects more than {_REDIRECTS} times")
                address, proof, left = _redirected(address, response.headers.get("Location"), name), "", left - 1
            elif response.status in (200, 304):
                answer = Answer(response, line)
                try:
                    yield answer
                finally:
                    answer.close()
                return
            elif response.status >= 500 or response.status in _TRY_LATER:
                raise Lost(f"the server answers {response.status}")
            else:
                raise SourceError(f"{name}: {_refusal(response.status, address.user is not None)}")
        finally:
            response.close()
            line.close()


def _ask(
    address: Address, proof: str, deadline: float, read_s: float, headers: Mapping[str, str]
) -> tuple[socket.socket, http.client.HTTPResponse]:
    left = deadline - monotonic()
    if left <= 0:
        raise Lost("no answer in time")
    port = address.port or (443 if address.scheme == "https" else 80)
    connection = http.client.HTTPConnection(address.host, port)
    with _told():
        plain = socket.create_connection((address.host, port), timeout=left)
    # The headers, and TLS before them, may drip in: each byte would begin the time-out of the socket anew.
    same = plain.dup()
    timer = threading.Timer(max(deadline - monotonic(), 0), _shut, [same])
    timer.daemon = True
    timer.start()
    try:
        plain.settimeout(min(read_s, left))
        with _told():
            if address.scheme == "https":
                plain = ssl.create_default_context().wrap_socket(plain, server_hostname=address.host)
            connection.sock = plain
            sent = {"Accept": "*/*", "Connection": "close", "User-Agent": "shipedge", **headers}
            if proof:
                sent["Authorization"] = proof
            connection.request("GET", address.target, headers=sent)
            response = connection.getresponse()
        if monotonic() > deadline:
            raise Lost("no answer in time")
        plain.settimeout(read_s)
        return plain, response
    except BaseException:
        plain.close()
        raise
    finally:
        timer.cancel()
        timer.join()
        same.close()


def _shut(line: socket.socket) -> None:
    with suppress(OSError):  # closed by the other side
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def _told() -> Iterator[None]:
    """Turns what the network does into a reason; texts of exceptions may hold the address."""
    try:
        yield
    except TimeoutError:
        raise Lost("no answer in time") from None
    except ssl.SSLCertVerificationError as error:
        raise Lost(f"its certificate is not valid ({error.verify_message})") from None
    except ssl.SSLError:
        raise Lost("TLS failed") from None
    except socket.gaierror:
        raise Lost("the name of the host is not known") from None
    except OSError as error:
        raise Lost((error.strerror or "the connection broke").lower()) from None
    except (http.client.HTTPException, ValueError, UnicodeError):
        raise Lost("the answer is not HTTP, or broke off") from None


def _redirected(address: Address, location: str | None, name: str) -> Address:
    there = urljoin(f"{address.scheme}://{address.authority}{address.target}", location or "")
    scheme = scheme_of(there)
    if not location or scheme not in ("http", "https"):
        raise SourceError(f"{name}: redirects to an address that is not http:// or https://")
    parsed = parse_address(there)
    same = (parsed.scheme, parsed.host, parsed.port) == (address.scheme, address.host, address.port)
    if address.user is None:
        return parsed
    if address.scheme == "https" and scheme == "http":
        raise SourceError(f"{name}: redirects from https to http, where the password could be read by others")
    # Another server does not get the password of this one.
    return parsed._replace(user=address.user, password=address.password) if same else parsed


def _refusal(status: int, known: bool) -> str:
    if status == 401:
        return "user or password is wrong (401)" if known else "asks for a user and a password (401)"
    return {403: "access is not allowed (403)", 404: "there is nothing at this address (404)"}.get(
        status, f"the server answers {status}, expected 200"
    )


def _proof(address: Address, asked: list[str], name: str) -> str:
    """The header that proves that the password is known; Digest before Basic, which tells it."""
    found = {scheme.lower(): rest for scheme, _, rest in (text.strip().partition(" ") for text in asked)}
    assert address.user is not None
    if "digest" in found:
        return _digest(address, parse_keqv_list(parse_http_list(found["digest"])), name)
    if "basic" in found:
        return "Basic " + b64encode(f"{address.user}:{address.password}".encode()).decode()
    raise SourceError(f"{name}: asks for a password in a way that is not known, expected Digest or Basic")


def _digest(address: Address, asked: Mapping[str, str], name: str) -> str:
    """RFC 7616, without sessions and integrity of the body."""
    algorithm = asked.get("algorithm", "MD5").upper()
    if algorithm not in _HASHES or not {"realm", "nonce"} <= asked.keys():
        raise SourceError(f"{name}: asks for a digest of the password that is not known, expected MD5 or SHA-256")

    def digest(*parts: str) -> str:
        return _HASHES[algorithm](":".join(parts).encode()).hexdigest()

    realm, nonce, mine = asked["realm"], asked["nonce"], os.urandom(8).hex()
    secret = digest(address.user or "", realm, address.password)
    action = digest("GET", address.target)
    fields = {"username": address.user or "", "realm": realm, "nonce": nonce, "uri": address.target}
    plain = f"algorithm={algorithm}"
    if "auth" in re.split(r"[ ,]+", asked.get("qop", "")):
        fields["cnonce"] = mine
        fields["response"] = digest(secret, nonce, "00000001", mine, "auth", action)
        plain += ", qop=auth, nc=00000001"
    else:
        fields["response"] = digest(secret, nonce, action)
    if "opaque" in asked:
        fields["opaque"] = asked["opaque"]
    quoted = ", ".join(f'{key}="{_escaped(value)}"' for key, value in fields.items())
    return f"Digest {quoted}, {plain}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
