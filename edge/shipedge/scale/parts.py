"""The folder of results: a file for each block, which is there whole or not at all, and all that a run remembers."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import msgspec

from shipedge.errors import DatasetError
from shipedge.events import End, Failure, Result, Start, utc
from shipedge.events.log import lock_folder
from shipedge.events.reading import (
    LOG,
    PARTS,
    READ,
    log_files,
    parse_event,
    part_files,
    part_name,
    remove_parts,
    to_line,
    whole_lines,
)
from shipedge.events.recorded import read_recorded
from shipedge.files.atomic import own_folder, remove_leftovers, write_atomic
from shipedge.scale.blocks import Block
from shipedge.scale.parquet import write_parquet
from shipedge.scale.part import Part

__all__ = ["Parts", "Totals"]

_ERROR = b'{"event":"error"'
_WRITERS = 8
"""Parts that are written at a time: those of a moment reach the disk together."""


@dataclass(slots=True)
class Totals:
    """What all parts hold together.

    Attributes:
        frames: of all sources.
        frames_with_ships: among them.
        ships: of all frames.
        unread: names of sources that could not be read, or not to their end.
        parts: files.
    """

    frames: int = 0
    frames_with_ships: int = 0
    ships: int = 0
    unread: list[str] = field(default_factory=list)
    parts: int = 0


class _Line(msgspec.Struct):
    """What is counted of a line."""

    event: str
    source: str | None = None
    ships: list[msgspec.Raw] = msgspec.field(default_factory=list)


@dataclass
class Parts:
    """Files of results in a folder. Use it as a context manager.

    A part that is there, of the same command and of the same inputs, is not made again: so a run that was killed goes
    on, and one over a folder that has grown does what is new. Where a run is through and its command is given again,
    parts in which something has failed are tried again.

    Attributes:
        folder: of all results.
        start: the first line of every part, with what tells this command from others in `batch`.
        fresh: make all parts anew.
        durable: they survive a power cut.
        parquet: write each as Parquet, too.
        reused: parts that were there.
    """

    folder: Path
    start: Start
    fresh: bool = False
    durable: bool = True
    parquet: bool = False
    reused: int = 0
    _count: int = field(default=0, init=False)
    _stack: ExitStack = field(default_factory=ExitStack, init=False)
    _again: bool = field(default=False, init=False)
    _pool: ThreadPoolExecutor | None = field(default=None, init=False)
    _writing: deque[Future[None]] = field(default_factory=deque, init=False)

    def __enter__(self) -> Parts:
        """Makes the folder and locks it.

        Raises:
            DatasetError: another run writes there now, or what is there is of another command that is not through.
            OSError: the folder cannot be made or written into.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            stack.enter_context(lock_folder(self.folder))
            for name in ("", PARTS, READ):
                remove_leftovers(self.folder / name)
            if self.fresh or not self._is_ours():
                remove_parts(self.folder)
                for path in log_files(self.folder / LOG):
                    path.unlink()
            # What a kill has left of a part that is none, and Parquet that this run would not keep up with.
            remove_parts(self.folder, set(part_files(self.folder)), parquet=self.parquet)
            self._again = self.log.is_file()
            for name in (PARTS, READ):
                own_folder(self.folder / name)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends what is being written, and unlocks the folder. Raises OSError where a part could not be written."""
        with self._stack:
            if kind is None:
                self._wait()

    def _is_ours(self) -> bool:
        """Whether the parts that are there are of this command. Raises DatasetError where something else goes on."""
        first = next(iter(part_files(self.folder).values()), None)
        start = None if first is None else _start(first)
        if start is not None and start.batch == self.start.batch:
            return True
        read_recorded(self.folder / LOG, self.start)
        return False

    def has(self, block: Block) -> bool:
        """Whether a block is done."""
        self._count = max(self._count, block.number + 1)
        path = self._path(block.number)
        start = _start(path) if path.is_file() else None
        done = start is not None and (start.batch, start.inputs) == (self.start.batch, block.inputs())
        if done and self.parquet:
            done = path.with_suffix(".parquet").is_file()
        if done and self._again:  # all is through, so what has failed may be well by now
            done = not any(line.startswith(_ERROR) for _, _, line in whole_lines(path))
        self.reused += done
        return done

    def write(self, block: Block, part: Part) -> None:
        """Has the part of a whole block written, by another thread: a disk that syncs would hold up all workers.

        Raises:
            OSError: this one or one before cannot be written.
        """
        if self._pool is None:
            self._pool = self._stack.enter_context(ThreadPoolExecutor(_WRITERS))
            self.log.unlink(missing_ok=True)  # it says that the run is through
        self._writing.append(self._pool.submit(self._write, block, part))
        while len(self._writing) > _WRITERS or (self._writing and self._writing[0].done()):
            self._writing.popleft().result()

    def _wait(self) -> None:
        while self._writing:
            self._writing.popleft().result()

    def _write(self, block: Block, part: Part) -> None:
        path = self._path(block.number)
        start = msgspec.structs.replace(self.start, part=block.number, inputs=block.inputs())
        record = self.folder / READ / path.name
        write_atomic(record, part.record, durable=self.durable)
        if self.parquet:
            write_parquet(path.with_suffix(".parquet"), part.lines, durable=self.durable)
        write_atomic(path, to_line(start) + part.lines, durable=self.durable)

    def finish(self) -> Totals:
        """Says in the log that the run is through, and removes parts of inputs that are no more.

        Raises:
            DatasetError: a part has gone meanwhile.
            OSError: the log cannot be written.
        """
        self._wait()
        remove_parts(self.folder, range(self._count))
        files = part_files(self.folder)
        if missing := self._count - len(files):
            raise DatasetError(f"{self.folder / PARTS}: {missing} parts have gone, expected all: run it again")
        totals = Totals(parts=len(files))
        for path in files.values():
            _count_lines(path, totals)
        end = End(None, utc(), totals.frames, totals.ships)
        start = msgspec.structs.replace(self.start, part=len(files))
        write_atomic(self.log, to_line(start) + to_line(end), durable=self.durable)
        return totals

    @property
    def log(self) -> Path:
        """Its last file, there when the run is through."""
        return self.folder / LOG

    def _path(self, number: int) -> Path:
        return self.folder / PARTS / part_name(number)


def _start(path: Path) -> Start | None:
    for _, _, line in whole_lines(path):
        try:
            event = parse_event(line)
        except ValueError:
            return None
        return event if isinstance(event, Start) else None
    return None


def _count_lines(path: Path, totals: Totals) -> None:
    decode = msgspec.json.Decoder(_Line).decode
    for _, _, line in whole_lines(path):
        if line.startswith(_ERROR):
            event = parse_event(line)
            assert isinstance(event, Failure)
            totals.unread.append(event.source or "")
        elif line.startswith(b'{"event":"frame"'):
            try:
                ships = decode(line).ships
            except msgspec.DecodeError:  # a name that is no UTF-8
                ships = [msgspec.Raw()] * len(_result(line).ships)
            totals.frames += 1
            totals.frames_with_ships += bool(ships)
            totals.ships += len(ships)


def _result(line: bytes) -> Result:
    event = parse_event(line)
    assert isinstance(event, Result)
    return event
