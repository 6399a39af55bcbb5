"""The process itself: ``main(listening, channel, life)``, all of them numbers of descriptors."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import uvicorn

from shipedge.serve.web.app import make_app
from shipedge.serve.web.hub import Hub
from shipedge.serve.web.patient import PatientProtocol
from shipedge.system.child import serve_only

__all__ = ["main"]

_MOST_CONNECTIONS = 400
_MOST_HEAD = 1 << 14


def main(listening: str, channel: str, life: str) -> int:
    """Serves until the process with the models ends."""
    serve_only(int(life))
    hub = Hub(Connection(int(channel)))
    logging.disable(logging.CRITICAL)  # of the server; what matters is said to the log of the service
    asyncio.run(_serve(hub, socket.socket(fileno=int(listening))))
    return 0


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for the process with the models, which ends this one."""
        yield


async def _serve(hub: Hub, listening: socket.socket) -> None:
    hub.start(asyncio.get_running_loop())
    config = uvicorn.Config(
        make_app(hub),
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        h11_max_incomplete_event_size=_MOST_HEAD,
        timeout_keep_alive=5,
    )
    await _Server(config).serve(sockets=[listening])
