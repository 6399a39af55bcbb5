"""Processes of this machine as workers."""

from __future__ import annotations

import os
from collections import deque
from multiprocessing.connection import Connection, wait
from signal import Signals
from typing import Any, Generic

from shipedge.engines.engine import Died, Job, Outcome, Task
from shipedge.errors import BackendError, ConfigError
from shipedge.system.child import Served, end_server, start_server

__all__ = ["Processes"]

_FALSE_STARTS = 5
"""Processes in a row that die before they are ready: then they always will."""


class Processes(Generic[Task, Outcome]):
    """Up to so many processes, each started when there is a task for it.

    Each has one task at a time, and another takes the place of one that dies.
    """

    def __init__(self, job: Job[Task, Outcome], workers: int) -> None:
        """Takes what they are told. Raises ConfigError on Windows."""
        if os.name != "posix":
            raise ConfigError("--workers, shards and manifests work on Linux and macOS only")
        self._job, self._workers, self._owner = job, workers, os.getpid()
        self._served: dict[Connection, Served] = {}
        self._at_work: dict[Connection, Task | None] = {}
        """None: it opens its job."""
        self._idle: list[Connection] = []
        self._pending = deque[Task]()
        """For processes that open their job."""
        self._lost: list[tuple[Task, Outcome | Died]] = []
        self._false_starts = 0

    @property
    def free(self) -> int:
        """Processes that wait for a task or would be started for one."""
        return self._workers - len(self._pending) - len(self._at_work) + len(self._opening)

    @property
    def busy(self) -> bool:
        """Whether an answer is to come."""
        return bool(self._at_work or self._lost)

    def submit(self, task: Task) -> None:
        """Gives a task to a process that waits for one, or starts one.

        Raises:
            OSError: a process cannot be started.
            Exception: what a process raises that opens its job, see `Job`.
        """
        self._pending.append(task)
        for channel in wait(self._opening, 0):  # who submits one task after the other does not wait meanwhile
            assert isinstance(channel, Connection)
            self._answer(channel)
        self._hand_out()

    def wait(self, timeout_s: float) -> list[tuple[Task, Outcome | Died]]:
        """What was done until now, or within some seconds. Raises what a worker raises, see `Job`."""
        outcomes, self._lost = self._lost, []
        told = set(wait(list(self._at_work), 0 if outcomes else timeout_s))
        ready = [channel for channel in self._at_work if channel in told]
        outcomes += [outcome for channel in ready if (outcome := self._answer(channel)) is not None]
        self._hand_out()
        return outcomes

    def close(self) -> None:
        """Ends them at once."""
        for served in self._served.values():
            end_server(served, self._owner)
        self._served, self._at_work, self._idle = {}, {}, []
        self._pending.clear()

    @property
    def _opening(self) -> list[Connection]:
        return [channel for channel, task in self._at_work.items() if task is None]

    def _hand_out(self) -> None:
        """Gives tasks to processes that wait for one, and starts those that are wanted beside."""
        while self._idle and self._pending:
            channel, task = self._idle.pop(), self._pending.popleft()
            self._at_work[channel] = task
            try:
                channel.send(task)
            except OSError:  # it has died meanwhile
                self._lost.append((task, self._bury(channel)))
        while len(self._opening) < len(self._pending) and len(self._served) < self._workers:
            self._start()

    def _start(self) -> None:
        served = start_server("shipedge.engines.host")
        self._served[served.channel] = served
        self._at_work[served.channel] = None
        try:
            served.channel.send(self._job)
        except OSError:
            self._bury(served.channel)

    def _answer(self, channel: Connection) -> tuple[Task, Outcome | Died] | None:
        task = self._at_work[channel]
        try:
            answer: Any = channel.recv()
        except (EOFError, OSError):
            died = self._bury(channel)
            return None if task is None else (task, died)
        del self._at_work[channel]
        self._idle.append(channel)
        if isinstance(answer, Exception):
            raise answer
        if task is None:
            self._false_starts = 0
            return None
        return task, answer

    def _bury(self, channel: Connection) -> Died:
        """Forgets a process that is dead; says how it died."""
        started = self._at_work.pop(channel) is None
        served = self._served.pop(channel)
        end_server(served, self._owner)
        code = served.process.returncode
        how = f"was ended by {Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        if how.endswith("SIGALRM") and self._job.timeout_s:  # see `limit.start`
            how = f"took more than {self._job.timeout_s:g} s"
        self._false_starts += started
        if self._false_starts == _FALSE_STARTS:
            raise BackendError(f"{_FALSE_STARTS} processes have died before their first task; the last one {how}")
        return Died(how)
