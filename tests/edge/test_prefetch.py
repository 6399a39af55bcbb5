import threading
import weakref
from time import sleep

import numpy as np
import pytest

from shipedge.errors import SourceError
from shipedge.frame import Frame
from shipedge.sources import Ended, Source

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.sources import feeds, prefetch
from shipedge.sources.feeds import Feeds
from shipedge.sources.prefetch import DEPTH

DOT = np.zeros((1, 1, 3), np.uint8)


def sources(*names, kind="video"):
    return [Source(kind, name) for name in names]


def test_frames_in_order_and_failures_in_their_place(monkeypatch):
    def frames(source, stretch):
        for k in range(4):
            yield Frame(DOT, source.name, k)
        if source.name == "b":
            raise SourceError("b breaks off")

    monkeypatch.setattr(feeds, "read_source", frames)
    with Feeds(sources("a", "b", "c")) as reader:
        items = [str(item.error) if isinstance(item, Ended) else (item.source, item.index) for item in reader]
    a, b, c = ([(name, k) for k in range(4)] for name in "abc")
    assert items == [*a, "None", *b, "b breaks off", *c, "None"]


def test_memory_is_bounded(monkeypatch):
    made = []

    def frames(source, stretch):
        for k in range(100):
            made.append(k)
            yield Frame(DOT, source.name, k)

    monkeypatch.setattr(feeds, "read_source", frames)
    most = 0
    with Feeds(sources("a")) as reader:
        for item in reader:
            if isinstance(item, Frame):
                most = max(most, len(made) - item.index)
    assert len(made) == 100
    assert most <= DEPTH + 2


@pytest.mark.parametrize("error", [ZeroDivisionError, MemoryError, ValueError, RuntimeError])
def test_whatever_one_source_raises_the_others_go_on(monkeypatch, error):
    def frames(source, stretch):
        yield Frame(DOT, source.name)
        if source.name == "a":
            raise error("two\nlines")

    monkeypatch.setattr(feeds, "read_source", frames)
    with Feeds(sources("a", "b")) as reader:
        first, failed, second, ended = reader
    assert (first.source, second.source, ended.error) == ("a", "b", None)
    assert str(failed.error) == f"a: cannot be read ({error.__name__}: two lines)"


def test_the_end_of_the_process_is_not_taken_for_a_bad_source(monkeypatch):
    def frames(source, stretch):
        yield Frame(DOT, source.name)
        raise KeyboardInterrupt

    monkeypatch.setattr(feeds, "read_source", frames)
    with Feeds(sources("a")) as reader:
        iterator = iter(reader)
        next(iterator)
        with pytest.raises(KeyboardInterrupt):
            next(iterator)


def test_leaving_early_ends_the_thread(monkeypatch):
    monkeypatch.setattr(
        feeds, "read_source", lambda source, stretch: (Frame(DOT, source.name, k) for k in range(10**9))
    )
    with Feeds(sources("a")) as reader:
        assert next(iter(reader)).index == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "shipedge-read-ahead"]


def test_very_large_frames_are_decoded_one_after_the_other(monkeypatch):
    alive: list[weakref.ref] = []

    def frames(source, reading):
        for k in range(6):
            frame = Frame(np.zeros((40, 50, 3), np.uint8), source.name, k)
            alive.append(weakref.ref(frame))
            most.append(sum(ref() is not None for ref in alive))
            yield frame
            del frame

    monkeypatch.setattr(feeds, "read_source", frames)
    for bytes_, expected in ((40 * 50 * 3 - 1, 1), (1 << 26, DEPTH + 2)):
        monkeypatch.setattr(prefetch, "MOST_BYTES", bytes_)
        most: list[int] = []
        with Feeds(sources("a", "b", "c")) as reader:
            for item in reader:
                sleep(0.002)
                del item
        assert len(most) == 18
        assert max(most) <= expected
