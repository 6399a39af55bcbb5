"""A camera, through a device of OpenCV that is none and says so: `fake_camera`."""

from pathlib import Path

import pytest
from watching import Watched

from shipedge.sources import grabber
from shipedge.sources.stream import Patience

PATIENCE = Patience(open_s=0.5, read_s=0.5, frozen_s=5, first_wait_s=0.05, most_wait_s=0.2)


@pytest.fixture
def fake(monkeypatch, tmp_path):
    def fake(what):
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parent))
        monkeypatch.setenv("FAKE_CAMERA", what)
        monkeypatch.setenv("FAKE_COUNT", str(tmp_path / "count"))
        monkeypatch.setattr(grabber, "SERVER", "fake_camera")
        monkeypatch.setattr(grabber, "_SPARE_S", 0.2)

    return fake


def reds(watched):
    return [int(frame.pixels[0, 0, 0]) for frame in watched.frames]


def test_frames_are_rgb_and_count_time_from_the_first(fake):
    fake("")
    watched = Watched(["3"], lambda watched: len(watched.frames) >= 4, patience=PATIENCE)
    numbers = reds(watched)
    assert numbers == sorted(set(numbers))
    assert watched.frames[0].time_s == 0
    assert watched.frames[0].source == "camera 3"
    assert (watched.frames[0].pixels[..., 1:] == 0).all()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("is unplugged", "the stream broke off"),
        ("hangs", "the process that reads it hangs"),
        ("crashes", "the process that reads it crashed"),
    ],
)
def test_a_camera_that_fails_is_opened_again(fake, fault, reason):
    fake(fault)
    watched = Watched(["3"], lambda watched: len(watched.frames) >= 8 and watched.gaps, patience=PATIENCE)
    assert watched.reasons == [reason]
    assert [number for number in reds(watched) if number < 100] == sorted({1, 2, 3, 4} & set(reds(watched)))
    assert max(reds(watched)) > 100


def test_no_such_camera(fake):
    fake("absent")
    watched = Watched(["3"], lambda watched: False, patience=PATIENCE)
    sentence = "camera 3: there is no such camera (or it is in use, or not permitted)"
    assert str(watched.ends[0].error) == sentence
