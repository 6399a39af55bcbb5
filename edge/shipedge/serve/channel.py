"""What the process with the models and the process with the page say to each other.

Each message is checked when it comes: browsers talk to the second process, so the first trusts it as little as them.
"""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, Struct

from shipedge.serve.board import Now

__all__ = ["Add", "Done", "Hello", "Image", "Looking", "Said", "Status", "Stop", "ToModels", "ToPage"]
__all__ += ["decode_to_models", "decode_to_page", "send"]

Short = Annotated[str, Meta(max_length=2000)]


class Hello(Struct, tag=True):
    """Who may look, and where the database is."""

    folder: str
    token_hash: str
    hosts: list[str]
    is_local: bool


class Status(Struct, tag=True):
    """How the service does.

    Attributes:
        sources: each.
        info: of the process: version, bundle, device, demoted, seconds up, bytes of memory, temperatures, bytes free.
        outputs: see `outbox.waiting`.
        ready: frames can be processed.
        problem: what stops the database.
    """

    sources: list[Now]
    info: dict[str, Any]
    outputs: list[dict[str, Any]]
    ready: bool
    problem: str = ""


class Image(Struct, tag=True):
    """The newest frame of a source, drawn, as JPEG."""

    id: str
    time: str
    frame: int
    jpeg: bytes


class Done(Struct, tag=True):
    """The answer to `Add` or `Stop`: "" or what is wrong."""

    number: int
    error: str = ""


class Looking(Struct, tag=True):
    """Ids of the sources that somebody looks at."""

    ids: Annotated[list[Short], Meta(max_length=1000)]


class Add(Struct, tag=True):
    """Read one more source; the fields as in the TOML file."""

    number: int
    name: Short
    url: Short
    user: Short = ""
    password: Short = ""
    fps: Annotated[float, Meta(gt=0, le=1000)] | None = None
    every: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    gsd_m: Annotated[float, Meta(gt=0, le=1000)] | None = None


class Stop(Struct, tag=True):
    """Stop a source."""

    number: int
    id: Short


class Said(Struct, tag=True):
    """A line for the log."""

    level: Annotated[int, Meta(ge=0, le=50)]
    text: Annotated[str, Meta(max_length=5000)]


ToPage: TypeAlias = Hello | Status | Image | Done
ToModels: TypeAlias = Looking | Add | Stop | Said

decode_to_page = msgspec.msgpack.Decoder(ToPage).decode
decode_to_models = msgspec.msgpack.Decoder(ToModels).decode
_ENCODER = msgspec.msgpack.Encoder()


def send(channel: Connection, message: ToPage | ToModels) -> None:
    """Sends a message; waits while the other side reads nothing. Raises OSError when it is gone."""
    channel.send_bytes(_ENCODER.encode(message))
