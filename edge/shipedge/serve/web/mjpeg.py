"""The live image of a source as MJPEG: each viewer gets the newest one, and who does not read is dropped."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shipedge.serve.web.hub import Hub

__all__ = ["MOST_VIEWERS", "MjpegResponse"]

MOST_VIEWERS = 250
_SLOW_S = 10.0
"""A viewer that has not taken an image for as long is dropped."""
_BOUNDARY = b"shipedge"


class MjpegResponse(Response):
    """Parts of multipart/x-mixed-replace, without end."""

    def __init__(self, hub: Hub, source: str) -> None:
        super().__init__(media_type=f"multipart/x-mixed-replace; boundary={_BOUNDARY.decode()}")
        self._hub, self._source = hub, source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Until the viewer goes, or reads too slowly, or the source is gone."""
        headers = [(b"content-type", self.headers["content-type"].encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone: asyncio.Future[Any] = asyncio.ensure_future(_gone(receive))
        transport: Any = scope.get("state", {}).get("transport")
        try:
            with self._hub.looking(self._source):
                await self._show(send, gone)
        except asyncio.TimeoutError:
            if transport is not None:
                transport.abort()  # what waits to be sent to it is thrown away
        finally:
            gone.cancel()

    async def _show(self, send: Send, gone: asyncio.Future[Any]) -> None:
        number, first = -1, True
        while not gone.done():
            following: asyncio.Future[Any] = asyncio.ensure_future(self._hub.next_image(self._source, number))
            try:
                await asyncio.wait([following, gone], timeout=_SLOW_S, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not following.done():
                    following.cancel()
            if self._hub.source(self._source) is None:
                break
            if gone.done() or following.cancelled() or not following.done():
                continue
            number, image = following.result()
            head = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(image.jpeg)
            # The boundary behind an image is sent with it: browsers show a part when it has ended.
            begin = b"--" + _BOUNDARY + b"\r\n" if first else b""
            part = head + image.jpeg + b"\r\n--" + _BOUNDARY + b"\r\n"
            # Chromium shows nothing before the second part, which in a gap may not come for hours.
            part, first = begin + part * (2 if first else 1), False
            message = {"type": "http.response.body", "body": part, "more_body": True}
            await asyncio.wait_for(send(message), _SLOW_S)
        with suppress(Exception):
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
