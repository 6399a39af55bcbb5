"""What `shipedge predict` shows of cameras while it runs."""

import os
import pty
import re
import subprocess
import sys

from servers import Camera

PREDICT = [sys.executable, "-m", "shipedge", "predict", "--bundle"]


def on_terminal(command, folder):
    """What a terminal gets on standard error, and the exit code."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(command, stderr=follower, stdout=subprocess.DEVNULL, cwd=folder)
    os.close(follower)
    seen = b""
    try:
        while piece := os.read(leader, 65536):
            seen += piece
    except OSError:  # the other end is closed
        pass
    os.close(leader)
    return seen.decode(), process.wait()


def test_a_terminal_shows_a_table_that_is_wiped(toy_bundle_dir, tmp_path, camera):
    (tmp_path / "s.toml").write_text(f'[x]\nname = "harbor\\u001b[31m"\nurl = "{camera.url()}"\ngsd_m = 1\n')
    command = [*PREDICT, str(toy_bundle_dir), "--sources", "s.toml", "--track", "--max-frames", "40"]
    seen, code = on_terminal(command, tmp_path)
    assert code == 0, seen
    assert re.search(r"source +frames/s +age ms p50/p95 +dropped +gaps +ships +tracks  state", seen)
    assert re.search(r"harbor\\x1b\[31m +\d+\.\d +\d+/\d+ +\d+ +0 +[01] +\d+  live", seen)
    assert "\x1b[31m" not in seen
    assert re.search(r"\x1b\[3F\x1b\[J", seen)


def test_a_gap_is_a_sentence_above_the_table(toy_bundle_dir, tmp_path):
    with Camera() as camera:
        camera.acts = (camera.film(1, 20), camera.film(100))
        seen, code = on_terminal([*PREDICT, str(toy_bundle_dir), camera.url(), "--max-frames", "40"], tmp_path)
    assert code == 0
    assert "no frames since" in seen


def test_without_a_terminal_there_is_no_table(toy_bundle_dir, tmp_path, camera):
    command = [*PREDICT, str(toy_bundle_dir), camera.url(), "--max-frames", "5"]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=True)
    assert b"\x1b" not in done.stderr + done.stdout
    assert b"frames/s " not in done.stderr


def test_a_window_without_a_display_is_one_sentence(toy_bundle_dir, tmp_path, camera):
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = [*PREDICT, str(toy_bundle_dir), camera.url(), "--show"]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 1
    assert done.stderr == b"Error: --show needs a display and opencv-python, and no window can be opened here\n"
    command = [*command, "--max-frames", "1"]
    done = subprocess.run(
        command, capture_output=True, cwd=tmp_path, env={**environment, "DISPLAY": ":99"}, check=False
    )
    assert done.returncode == 1, done.stderr  # no such display: the library would end the process
