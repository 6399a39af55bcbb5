"""The process of a worker: told once what to do, then one block after the other."""

from __future__ import annotations

import os
import traceback
from multiprocessing.connection import Connection
from typing import Any

from shipedge.errors import ShipedgeError
from shipedge.system.child import serve_only

__all__ = ["main"]


def main(channel: str, life: str) -> int:
    """Works until the channel is closed; both are numbers of descriptors.

    Returns:
        The exit code: 0.
    """
    serve_only(int(life))
    connection: Connection[Any, Any] = Connection(int(channel))
    try:
        from shipedge.scale.work import Worker

        worker = Worker(connection.recv())
        connection.send(None)
        while True:
            block = connection.recv()
            connection.send(worker(block))
            del block
    except EOFError:
        pass
    except (ShipedgeError, ImportError) as error:  # of every block alike
        connection.send(str(error))
    except Exception:  # a bug, which the parent shows
        connection.send(RuntimeError(traceback.format_exc()))
    finally:
        os._exit(0)  # a library that hangs while it is unloaded does not matter
