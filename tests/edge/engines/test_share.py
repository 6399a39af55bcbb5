"""A function of many items on processes of this machine: every answer once, in order, whatever dies meanwhile."""

import os
import threading
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

import engine_jobs
from engine_jobs import Slow, Square, Unopened
from shipedge.engines import processes
from shipedge.engines.engine import Died
from shipedge.engines.processes import Processes
from shipedge.engines.share import share
from shipedge.errors import BackendError, DatasetError, ImageError
from shipedge.system.child import start_server

pytestmark = pytest.mark.skipif(os.name != "posix", reason="workers need POSIX")


@pytest.fixture
def workers(monkeypatch):
    """workers(job, 2): an engine, closed after the test."""
    monkeypatch.setenv("PYTHONPATH", str(Path(engine_jobs.__file__).parent))
    engines = []

    def start(job, count):
        engines.append(Processes(job, count))
        return engines[-1]

    yield start
    for engine in engines:
        engine.close()


def answers(items, engine, size=3):
    """All answers, one after the other; an item that no worker survives answers with the reason."""
    given = share(items, size, engine, lambda item, why: [f"{item}: {why}"])
    pairs = [(count, list(chain.from_iterable(outcomes))) for count, outcomes in given]
    assert all(count == len(outcomes) for count, outcomes in pairs)
    return [one for _, outcomes in pairs for one in outcomes]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("items", [0, 1, 3, 20])
def test_answers_are_in_the_order_of_the_items(workers, count, items):
    assert answers(range(items), workers(Square(), count)) == [k * k for k in range(items)]


@pytest.mark.parametrize("how", ["SIGKILL", "SIGSEGV"])
def test_an_item_that_no_worker_survives_answers_alone(workers, how):
    items = [*range(5), how, *range(5, 12)]
    expected = [k * k if isinstance(k, int) else f"{k}: {dies(how)}" for k in items]
    assert answers(items, workers(Square(), 2), 8) == expected


def dies(how):
    return f"no process survives it: 3 were tried, the last one was ended by {how}"


def test_an_item_that_hangs_answers_alone_after_its_time(workers):
    found = answers([1, "hang", 2], workers(Square(0.3), 2))
    assert found == [1, "hang: no process survives it: 3 were tried, the last one took more than 0.3 s", 4]


def test_a_limit_that_is_not_reached_ends_nobody(workers):
    assert answers(range(40), workers(Square(30.0), 1), 1) == [k * k for k in range(40)]


@pytest.mark.parametrize(
    ("item", "kind", "text"),
    [
        ("dataset", DatasetError, "no such dataset"),
        ("image", ImageError, "x.jpg: is no image"),
        ("disk", OSError, "No space left on device: 'x.png'"),
        ("bug", RuntimeError, "AssertionError: a bug"),
    ],
)
def test_errors_are_raised_as_they_are(workers, item, kind, text):
    with pytest.raises(kind) as caught:
        answers([1, item, 2], workers(Square(), 2))
    assert text in str(caught.value)


def test_a_job_that_cannot_be_opened(workers):
    with pytest.raises(DatasetError, match="no such dataset"):
        answers([1], workers(Unopened("dataset"), 2))
    with pytest.raises(BackendError, match="5 processes have died before their first task; the last one was ended by"):
        answers([1], workers(Unopened("SIGKILL"), 2))


@pytest.fixture
def started(monkeypatch):
    """What was started for an engine, one after the other."""
    servers = []

    def start(module):
        servers.append(start_server(module))
        return servers[-1]

    monkeypatch.setattr(processes, "start_server", start)
    return servers


def test_a_process_is_started_when_there_is_a_task_for_it(workers, started):
    engine = workers(Square(), 64)
    for size, count in ((5, 1), (5, 1), (2, 3), (5, 3)):
        assert engine.free == 64
        assert answers(range(5), engine, size) == [0, 1, 4, 9, 16]
        assert len(started) <= count
    assert len(started) > 1


def test_no_more_processes_than_were_asked_for(workers, started):
    engine = workers(Square(), 2)
    assert answers([*range(20), "SIGKILL", *range(20)], engine, 1)[20] == f"SIGKILL: {dies('SIGKILL')}"
    assert sum(served.process.poll() is None for served in started) <= 2
    assert len(started) <= 2 + 3
    assert engine.free == 2


def test_a_job_that_cannot_be_opened_is_started_no_more_than_five_times(workers, started):
    engine = workers(Unopened("SIGKILL"), 64)
    with pytest.raises(BackendError, match="5 processes have died before their first task"):
        answers([1], engine)
    assert len(started) == 5


class StandIn:
    """Workers that are done in any order, and die when the draw says so; an item "bad" kills every one."""

    def __init__(self, count, draw, deaths):
        self.count, self.draw, self.deaths, self.tasks = count, draw, deaths, []

    @property
    def free(self):
        return self.count - len(self.tasks)

    @property
    def busy(self):
        return bool(self.tasks)

    def submit(self, task):
        assert self.free
        self.tasks.append(task)

    def wait(self, timeout_s):
        assert self.tasks
        task = self.tasks.pop(self.draw(st.integers(0, len(self.tasks) - 1)))
        if "bad" in task.items or (self.deaths and task.deaths == 0 and self.draw(st.booleans())):
            self.deaths -= "bad" not in task.items
            return [(task, Died("died"))]
        return [(task, [-item for item in task.items])]


@drawn(st.data())
def test_every_answer_comes_once_and_in_order(data):
    items = data.draw(st.lists(st.one_of(st.integers(), st.just("bad")), max_size=25))
    count, size, deaths = (data.draw(st.integers(*limits)) for limits in ((1, 4), (1, 6), (0, 3)))
    taken, done = [], 0
    engine = StandIn(count, data.draw, deaths)
    given = share((taken.append(k) or k for k in items), size, engine, lambda *_: ["failed"])
    found = []
    for number, outcomes in given:
        done += number
        found += list(chain.from_iterable(outcomes))
        assert len(found) == done
    assert found == ["failed" if item == "bad" else -item for item in items]


def test_items_are_asked_for_when_somebody_is_free():
    taken, engine = [], StandIn(2, None, 0)
    given = share((taken.append(k) or k for k in range(100)), 5, engine, lambda *_: [])
    engine.draw = lambda _: 0
    for done, _ in enumerate(given, 1):
        assert len(taken) <= 5 * (done + 2 + 1)
    assert len(taken) == 100


def test_closing_waits_for_what_is_in_hand(workers, tmp_path):
    os.mkfifo(tmp_path / "go")
    engine = workers(Slow(tmp_path), 1)
    given = share(["first", "second", "third"], 1, engine, lambda *_: None)
    for name in ("first", "second"):
        threading.Thread(target=lambda: (tmp_path / "go").open("w").close(), daemon=True).start()
        if name == "first":
            next(given)  # the second is in hand from here on
    given.close()
    assert (tmp_path / "second").read_text() == "half\nwhole\n"
    assert not (tmp_path / "third").exists()
