"""RTSP from a real server, see tests/streams.sh: `make test-streams`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from watching import Watched

from shipedge.sources.stream import Patience

ROOT = Path(os.environ.get("SHIPEDGE_TEST_STREAMS", "none"), "root")
pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason="no RTSP server: make test-streams")

PATIENCE = Patience(open_s=20, read_s=2, frozen_s=1.5, corrupt_s=0.5, first_wait_s=0.05, most_wait_s=0.3)


class Server:
    def __init__(self, port=0, user="", codec="h264"):
        (libraries,) = (ROOT / "usr/lib").glob("*-linux-gnu")
        environment = {
            "PATH": os.environ["PATH"],
            "GST_PLUGIN_PATH": str(libraries / "gstreamer-1.0"),
            "GST_REGISTRY": str(ROOT.parent / "registry.bin"),
            "GI_TYPELIB_PATH": str(libraries / "girepository-1.0"),
            "LD_LIBRARY_PATH": str(libraries),
            "PYTHONPATH": str(ROOT / "usr/lib/python3/dist-packages"),
        }
        self._process = subprocess.Popen(
            ["/usr/bin/python3", str(Path(__file__).with_name("rtsp_server.py")), str(port), user, codec],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.port = int(self._process.stdout.readline())
        self.url = f"rtsp://127.0.0.1:{self.port}/stream1"

    def say(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def signal(self, number):
        self._process.send_signal(number)

    def die(self):
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def server():
    servers = []

    def start(**options):
        servers.append(Server(**options))
        return servers[-1]

    yield start
    for one in servers:
        one.die()


class Once:
    """Does something once, after so many frames."""

    def __init__(self, count, do):
        self._count, self._do, self.done = count, do, False

    def __call__(self, watched):
        if len(watched.frames) >= self._count and not self.done:
            self.done = True
            self._do()


def again(gaps, more=5):
    """So many gaps are over, and some frames came after that."""

    def enough(watched):
        if len(watched.gaps) < gaps:
            return False
        watched.after = getattr(watched, "after", len(watched.frames))
        return len(watched.frames) >= watched.after + more

    return enough


@pytest.mark.parametrize("codec", ["h264", "jpeg"])
def test_frames(server, codec):
    watched = Watched([server(codec=codec).url], lambda watched: len(watched.frames) >= 20, patience=PATIENCE)
    assert watched.frames[0].shape == (240, 320)
    assert watched.gaps == []
    assert watched.frames[5].pixels.max() > 200  # the ball


def test_server_dies_and_comes_back(server):
    first = server()

    def die():
        first.die()
        server(port=first.port)

    watched = Watched([first.url], again(1), patience=PATIENCE, act=Once(10, die))
    assert watched.reasons == ["the stream broke off"], watched.items


def test_server_stalls_and_goes_on(server):
    one = server()
    stalled = Once(10, lambda: one.signal(signal.SIGSTOP))

    def act(watched):
        stalled(watched)
        if stalled.done and any(getattr(item, "reason", "") for item in watched.items):
            one.signal(signal.SIGCONT)

    watched = Watched([one.url], again(1), patience=PATIENCE, act=act)
    assert watched.gaps


def test_frozen(server):
    one = server()

    def act(watched):
        frozen(watched)
        if frozen.done and any(getattr(item, "reason", "").startswith("frozen") for item in watched.items):
            one.say("pattern ball")

    frozen = Once(10, lambda: one.say("pattern black"))
    watched = Watched([one.url], again(1), patience=PATIENCE, act=act)
    assert watched.reasons == ["frozen: the same image for 1.5 s"]


def test_another_size(server):
    one = server()
    watched = Watched([one.url], again(1), patience=PATIENCE, act=Once(10, lambda: one.say("size 640 480")))
    assert watched.reasons == ["the size of its frames changed"]
    assert watched.notices == ["frames of 640x480 pixels from here on, 320x240 before"]
    assert watched.frames[-1].shape == (480, 640)


def test_lost_packets_are_damaged_frames_until_the_next_key_frame(server):
    one = server()

    def act(watched):
        lossy(watched)
        if lossy.done and any(hasattr(item, "reason") for item in watched.items):
            one.say("loss 0")

    lossy = Once(10, lambda: one.say("loss 0.3"))
    watched = Watched([one.url], again(1), patience=PATIENCE, act=act)
    assert watched.reasons[0].startswith("damaged frames: ")


def test_password(server):
    one = server(user="us.er:p@ss")
    host = f"127.0.0.1:{one.port}"
    watched = Watched(
        [f"rtsp://us.er:p%40ss@{host}/stream1"], lambda watched: len(watched.frames) >= 3, patience=PATIENCE
    )
    assert watched.frames[0].source == one.url
    watched = Watched([f"rtsp://us.er:wr%40ng@{host}/stream1"], lambda watched: False, patience=PATIENCE)
    assert str(watched.ends[0].error) == f"{one.url}: user or password is missing or wrong (401)"


def test_nothing_there(server):
    one = server()
    watched = Watched([one.url.replace("stream1", "stream2")], lambda watched: False, patience=PATIENCE)
    assert str(watched.ends[0].error).endswith("/stream2: there is nothing at this address (404)")


def test_one_of_two_dies(server):
    good, dying = server(), server()
    lost = Once(10, dying.die)

    def enough(watched):
        if not any(hasattr(item, "reason") for item in watched.items):
            return False
        watched.after = getattr(watched, "after", len(watched.frames))
        return len(watched.frames) >= watched.after + 50

    watched = Watched([dying.url, good.url], enough, patience=PATIENCE, act=lost)
    times = [frame.captured.clock for frame in watched.frames if frame.source == good.url]
    assert watched.dropped[good.url] < len(times) / 2
    assert [item.source for item in watched.items if hasattr(item, "reason")] == [dying.url]


def test_the_service_goes_on_when_the_server_comes_back(server, toy_bundle_dir, tmp_path):
    sys.path.insert(0, str(Path(__file__).parents[1] / "serve"))
    from running import Service, wait_for

    def camera():
        (harbor,) = service.json("/api/v1/sources")
        return harbor

    first = server()
    service = Service(tmp_path, toy_bundle_dir, f'[sources.harbor]\nurl = "{first.url}"\n').start()
    try:
        wait_for(lambda: camera()["frames"] > 10)
        assert service.get("/healthz")[0] == 200
        first.die()
        wait_for(lambda: camera()["state"] != "live")
        server(port=first.port)
        frames = camera()["frames"]
        wait_for(lambda: camera()["frames"] > frames + 10)
        assert (camera()["state"], camera()["gaps"]) == ("live", 1)
        assert service.stop() == 0
    finally:
        service.stop()
