"""SIGTERM and SIGHUP end a command like Ctrl-C: in order, with the exit code of the signal; nohup is respected."""

import os
import signal
import subprocess
import sys
import time

import pytest

import logs
from shipedge.files.atomic import HIDDEN, hidden_folder
from shipedge.system import signals

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
    assert 0 < len(logs.frames(tmp_path / "out")) < 1000
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
    assert len(logs.frames(tmp_path / "out")) == 1


def test_handlers_are_given_back():
    before = [signal.getsignal(number) for number in signals.STOPPING]
    for number in signals.STOPPING:
        with signals.stopping():
            assert [signal.getsignal(number) for number in signals.STOPPING] == [signals.stop] * len(before)
            with pytest.raises(signals.Stopped) as stopped:
                signal.raise_signal(number)
            assert stopped.value.number == signals.asked() == number
    assert [signal.getsignal(number) for number in signals.STOPPING] == before


@pytest.mark.parametrize("number", signals.STOPPING)
def test_the_second_signal_disturbs_no_clean_up(number):
    def clean_up():
        try:
            signal.raise_signal(number)
        finally:
            for again in signals.STOPPING:
                signal.raise_signal(again)

    with signals.stopping(), pytest.raises(signals.Stopped):
        clean_up()
    assert signals.asked() == number


def test_a_signal_waits_for_what_must_be_whole():
    done = []

    def work():
        with signals.held():
            signal.raise_signal(signal.SIGTERM)
            with signals.held():
                done.append("inner")
            done.append("outer")
        done.append("after")

    with signals.stopping(), pytest.raises(signals.Stopped):
        work()
    assert done == ["inner", "outer"]


def test_who_insists_ends_the_process():
    code = (
        "import signal, time; from shipedge.system import signals\n"
        "signals.INSIST_S = 0.05\n"
        "with signals.stopping():\n"
        "  try: signal.raise_signal(signal.SIGTERM)\n"
        "  except KeyboardInterrupt: time.sleep(0.1); signal.raise_signal(signal.SIGTERM); time.sleep(5)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGTERM, b"")


@pytest.mark.parametrize("when", ["making", "filling", "cleaning"])
@pytest.mark.parametrize("number", NUMBERS)
def test_hidden_folders_are_cleaned_up_whenever_the_signals_come(tmp_path, monkeypatch, number, when):
    make, clean = os.mkdir, os.rmdir

    def interrupted(call):
        def two_signals(*arguments, **options):
            value = call(*arguments, **options)
            signal.raise_signal(number)
            signal.raise_signal(number)
            return value

        return two_signals

    monkeypatch.setattr(os, "mkdir", interrupted(make) if when == "making" else make)
    monkeypatch.setattr(os, "rmdir", interrupted(clean) if when == "cleaning" else clean)

    def fill():
        with hidden_folder(tmp_path) as folder:
            (folder / "file").touch()
            if when == "filling":
                signal.raise_signal(number)

    with signals.stopping(), pytest.raises(signals.Stopped):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_two_signals_leave_no_folder(rows, tmp_path):
    out = tmp_path / "out"
    hidden = lambda: [path for path in tmp_path.iterdir() if path.name.startswith(HIDDEN)]  # noqa: E731
    ready = lambda: any(any(path.rglob("*.txt")) for path in hidden())  # noqa: E731
    with started(["rle", "convert", rows, out, "--to", "yolo"], ready) as process:
        process.send_signal(signal.SIGTERM)
        time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert errors == "\nStopped by SIGTERM\n"
    assert process.returncode in (143, -signal.SIGTERM)  # the interpreter was ending already: the same in a shell
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.csv"]


@pytest.mark.parametrize("lost", ["in a callback", "as another error", "in an import"])
def test_a_signal_whose_exception_is_lost_is_not_forgotten(tmp_path, lost):
    (tmp_path / "slow.py").write_text("import signal\nsignal.raise_signal(signal.SIGTERM)\n")
    losing = {
        "in a callback": "class Lost:\n  def __del__(self): signal.raise_signal(signal.SIGTERM)\nLost()",
        "as another error": "try: signal.raise_signal(signal.SIGTERM)\nexcept BaseException: raise ValueError('odd')",
        "in an import": "import slow",
    }[lost]
    code = (
        f"import signal, sys, types; sys.path.insert(0, {str(tmp_path)!r}); import click\n"
        "import shipedge.cli as cli\n"
        "def attribute(target):\n"
        + "".join(f"  {line}\n" for line in losing.splitlines())
        + "  return click.Command('x', callback=lambda: click.echo('done'))\n"
        "cli.lazy.attribute = attribute\n"
        "cli.main(['doctor'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "\nStopped by SIGTERM\n")
