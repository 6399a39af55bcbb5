"""MJPEG over HTTP from a camera that does everything that cameras do."""

import threading
from time import time

import numpy as np
import pytest
from servers import HEAD, Camera, jpeg, number, part
from watching import Watched

from shipedge.errors import SourceError
from shipedge.sources import Limits, live


@pytest.fixture
def camera():
    with Camera() as camera:
        yield camera


def frames(count):
    return lambda watched: len(watched.frames) >= count


def gaps(count, more=2):
    """So many gaps are over, and frames came after the last."""
    return lambda watched: len(watched.gaps) >= count and len(watched.frames) >= more


def test_frames_come_in_order_and_know_their_time(camera):
    camera.acts = (camera.film(),)
    watched = Watched([camera.url()], frames(5))
    numbers = [number(frame.pixels) for frame in watched.frames]
    assert numbers == sorted(set(numbers))
    assert all(frame.captured.dropped >= 0 and frame.captured.time.tzinfo for frame in watched.frames)
    assert watched.gaps == watched.notices == []


def test_slow_models_get_the_newest_frame_and_all_others_are_counted(camera):
    camera.acts = (camera.film(period_s=0.005),)
    waited = threading.Event()
    watched = Watched([camera.url()], frames(5), act=lambda watched: waited.wait(0.2))
    numbers = [number(frame.pixels) for frame in watched.frames]
    steps = np.diff(numbers)
    assert min(steps) > 5
    assert [frame.captured.dropped for frame in watched.frames[1:]] == [step - 1 for step in steps]
    assert watched.dropped[camera.url()] >= sum(steps) - len(steps)


def test_a_camera_that_dies_and_comes_back(camera):
    camera.acts = (camera.film(1, 5), camera.film(100))

    def die(watched):
        if len(watched.frames) == 3 and camera.alive and camera.connections == 1:
            camera.die()
            threading.Timer(0.3, camera.listen, [camera.port]).start()

    watched = Watched([camera.url()], gaps(1, 6), act=die)
    numbers = [number(frame.pixels) for frame in watched.frames]
    assert [n for n in numbers if n < 100] == [1, 2, 3]
    assert numbers[3] == 100
    assert len(watched.gaps) == 1


NINE = part(jpeg(9))
FAULTS = {
    "ends": (lambda camera, send: None, "the server ended the stream"),
    "breaks off": (lambda camera, send: send(NINE[:300]), "the server ended the stream"),
    "stalls half-way": (lambda camera, send: (send(NINE[:300]), camera.stopped.wait(3)), "no answer in time"),
    "drips": (
        lambda camera, send: [send(bytes([b])) or camera.stopped.wait(0.1) for b in NINE],
        "no whole frame in time",
    ),
    "silent": (lambda camera, send: camera.stopped.wait(3), "no answer in time"),
    "too large": (
        lambda camera, send: send(b"--frame\r\nContent-Length: 999999999\r\n\r\n"),
        "an image of more than 64 MiB",
    ),
    "endless headers": (
        lambda camera, send: send(b"--frame\r\n" + b"X-Header: 1\r\n" * 10_000),
        "what the server sends is no film of images",
    ),
}


@pytest.mark.parametrize(("fault", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_stream_that_breaks_is_a_gap_and_is_taken_up_again(camera, fault, reason):
    film = camera.film(1, 4)
    camera.acts = (lambda send, request: (film(send, request), fault(camera, send)), camera.film(100))
    watched = Watched([camera.url()], gaps(1, 5))
    assert watched.reasons == [reason]
    numbers = [number(frame.pixels) for frame in watched.frames]
    assert 9 not in numbers
    assert next(n for n in numbers if n > 9) == 100


def test_what_stands_between_pieces_may_not_drip_in_without_end(camera):
    """The size of a chunk, digit by digit: no piece comes, and yet something always does."""
    chunked = HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")

    def drips(send, request):
        send(chunked)
        while True:
            send(b"0")
            camera.stopped.wait(0.05)

    camera.acts = (drips, camera.film(100))
    watched = Watched([camera.url()], gaps(1, 3))
    assert watched.reasons == ["no whole frame in time"]


def test_a_server_that_says_nothing_is_new_at_once(camera):
    camera.acts = (lambda send, request: send(b"HTTP/1.1 304 Not Modified\r\n\r\n"), camera.film(100))
    assert Watched([camera.url()], gaps(1, 3)).reasons == ["the server answers 304 to the first request"]


def test_garbage_between_and_in_frames_is_left_out_and_told(camera):
    broken = bytearray(jpeg(7))
    broken[len(broken) // 2 :] = bytes(len(broken) - len(broken) // 2)

    def act(send, request):
        send(HEAD)
        for k in range(1, 1 << 20):
            send(part(jpeg(k)))
            if k in (3, 5):
                send(part(bytes(broken)))
                send(b"garbage" * 50 + b"\r\n")
            if camera.stopped.wait(0.01):
                return

    camera.acts = (act,)
    watched = Watched([camera.url()], lambda watched: frames(8)(watched) and watched.notices)
    assert 7 in [number(frame.pixels) for frame in watched.frames]  # the whole one
    assert len(watched.notices) == 1
    assert "damaged frames were left out, the last: " in watched.notices[0]
    assert watched.gaps == []


def test_damaged_frames_that_do_not_end_are_a_gap(camera):
    def act(send, request):
        send(HEAD)
        for k in range(1, 1 << 20):
            send(part(jpeg(k) if k < 5 or k > 60 else jpeg(k)[:-40]))
            if camera.stopped.wait(0.01):
                return

    camera.acts = (act,)
    watched = Watched([camera.url()], gaps(1, 6))
    assert len(watched.gaps) == 1
    assert watched.reasons[0].startswith("damaged frames: ")
    assert not any(5 <= number(frame.pixels) <= 60 for frame in watched.frames)


def test_the_same_image_is_given_once_and_is_a_gap_in_the_end(camera):
    def act(send, request):
        send(HEAD)
        for k in range(1, 1 << 20):
            send(part(jpeg(min(k, 4) if k < 80 else k)))
            if camera.stopped.wait(0.01):
                return

    camera.acts = (act,)
    watched = Watched([camera.url()], gaps(1, 6))
    assert [number(frame.pixels) for frame in watched.frames][:5] == [1, 2, 3, 4, 80]
    assert watched.reasons == ["frozen: the same image for 0.5 s"]


def test_another_size_is_told(camera):
    def act(send, request):
        send(HEAD)
        for k in range(1, 1 << 20):
            send(part(jpeg(k, (48, 64) if k < 4 else (96, 80))))
            if camera.stopped.wait(0.02):
                return

    camera.acts = (act,)
    watched = Watched([camera.url()], frames(6))
    assert watched.notices == ["frames of 80x96 pixels from here on, 64x48 before"]
    assert watched.frames[-1].shape == (96, 80)


def test_one_that_hangs_and_one_that_dies_do_not_disturb_the_third(camera):
    with Camera(lambda send, request: camera.stopped.wait(60)) as silent, Camera() as dying:
        camera.acts, dying.acts = (camera.film(),), (dying.film(1, 3), lambda send, request: send(b"\0" * 99))
        watched = Watched(
            [silent.url(), dying.url(), camera.url()],
            lambda watched: sum(frame.source == camera.url() for frame in watched.frames) >= 60,
        )
    good = [number(frame.pixels) for frame in watched.frames if frame.source == camera.url()]
    assert sum(np.diff(good) - 1) == watched.dropped[camera.url()] - (good[0] - 1)
    assert max(np.diff(good)) < 25  # of 50 a second
    assert [gap.source for gap in watched.items if hasattr(gap, "reason")][:2] != [camera.url()] * 2


def test_turns_are_fair(camera):
    with Camera() as second:
        camera.acts, second.acts = (camera.film(period_s=0.001),), (second.film(period_s=0.03),)
        waited = threading.Event()
        watched = Watched([camera.url(), second.url()], frames(20), act=lambda watched: waited.wait(0.05))
    assert sum(frame.source == second.url() for frame in watched.frames) >= 8


def test_limits(camera):
    camera.acts = (camera.film(period_s=0.01),)
    watched = Watched([camera.url()], lambda watched: False, Limits(every=3, max_frames=4))
    assert len(watched.frames) == 4
    assert all(number(frame.pixels) % 3 == 1 for frame in watched.frames)
    watched = Watched([camera.url()], lambda watched: False, Limits(fps=4, duration_s=1.1))
    assert 2 <= len(watched.frames) <= 5


def test_old_frames_are_not_looked_at(camera):
    begin = camera.film(1, 4, period_s=0.01)

    def act(send, request):
        begin(send, request)  # and then nothing for a while
        camera.stopped.wait(0.5)
        for k in range(10, 99):
            send(part(jpeg(k)))
            camera.stopped.wait(0.02)

    camera.acts = (act,)
    waited = threading.Event()
    watched = Watched([camera.url()], frames(3), Limits(max_age_s=0.1), act=lambda watched: waited.wait(0.3))
    numbers = [number(frame.pixels) for frame in watched.frames]
    assert numbers[0] < 4
    assert numbers[1] >= 10
    assert watched.frames[1].captured.dropped >= 1


def test_a_wish_to_stop_is_heard_while_everything_hangs(camera):
    camera.acts = (lambda send, request: camera.stopped.wait(60),)
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with Camera() as second:
        second.die()
        watched = Watched([camera.url(), second.url()], lambda watched: stop.is_set())
    assert watched.frames == []


def test_nothing_at_the_address_ends_the_source_at_once_and_says_so(camera):
    camera.acts = (lambda send, request: send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),)
    watched = Watched([camera.url("/nothing?key=s3cret", "me:s3cret")], lambda watched: False)
    (end,) = watched.ends
    assert isinstance(end.error, SourceError)
    assert str(end.error) == f"{camera.url('/nothing')}?key=...: there is nothing at this address (404)"


def test_a_clock_that_is_set_is_told_and_ages_stay_right(camera, monkeypatch):
    ahead = [0.0]
    monkeypatch.setattr(live, "time", lambda: time() + ahead[0])
    camera.acts = (camera.film(),)

    def act(watched):
        if len(watched.frames) == 3:
            ahead[0] = 7.0

    watched = Watched([camera.url()], lambda watched: len(watched.frames) >= 8 and watched.notices, act=act)
    assert watched.notices == ["the clock of this machine was set forward by 7.0 s"]
    assert np.diff([frame.captured.time.timestamp() for frame in watched.frames]).max() > 6
    assert np.diff([frame.captured.clock for frame in watched.frames]).max() < 6
