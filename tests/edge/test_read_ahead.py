import threading
import weakref
from time import sleep

import numpy as np
import pytest

from shipedge.errors import SourceError
from shipedge.frame import Frame
from shipedge.sources import Source

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.sources import ahead
from shipedge.sources.ahead import DEPTH, Ended, ReadAhead

DOT = np.zeros((1, 1, 3), np.uint8)


def sources(*names, kind="video"):
    return [Source(kind, name) for name in names]


def shown(end):
    return f"{end.source.name}: {end.error}"


def test_frames_in_order_and_failures_in_their_place(monkeypatch):
    def frames(source, stretch):
        for k in range(4):
            yield Frame(DOT, source.name, k)
        if source.name == "b":
            raise SourceError("b breaks off")

    monkeypatch.setattr(ahead, "_frames", frames)
    with ReadAhead(sources("a", "b", "c")) as reader:
        items = [(item.source, item.index) if isinstance(item, Frame) else shown(item) for item in reader]
    four = range(4)
    assert items == [
        *[("a", k) for k in four],
        "a: None",
        *[("b", k) for k in four],
        "b: b breaks off",
        *[("c", k) for k in four],
        "c: None",
    ]


def test_memory_is_bounded(monkeypatch):
    made = []

    def frames(source, stretch):
        for k in range(100):
            made.append(k)
            yield Frame(DOT, source.name, k)

    monkeypatch.setattr(ahead, "_frames", frames)
    most = 0
    with ReadAhead(sources("a")) as reader:
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

    monkeypatch.setattr(ahead, "_frames", frames)
    with ReadAhead(sources("a", "b")) as reader:
        first, failed, second, end = reader
    assert (first.source, second.source) == ("a", "b")
    assert isinstance(failed.error, SourceError)
    assert shown(failed) == f"a: a: cannot be read ({error.__name__}: two lines)"
    assert shown(end) == "b: None"


def test_the_end_of_the_process_is_not_taken_for_a_bad_source(monkeypatch):
    def frames(source, stretch):
        yield Frame(DOT, source.name)
        raise KeyboardInterrupt

    monkeypatch.setattr(ahead, "_frames", frames)
    with ReadAhead(sources("a")) as reader:
        iterator = iter(reader)
        next(iterator)
        with pytest.raises(KeyboardInterrupt):
            next(iterator)


def test_leaving_early_ends_the_thread(monkeypatch):
    monkeypatch.setattr(ahead, "_frames", lambda source, stretch: (Frame(DOT, source.name, k) for k in range(10**9)))
    with ReadAhead(sources("a")) as reader:
        assert next(iter(reader)).index == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "shipedge-read-ahead"]


def test_stop_while_a_camera_is_silent(monkeypatch):
    silent, stop = threading.Event(), threading.Event()

    def frames(source, stretch):
        yield Frame(DOT, source.name, 0)
        stop.set()  # Ctrl-C comes while the camera hangs
        silent.wait(20)

    monkeypatch.setattr(ahead, "_frames", frames)
    with ReadAhead(sources("camera 0", kind="camera"), stop.is_set) as reader:
        assert len(list(reader)) <= 1
        silent.set()


def test_slow_models_skip_camera_frames_but_no_others(monkeypatch):
    first_taken, all_given = threading.Event(), threading.Event()

    def frames(source, stretch):
        if source.kind == "video":
            yield Frame(DOT, source.name, 0)
            return
        yield Frame(DOT, source.name, 0)
        first_taken.wait(20)
        for k in range(1, 50):
            yield Frame(DOT, source.name, k)
        all_given.set()

    monkeypatch.setattr(ahead, "_frames", frames)
    with ReadAhead([*sources("a"), *sources("camera 0", kind="camera")]) as reader:
        iterator = iter(reader)
        assert next(iterator).source == "a"
        assert isinstance(next(iterator), Ended)
        assert next(iterator).index == 0
        first_taken.set()
        assert all_given.wait(20)
        assert [item.index for item in iterator if isinstance(item, Frame)] == [48, 49]
        assert reader.dropped == 47


def test_very_large_frames_are_decoded_one_after_the_other(monkeypatch):
    alive: list[weakref.ref] = []

    def frames(source, reading):
        for k in range(6):
            frame = Frame(np.zeros((40, 50, 3), np.uint8), source.name, k)
            alive.append(weakref.ref(frame))
            most.append(sum(ref() is not None for ref in alive))
            yield frame
            del frame

    monkeypatch.setattr(ahead, "_frames", frames)
    for bytes_, expected in ((40 * 50 * 3 - 1, 1), (1 << 26, DEPTH + 2)):
        monkeypatch.setattr(ahead, "MOST_BYTES", bytes_)
        most: list[int] = []
        with ReadAhead(sources("a", "b", "c")) as reader:
            for item in reader:
                sleep(0.002)
                del item
        assert len(most) == 18
        assert max(most) <= expected
