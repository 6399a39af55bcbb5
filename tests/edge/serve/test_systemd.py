"""The unit, and when the watchdog is fed."""

import shutil
import socket
import subprocess

import pytest
from click.testing import CliRunner

from shipedge.cli import main
from shipedge.serve import systemd


@pytest.fixture
def heard(tmp_path, monkeypatch):
    """heard() -> what systemd was told since the last time."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        def take():
            told = []
            while True:
                try:
                    told.append(listening.recv(1000).decode())
                except BlockingIOError:
                    return told

        yield take


def test_the_watchdog_is_fed_by_frames_and_while_idle_by_turns(heard, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(systemd, "monotonic", lambda: clock[0])
    monkeypatch.setenv("WATCHDOG_USEC", "4000000")
    watchdog = systemd.Watchdog()
    for frames, turns, is_idle, fed in (
        (0, 1, False, 0),  # nothing was done yet
        (1, 1, False, 1),
        (1, 9, False, 0),  # it turns, and looks at nothing
        (2, 9, False, 1),
        (2, 9, True, 0),  # it hangs
        (2, 10, True, 1),  # all cameras are off
    ):
        clock[0] += 1
        watchdog.look(frames, turns, is_idle)
        assert heard() == ["WATCHDOG=1"] * fed, (frames, turns, is_idle)
    watchdog.look(99, 99, False)  # at once: a quarter of its time has not passed
    assert heard() == []


def test_nobody_is_told_where_nobody_asked(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not systemd.notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "/nonexistent/socket")
    assert not systemd.notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "relative")
    assert not systemd.notify("READY=1")


def test_a_unit_is_printed(tmp_path):
    (tmp_path / "my 100%.toml").write_text("")
    done = CliRunner().invoke(main, ["serve", str(tmp_path / "my 100%.toml"), "--install-unit"])
    assert done.exit_code == 0
    assert "Type=notify\n" in done.stdout
    assert "WatchdogSec=60\n" in done.stdout
    assert f"-m shipedge serve '{tmp_path}/my 100%%.toml'\n" in done.stdout
    if shutil.which("systemd-analyze"):
        (tmp_path / "shipedge.service").write_text(done.stdout)
        subprocess.run(["systemd-analyze", "verify", str(tmp_path / "shipedge.service")], check=True)
