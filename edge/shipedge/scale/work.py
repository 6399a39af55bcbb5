"""The work on one block, the same in whichever process: images in, lines of the log out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from shipedge.bundle import Bundle, Thresholds
from shipedge.cascade import Cascade
from shipedge.errors import BackendError, ImageError, SourceError
from shipedge.events import End, Failure, describe, utc
from shipedge.events.reading import to_line
from shipedge.frame import Frame
from shipedge.images import Reading, header_of, read_file
from shipedge.region import Region
from shipedge.scale.blocks import Block, Item
from shipedge.scale.remote import read_url
from shipedge.sources.files import frame_of, scene_of
from shipedge.sources.limits import Limits
from shipedge.sources.opening import read_source
from shipedge.sources.resolve import source_named
from shipedge.sources.stream import Wish

__all__ = ["Job", "Part", "Worker", "failed_part", "joined"]


class Job(NamedTuple):
    """What every process is told before its first block.

    Attributes:
        bundle: the models, and their bytes: files that change meanwhile change nothing.
        thresholds: what counts as ship.
        threads: of each model.
        flips: see `Cascade`.
        device: see `Cascade`.
        reading: how images are read.
        region: where ships count.
        limits: which frames of videos are looked at.
    """

    bundle: Bundle
    thresholds: Thresholds
    threads: int
    flips: bool
    device: str
    reading: Reading
    region: Region | None
    limits: Limits


class Part(NamedTuple):
    """What became of a block, or of a piece of it.

    Attributes:
        lines: of the log.
        record: a line of JSON for each item that was read, with its size and checksum.
        frames: that were looked at.
        failed: a sentence for each item that was not.
    """

    lines: bytes
    record: bytes
    frames: int
    failed: tuple[str, ...]


def joined(parts: list[Part]) -> Part:
    """The part of a block from those of its pieces, in their order."""
    return Part(
        b"".join(part.lines for part in parts),
        b"".join(part.record for part in parts),
        sum(part.frames for part in parts),
        tuple(text for part in parts for text in part.failed),
    )


def failed_part(item: Item, trouble: str) -> Part:
    """What is written of an item that nobody could look at."""
    return Part(to_line(Failure(item.name, utc(), trouble)), b"", 0, (trouble,))


class Worker:
    """Models that are open, and what is done with them; call it with one block after the other."""

    def __init__(self, job: Job) -> None:
        """Opens the models. Raises BackendError where none runs."""
        self._cascade = Cascade(
            job.bundle, job.threads, flips=job.flips, thresholds=job.thresholds, device=job.device
        )
        self._reading = job.reading._replace(half=job.bundle.detector.reduce == 2)
        self._region = job.region
        self._wish = Wish(job.limits.fps, job.limits.every, self._reading)

    def __call__(self, block: Block) -> Part:
        """Works on a block; an item that cannot be read does not stop the others.

        Raises:
            BackendError: a model failed.
        """
        return joined([self._item(item) for item in block.items])

    def _item(self, item: Item) -> Part:
        if item.kind == "refused":
            return failed_part(item, item.trouble)
        lines: list[bytes] = []
        read = _Read()
        frames = ships = 0
        trouble = ""
        try:
            for frame in self._frames(item, read):
                self._prepare(frame)
                result = describe(self._cascade(frame))
                lines.append(to_line(result))
                frames, ships = frames + 1, ships + len(result.ships)
                del frame
        except (BackendError, ImportError):  # of every item alike
            raise
        except SourceError as error:
            trouble = str(error)
        except Exception as error:  # whatever it is: the results of the others are kept
            trouble = f"{item.name}: cannot be read ({type(error).__name__}: {' '.join(str(error).split())})"
        if trouble:
            lines.append(to_line(Failure(item.name, utc(), trouble)))
        elif read.is_video:
            lines.append(to_line(End(item.name, utc(), frames, ships)))
        return Part(b"".join(lines), read.line(item), frames, (trouble,) if trouble else ())

    def _prepare(self, frame: Frame) -> None:
        if frame.place is None:
            frame.gsd_m = self._reading.gsd_m
        if self._region is not None:
            frame.area = self._region.area(frame)

    def _frames(self, item: Item, read: _Read) -> Iterator[Frame]:
        name = item.name
        if item.kind == "file":
            source = source_named(name)
            if source.kind == "video":
                read.is_video = True
                yield from (frame for frame in read_source(source, self._wish) if isinstance(frame, Frame))
                return
            if (scene := scene_of(name, self._reading)) is not None:
                read.size = Path(name).stat().st_size
                yield scene
                return
            content = read_file(name)
        else:
            content = item.content if item.kind == "content" else read_url(item.address)
            if header_of(content, name).placed:
                raise ImageError(name, "lies on the earth, expected a local file, which is read window by window")
        read.check(item, content)
        yield frame_of(content, name, self._reading)


@dataclass(slots=True)
class _Read:
    """What was read of an item."""

    size: int | None = None
    sha256: str | None = None
    is_video: bool = False

    def check(self, item: Item, content: bytes) -> None:
        """Notes it. Raises ImageError where a manifest says otherwise."""
        self.size, self.sha256 = len(content), hashlib.sha256(content).hexdigest()
        if item.size not in (None, self.size):
            raise ImageError(item.name, f"{self.size} bytes, the manifest says {item.size}", "damaged")
        if item.sha256 not in ("", self.sha256):
            raise ImageError(item.name, f"its SHA-256 is {self.sha256}, the manifest says {item.sha256}", "damaged")

    def line(self, item: Item) -> bytes:
        """What a manifest would say of it; nothing of what could not be read."""
        if self.size is None:
            return b""
        known = {"url": item.name, "size": self.size} | ({} if self.sha256 is None else {"sha256": self.sha256})
        return (json.dumps(known) + "\n").encode("ascii")
