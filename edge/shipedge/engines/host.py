"""The process of a worker: told once what to do, then one task after the other."""

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
        work = connection.recv().open()
        connection.send(None)
        while True:
            task = connection.recv()
            connection.send(work(task))
            del task
    except EOFError:
        pass
    except (ShipedgeError, ImportError, OSError) as error:  # of every task alike
        connection.send(error)
    except Exception:  # a bug, which the parent shows
        connection.send(RuntimeError(traceback.format_exc()))
    finally:
        os._exit(0)  # a library that hangs while it is unloaded does not matter
