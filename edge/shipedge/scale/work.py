"""The work on one block, the same in whichever process: images in, lines of the log out."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from shipedge.bundle import Bundle, Thresholds
from shipedge.cascade import Cascade
from shipedge.cascade.resample import factor_for, resampled, restored
from shipedge.engines import limit
from shipedge.errors import BackendError, ImageError, SourceError
from shipedge.events import End, Failure, describe, utc
from shipedge.events.reading import to_line
from shipedge.frame import Frame
from shipedge.images import Reading, header_of, read_file
from shipedge.images.files import open_file
from shipedge.region import Region
from shipedge.scale.blocks import Block, Item, file_stamp
from shipedge.scale.part import Part, failed_part, joined
from shipedge.scale.remote import read_url
from shipedge.scale.scenes import Look, Seen
from shipedge.sources.files import frame_of, scene_of
from shipedge.sources.limits import Limits
from shipedge.sources.opening import read_source
from shipedge.sources.resolve import source_named
from shipedge.sources.stream import Wish

__all__ = ["Job", "Worker"]


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
        timeout_s: for an image that is neither a scene nor a frame of a video; 0: as long as it takes.
    """

    bundle: Bundle
    thresholds: Thresholds
    threads: int
    flips: bool
    device: str
    reading: Reading
    region: Region | None
    limits: Limits
    timeout_s: float = 0.0

    def open(self) -> Worker:
        """The models, open. Raises BackendError where none runs."""
        return Worker(self)


class Worker:
    """Models that are open, and what is done with them; call it with one block after the other."""

    def __init__(self, job: Job) -> None:
        """Opens the models. Raises BackendError where none runs."""
        self._cascade = Cascade(job.bundle, job.threads, flips=job.flips, thresholds=job.thresholds, device=job.device)
        self._reading = job.reading._replace(half=job.bundle.detector.reduce == 2)
        self._region = job.region
        self._open: tuple[tuple[str, str], tuple[Frame, Fraction, Frame]] | None = None
        self._timeout_s = job.timeout_s
        self._wish = Wish(job.limits.fps, job.limits.every, self._reading)

    def __call__(self, task: Block | Look) -> Part | Seen:
        """Works on a block, or a piece of a scene; an item that cannot be read does not stop the others.

        Raises:
            BackendError: a model failed.
        """
        if isinstance(task, Block):
            return joined([self._item(item) for item in task.items])
        (item,) = task.block.items
        try:
            seen = self._look(task)
            if file_stamp(item.name) != item.stamp:  # others may have seen what was there before
                raise ImageError(item.name, "has changed while it was read: give the command again", "damaged")
            return seen
        except SourceError as error:
            return Seen(trouble=str(error))

    def _look(self, look: Look) -> Part | Seen:
        """What is to be said of a piece of a scene. Raises SourceError where it cannot be read."""
        cascade = self._cascade
        (item,) = look.block.items
        if (scene := self._scene(item)) is None:  # of a kind that is read whole, for which one worker is enough
            return Seen() if look.number else self._item(replace(item, kind="file"))
        frame, factor, scaled = scene
        if look.step == "tiles":
            presence = cascade.stepping_down(lambda: cascade.detect(scaled, look.share))
            area = None if scaled.area is None else scaled.area.cells
            return Seen(presence, None if scaled.scene is None else scaled.scene.valid, area)
        if look.step == "windows":
            return Seen(windows=tuple(cascade.stepping_down(lambda: cascade.segment(scaled, look.origins))))
        assert look.presence is not None
        presence = look.presence
        if look.step == "plan":
            return Seen(origins=tuple(cascade.windows(presence)))
        result = cascade.stepping_down(lambda: cascade.conclude(scaled, presence, look.windows))
        line = to_line(describe(result if factor == 1 else restored(result, frame, factor)))
        return Part(line, _Read(Path(item.name).stat().st_size).line(item), 1, ())

    def _scene(self, item: Item) -> tuple[Frame, Fraction, Frame] | None:
        """A scene, and how the models see it; the last one stays open. None of an image that is read whole."""
        key = item.name, item.stamp
        if self._open is None or self._open[0] != key:
            self._open = None
            _Read().check_file(item)
            if (frame := scene_of(item.name, self._reading)) is None:
                return None
            self._prepare(frame)
            factor = factor_for(frame, self._cascade.gsd_m)
            self._open = key, (frame, factor, frame if factor == 1 else resampled(frame, factor))
        return self._open[1]

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
        finally:
            limit.stop()
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
        source = source_named(name) if item.kind == "file" else None
        if source is not None and source.kind == "video":
            read.is_video = True
            read.check_file(item)
            yield from (frame for frame in read_source(source, self._wish) if isinstance(frame, Frame))
            return
        limit.start(self._timeout_s)
        if source is not None:
            if (scene := scene_of(name, self._reading)) is not None:
                limit.stop()
                read.check_file(item)
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
        self._compare(item, len(content), hashlib.sha256(content).hexdigest())

    def check_file(self, item: Item) -> None:
        """The same for a file that is not read at once; its checksum only where a manifest has one.

        Raises:
            ImageError: a manifest says otherwise.
        """
        with open_file(item.name, most_bytes=None) as file:
            size = os.fstat(file.fileno()).st_size
            sha256 = hashlib.sha256()
            while item.sha256 and (data := file.read(1 << 20)):
                sha256.update(data)
        self._compare(item, size, sha256.hexdigest() if item.sha256 else None)

    def _compare(self, item: Item, size: int, sha256: str | None) -> None:
        self.size, self.sha256 = size, sha256
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
