"""SIGTERM and SIGHUP end a command like Ctrl-C: in order, with the exit code of the signal; nohup is respected."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from shipedge.cli import signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")

NUMBERS = [signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)]


def started(arguments, ready, ignored=None):
    """The running command, as soon as `ready()` holds; with a signal ignored from the start, as nohup does it."""
    code = f"import signal; signal.signal({ignored}, signal.SIG_IGN)\n" if ignored else ""
    code += f"from shipedge.cli import main; main({[str(argument) for argument in arguments]})"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not ready() and process.poll() is None:
        time.sleep(0.005)
    return process


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "x.csv"
    lines = "".join(f"{number}.jpg,{number % 500000 + 1} 40\n" for number in range(40_000))
    path.write_text("ImageId,EncodedPixels\n" + lines)
    return path


@pytest.mark.parametrize("number", NUMBERS)
def test_masks_leaves_whole_files(rows, tmp_path, number):
    out = tmp_path / "out"
    with started(["masks", rows, out], lambda: out.exists() and len(list(out.iterdir())) > 50) as process:
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (128 + number, f"\nStopped by {signal.Signals(number).name}\n")
    written = list(out.iterdir())
    assert {path.suffix for path in written} == {".png", ".json"}
    assert all(path.read_bytes().endswith(b"IEND\xaeB`\x82") for path in written if path.suffix == ".png")


@pytest.mark.parametrize("number", NUMBERS)
def test_an_ignored_signal_stays_ignored(tmp_path, number):
    rows = tmp_path / "x.csv"
    rows.write_text("ImageId,EncodedPixels\n" + "".join(f"{n}.jpg,{n + 1} 40\n" for n in range(2000)))
    out = tmp_path / "out"
    ready = lambda: out.exists() and len(list(out.iterdir())) > 10  # noqa: E731
    with started(["masks", rows, out], ready, ignored=int(number)) as process:
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert len(list(out.glob("*.png"))) == 2000


def test_predict_keeps_what_is_complete_when_the_connection_breaks(tmp_path):
    """The progress bar is being drawn on a terminal that is gone, and SIGHUP arrives."""
    cv2 = pytest.importorskip("cv2")
    np = pytest.importorskip("numpy")
    content = cv2.imencode(".png", np.full((32, 32, 3), 40, np.uint8))[1].tobytes()
    for number in range(1000):
        (tmp_path / f"{number:04}.png").write_bytes(content)
    code = (
        "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        f"from shipedge.cli import main; main(['predict', {str(tmp_path)!r}, '--out', {str(tmp_path / 'out')!r}])"
    )
    terminal, its_end = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=its_end, stdout=its_end, stderr=its_end, start_new_session=True
    )
    os.close(its_end)
    shown = b""
    while b"/1000 frames" not in shown:
        shown += os.read(terminal, 1000)
    os.close(terminal)
    assert process.wait(timeout=60) == 128 + signal.SIGHUP
    lines = (tmp_path / "out" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert 0 < len(lines) < 1000
    assert all("ships" in json.loads(line) for line in lines)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["predictions.jsonl"]


@pytest.mark.parametrize("number", NUMBERS)
def test_predict_exits_with_the_signal(tmp_path, number):
    pytest.importorskip("cv2").imwrite(str(tmp_path / "a.png"), pytest.importorskip("numpy").zeros((8, 8), "uint8"))
    command = ["predict", str(tmp_path / "a.png"), "--out", str(tmp_path / "out")]
    code = (
        "import signal; from shipedge.cascade import Cascade\n"
        "call = Cascade.__call__\n"
        f"Cascade.__call__ = lambda *frame: (signal.raise_signal({int(number)}), call(*frame))[1]\n"
        f"from shipedge.cli import main; main({command})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (128 + number, "Stopped: what is complete has been kept\n")
    assert len((tmp_path / "out" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_handlers_are_given_back():
    before = [signal.getsignal(number) for number in signals.STOPPING]
    with signals.handled(signals.stop):
        assert [signal.getsignal(number) for number in signals.STOPPING] == [signals.stop] * len(before)
        with pytest.raises(signals.Stopped) as stopped:
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert stopped.value.number == signal.SIGTERM
    assert [signal.getsignal(number) for number in signals.STOPPING] == before
