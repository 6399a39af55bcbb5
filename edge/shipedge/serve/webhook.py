"""Events by HTTP: one POST for each."""

from __future__ import annotations

import hashlib
import hmac
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

from shipedge.serve.config import Webhook
from shipedge.serve.outbox import Item, RefusedError, UnsentError

__all__ = ["WebhookOutput"]

_TIMEOUT_S = 10.0
_ABOUT_THE_EVENT = (400, 413, 415, 422)
"""Answers that say that this event will never be taken; after all others it may be, once somebody has repaired it."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_details: Any) -> None:
        """A redirect would carry events, and a signature, to whom nobody has named."""


class WebhookOutput:
    """A server that gets each event as JSON, with its id in `X-Shipedge-Id`.

    With a password, `X-Shipedge-Signature` is the HMAC-SHA256 of the body.
    """

    def __init__(self, name: str, hook: Webhook) -> None:
        self.name = f"webhook {name}"
        self._hook = hook
        self._opener = urllib.request.build_opener(_NoRedirect())

    def send(self, item: Item) -> None:
        """Posts one event; the server has it when it answers with 2xx."""
        body = item.body.encode()
        headers = {"Content-Type": "application/json", "User-Agent": "shipedge", "X-Shipedge-Id": item.key}
        if self._hook.password:
            digest = hmac.new(self._hook.password.encode(), body, hashlib.sha256).hexdigest()
            headers["X-Shipedge-Signature"] = f"sha256={digest}"
        try:
            request = urllib.request.Request(self._hook.url, body, headers, method="POST")
            with self._opener.open(request, timeout=_TIMEOUT_S) as answer:
                answer.read(1 << 16)
        except urllib.error.HTTPError as error:
            error.close()
            kind = RefusedError if error.code in _ABOUT_THE_EVENT else UnsentError
            raise kind(f"the server answers with {error.code}") from None
        except (OSError, HTTPException, ValueError) as error:  # its text may hold the address
            reason = getattr(getattr(error, "reason", error), "strerror", None) or type(error).__name__
            raise UnsentError(f"the server cannot be reached: {reason}") from None

    def close(self) -> None:
        """Nothing is open between two events."""
