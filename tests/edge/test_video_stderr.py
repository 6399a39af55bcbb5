"""The standard error stream belongs to the program that reads a video: only what FFmpeg writes is kept from it."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.system.stderr import FFMPEG, capture_stderr  # noqa: E402

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX streams and signals")

START = """if True:
    import os, signal, subprocess, sys
    from shipedge.errors import SourceError
    from shipedge.sources.video import read_video
    frames = read_video(sys.argv[1])
"""


@pytest.fixture
def damaged(tmp_path):
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 10, (128, 96))
    noise = np.random.default_rng(0)
    for _ in range(10):
        writer.write(noise.integers(0, 256, (96, 128, 3), dtype=np.uint8))
    writer.release()
    data = bytearray(path.read_bytes())
    start = data.index(b"00dc", data.index(b"movi")) + 8
    for place in range(start + 60, start + 400, 7):
        data[place] ^= 0x55
    path.write_bytes(data)
    return path


def program(path, text, **options):
    return subprocess.run(
        [sys.executable, "-c", START + text, str(path)], stdout=subprocess.PIPE, text=True, timeout=60, **options
    )


def test_only_lines_of_ffmpeg_are_kept(capfd):
    def action():
        os.write(2, b"[h264 @ 0x55f255b1c080] error while decoding MB 0 11\nof somebody else\n50%")
        os.write(2, b"[av1 @ 0x55f2559d61c0] Failed to get pixel format.\nnot at its end")
        return 7

    assert capture_stderr(action, FFMPEG) == (
        7,
        ["h264: error while decoding MB 0 11", "av1: Failed to get pixel format."],
    )
    assert capfd.readouterr().err == "of somebody else\n50%not at its end"
    os.write(2, b"later")
    assert capfd.readouterr().err == "later"


def test_an_action_that_fails_gives_the_stream_back(capfd):
    def action():
        os.write(2, b"why\n")
        raise KeyError

    with pytest.raises(KeyError):
        capture_stderr(action, FFMPEG)
    os.write(2, b"later\n")
    assert capfd.readouterr().err == "why\nlater\n"


def test_a_fork_waits_for_the_frame(damaged):
    text = """
    import threading, time, warnings
    from shipedge.system.stderr import FFMPEG, capture_stderr
    warnings.simplefilter("ignore")  # of a fork among threads
    started = threading.Event()
    thread = threading.Thread(target=capture_stderr, args=(lambda: (started.set(), time.sleep(0.3)), FFMPEG))
    stderr = os.fstat(2)
    thread.start()
    started.wait()
    child = os.fork()
    if not child:
        os._exit(0 if os.path.samestat(os.fstat(2), stderr) and capture_stderr(lambda: 7, FFMPEG) == (7, []) else 1)
    thread.join()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert program(damaged, text).stdout == "0\n"


def test_many_lines_between_frames_all_arrive(damaged):
    text = """
    next(frames)
    for k in range(30_000):
        print("line", k, "of the user, which is long enough to fill everything", file=sys.stderr)
    frames.close()
    """
    done = program(damaged, text, stderr=subprocess.PIPE)
    assert done.stderr.count("of the user") == len(done.stderr.splitlines()) == 30_000


def test_lines_before_a_kill_arrive(damaged):
    text = """
    next(frames)
    print("of the user", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    """
    done = program(damaged, text, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "of the user\n")


def test_a_child_keeps_the_stream(damaged):
    text = """
    next(frames)
    child = subprocess.Popen(["sh", "-c", "read wait; echo of the child >&2"], stdin=subprocess.PIPE)
    frames.close()
    child.communicate(b"go")
    """
    assert program(damaged, text, stderr=subprocess.PIPE).stderr == "of the child\n"


def test_without_the_stream_damage_is_still_named(damaged):
    text = """
    file = open("of the user.txt", "w")  # gets the number 2, or comes behind
    count = 0
    try:
        for frame in frames:
            count += 1
            file.write("frame\\n")
    except SourceError as error:
        print(count, error)
    """
    done = program(damaged, text, cwd=damaged.parent, preexec_fn=lambda: os.close(2))
    assert done.returncode == 0
    assert "10 " in done.stdout
    assert "the video is damaged, " in done.stdout
    assert (damaged.parent / "of the user.txt").read_text() == "frame\n" * 10
