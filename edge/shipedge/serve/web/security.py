"""Who may see what: every request passes here first."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from shipedge.serve.web.hub import Hub

__all__ = ["COOKIE", "Failures", "Gate", "Sessions"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

COOKIE = "shipedge_session"
_SESSION_S = 12 * 3600
_MOST_SESSIONS = 64
_MOST_BODY = 1 << 16
_BODY_S = 10.0
_FAILURES, _FAILURES_S = 5, 60.0
_MOST_ADDRESSES = 4096
_OPEN = ("/healthz", "/readyz", "/login")
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_SAFE = ("GET", "HEAD")
_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]


class Failures:
    """Wrong tokens by address: after five in a minute that address waits."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """None yet."""
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """Seconds until this address may try again; 0: now."""
        times = self._times.get(_network(address))
        if times is None or len(times) < _FAILURES:
            return 0.0
        return max(0.0, times[0] + _FAILURES_S - self._clock())

    def add(self, address: str) -> None:
        """A wrong token."""
        times = self._times.setdefault(_network(address), deque(maxlen=_FAILURES))
        times.append(self._clock())
        self._times.move_to_end(_network(address))
        while len(self._times) > _MOST_ADDRESSES:
            self._times.popitem(last=False)


def _network(address: str) -> str:
    """Of IPv6 the half that one customer has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


class Sessions:
    """Browsers that have shown the token."""

    def __init__(self) -> None:
        """None yet."""
        self._ends: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def begin(self, token_hash: str) -> str:
        """A new one, which ends after twelve hours, or with this token; the value of its cookie."""
        value = secrets.token_urlsafe(32)
        self._ends[_digest(value)] = monotonic() + _SESSION_S, token_hash
        while len(self._ends) > _MOST_SESSIONS:
            self._ends.popitem(last=False)
        return value

    def knows(self, value: str, token_hash: str) -> bool:
        """Whether a cookie is of one that goes on."""
        end, made_by = self._ends.get(_digest(value), (0.0, ""))
        return monotonic() < end and made_by == token_hash

    def end(self, value: str) -> None:
        """Ends it."""
        self._ends.pop(_digest(value), None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


class Gate:
    """ASGI middleware: the name that was asked for, the token, bodies of a bounded size, and headers for browsers."""

    def __init__(self, app: Any, hub: Hub, sessions: Sessions, failures: Failures) -> None:
        self._app, self._hub, self._sessions, self._failures = app, hub, sessions, failures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what must not pass."""
        if scope["type"] != "http":
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        started = False

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                given = {name for name, _ in message.get("headers", [])}
                extra = [header for header in _HEADERS if header[0] not in given]
                message["headers"] = [*message.get("headers", []), *extra]
            await send(message)

        refused = self._refusal(scope, headers)
        if refused is not None:
            await _answer(with_headers, *refused)
            return
        try:
            body = await _body(receive, headers.get(b"content-length", "0"))
        except (ValueError, asyncio.TimeoutError):
            await _answer(with_headers, 413, f"expected a body of at most {_MOST_BODY} bytes, within {_BODY_S:g} s")
            return
        try:
            await self._app(scope, _replay(body, receive), with_headers)
        except Exception as error:
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = "" if place is None else f" in {place.tb_frame.f_code.co_name}, line {place.tb_lineno}"
            await asyncio.to_thread(self._hub.log, f"a request failed: {type(error).__name__}{where}")  # no values
            if not started:
                await _answer(with_headers, 500, "something went wrong; the log of the service says what")

    def _refusal(self, scope: Scope, headers: dict[bytes, str]) -> tuple[Any, ...] | None:
        """(status, sentence, headers) of what must not pass."""
        hello = self._hub.hello
        host = headers.get(b"host", "")
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            name = ""
        if not self._is_our_name(name):  # a page elsewhere whose name leads to this machine
            return 421, "this server has another name; server.hosts takes those of a proxy"
        if scope["method"] not in _SAFE and _is_from_elsewhere(headers, host):
            return 403, "this request comes from the page of another server"
        path = scope["path"]
        if not hello.token_hash or path in _OPEN or path.startswith("/static/"):
            return None
        address = (scope.get("client") or ("", 0))[0]
        if self._sessions.knows(_cookie(headers), hello.token_hash):
            return None
        kind, _, token = headers.get(b"authorization", "").partition(" ")
        if kind.lower() == "bearer":
            if (wait := self._failures.wait_s(address)) > 0:
                return 429, "too many wrong tokens", [(b"retry-after", b"%d" % (wait + 1))]
            if is_token(token.strip(), hello.token_hash):
                return None
            self._failures.add(address)
            return 401, "the token is wrong", [(b"www-authenticate", b"Bearer")]
        if "text/html" in headers.get(b"accept", "") and scope["method"] in _SAFE:
            return 303, "", [(b"location", b"/login")]
        return 401, "expected a token: Authorization: Bearer TOKEN", [(b"www-authenticate", b"Bearer")]

    def _is_our_name(self, name: str) -> bool:
        hello = self._hub.hello
        if name.lower() in _LOCAL or name.lower() in (host.lower() for host in hello.hosts):
            return True
        if hello.is_local:
            return False
        try:  # reached by its address, which no other page can have as its name
            ipaddress.ip_address(name)
        except ValueError:
            return bool(hello.token_hash) and not hello.hosts
        return True


def is_token(token: str, token_hash: str) -> bool:
    """Whether it is the one, in a time that does not tell how much of it is right."""
    return hmac.compare_digest(f"sha256:{_digest(token)}".encode(), token_hash.encode())


def _is_from_elsewhere(headers: dict[bytes, str], host: str) -> bool:
    """Browsers say where a request comes from; other programs do not, and have a token."""
    if headers.get(b"sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get(b"origin")
    return origin is not None and urlsplit(origin).netloc != host


def _cookie(headers: dict[bytes, str]) -> str:
    try:
        cookie = SimpleCookie(headers.get(b"cookie", ""))
    except CookieError:
        return ""
    return cookie[COOKIE].value if COOKIE in cookie else ""


async def _body(receive: Receive, length: str) -> bytes:
    """The whole body. Raises ValueError where it is too long, TimeoutError where it takes too long."""
    if not length.isdecimal() or int(length) > _MOST_BODY:
        raise ValueError
    body, more = b"", True
    end = monotonic() + _BODY_S
    while more:
        message = await asyncio.wait_for(receive(), max(end - monotonic(), 0.01))
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _MOST_BODY:
            raise ValueError
    return body


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> MutableMapping[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _answer(send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]] | tuple[()] = ()) -> None:
    content = text.encode() + b"\n" if text else b""
    fields = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": status, "headers": [*fields, *headers]})
    await send({"type": "http.response.body", "body": content})
