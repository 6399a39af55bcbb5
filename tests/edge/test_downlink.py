"""downlink.jsonl: never over the budget, the most valuable ships first, and twice none."""

import base64
import json

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from shipedge.events import Found, Result, Start  # noqa: E402
from shipedge.events.log import Log  # noqa: E402
from shipedge.frame import Frame  # noqa: E402
from shipedge.sinks import downlink  # noqa: E402
from shipedge.sinks.downlink import Budget, Downlink  # noqa: E402

START = Start(1, "0", "2026-01-01T00:00:00.000Z", "toy", "b")


def found(number, area, score=0.5):
    return Found(f"{1 + 100 * number} {area}", [number, 0, number + 1, area], score, [0.5, 1.0], 2.0, 1.0, 90.0)


def frame(index=0):
    rng = np.random.default_rng(index)
    return Frame(rng.integers(0, 255, (100, 100, 3)).astype(np.uint8), "a.mp4", index)


def result(areas, index=0):
    ships = [found(number, area) for number, area in enumerate(areas)]
    return Result("a.mp4", index, None, [100, 100], 0.5, ships, {})


def sent(folder):
    return [json.loads(line) for line in (folder / "downlink.jsonl").read_text().splitlines()]


def test_a_line_holds_the_ship_and_its_image(tmp_path):
    with Log(tmp_path / "predictions.jsonl", START) as log, Downlink(log, Budget(10_000, "frame")) as sink:
        sink.write(frame(), result([5, 90]))
    first, second = sent(tmp_path)
    assert (first["source"], first["index"], first["rle"]) == ("a.mp4", 0, "101 90")
    assert second["rle"] == "1 5"
    image = cv2.imdecode(np.frombuffer(base64.b64decode(first["jpeg"]), np.uint8), cv2.IMREAD_COLOR)
    assert max(image.shape) == 64


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 99), max_size=8), st.integers(1, 9000))
def test_never_over_the_budget_of_a_frame(tmp_path_factory, areas, most):
    folder = tmp_path_factory.mktemp("link")
    with Log(folder / "predictions.jsonl", START) as log, Downlink(log, Budget(most, "frame")) as sink:
        sink.write(frame(), result(areas))
    assert (folder / "downlink.jsonl").stat().st_size <= most
    lines = sent(folder)
    values = [int(line["rle"].split()[1]) for line in lines]
    assert values == sorted(values, reverse=True)
    if lines:
        assert values[0] == max(areas) or most < 9000


def test_the_budget_of_an_hour_becomes_free_little_by_little(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(downlink, "monotonic", lambda: now[0])
    most = 36_000
    with Log(tmp_path / "predictions.jsonl", START) as log, Downlink(log, Budget(most, "h")) as sink:
        for index in range(40):
            now[0] = 60.0 * index
            sink.write(frame(index), result([1 + index], index))
            assert (tmp_path / "downlink.jsonl").stat().st_size <= most * now[0] / 3600
    lines = sent(tmp_path)
    assert 5 < len(lines) < 40
    assert len({line["index"] for line in lines}) == len(lines)


def test_a_run_that_goes_on_sends_nothing_twice(tmp_path):
    path = tmp_path / "predictions.jsonl"
    with Log(path, START) as log, Downlink(log, Budget(10_000, "frame")) as sink:
        log.write(result([5]))
        for index in (0, 1):  # killed before the log knows of the second
            sink.write(frame(index), result([5], index))
    file = tmp_path / "downlink.jsonl"
    file.write_bytes(file.read_bytes() + b'{"source":')
    with Log(path, START) as log, Downlink(log, Budget(10_000, "frame")) as sink:
        for index in range(3):
            sink.write(frame(index), result([5], index))
    assert [line["index"] for line in sent(tmp_path)] == [0, 1, 2]
    with Log(path, START, fresh=True) as log, Downlink(log, Budget(10_000, "frame")) as sink:
        assert len(sent(tmp_path)) == 3  # nothing is done yet
        sink.write(frame(7), result([5], 7))
    assert [line["index"] for line in sent(tmp_path)] == [7]


def test_a_frame_that_was_sent_in_part_is_sent_whole(tmp_path):
    """With a budget for each hour the ships of a frame are written one by one."""
    path, file = tmp_path / "predictions.jsonl", tmp_path / "downlink.jsonl"
    with Log(path, START) as log, Downlink(log, Budget(10_000, "frame")) as sink:
        log.write(result([5]))
        sink.write(frame(1), result([5, 90, 30], 1))
    whole = file.read_bytes()
    file.write_bytes(whole.splitlines(keepends=True)[0])
    with Log(path, START) as log, Downlink(log, Budget(10_000, "frame")) as sink:
        sink.write(frame(1), result([5, 90, 30], 1))
    assert file.read_bytes() == whole
