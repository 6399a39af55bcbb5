"""Inputs that are no plain files: refused, or read to an end that comes."""

import contextlib
import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from shipedge.airbus import open_csv
from shipedge.backends.found import library_identity
from shipedge.cli import main
from shipedge.errors import DatasetError
from shipedge.files.inputs import open_input, read_input, read_most

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes with names are POSIX")
ROWS = "ImageId,EncodedPixels\na.jpg,1 3\nb.jpg,\n"


@pytest.fixture
def fifo(tmp_path, monkeypatch):
    monkeypatch.setattr("shipedge.files.inputs._PATIENCE_S", 0.1)
    path = tmp_path / "f.csv"
    os.mkfifo(path)
    return path


def invoked(*arguments):
    """The exit code and what was printed, within the time that a person waits."""
    started = time.monotonic()
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert time.monotonic() - started < 20
    return done.exit_code, done.output


@pytest.mark.parametrize(
    "command",
    [
        ["masks", "{}", "OUT/out"],
        ["masks", "{}.gz", "OUT/out"],
        ["evaluate", "{}", "{}"],
        ["rle", "info", "{}"],
        ["rle", "info", "{}", "--from", "coco"],
        ["rle", "info", "{}", "--from", "cvat"],
        ["rle", "convert", "{}", "OUT/x.json"],
        ["rle", "detect-order", "{}"],
    ],
)
def test_a_pipe_without_a_writer_is_not_waited_for(fifo, tmp_path, command):
    os.mkfifo(f"{fifo}.gz")
    code, text = invoked(*(part.replace("{}", str(fifo)).replace("OUT", str(tmp_path)) for part in command))
    assert code == 1
    assert text.startswith("Error: ")
    assert text.rstrip().endswith(": no program writes into this pipe")
    assert not (tmp_path / "x.json").exists()


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom"])
def test_devices_are_no_files(tmp_path, device):
    link = tmp_path / "x.csv"
    link.symlink_to(device)
    for command in (["rle", "info", link], ["masks", link, tmp_path / "out"], ["evaluate", link, link]):
        assert invoked(*command) == (1, f"Error: cannot read {link}: is a device, expected a file\n")


def test_what_waits_for_events_is_no_file():
    class Waiting(io.RawIOBase):  # /proc/kmsg: a regular file by its mode, whose bytes come some day
        def read(self, size=-1):
            return None

    with pytest.raises(OSError, match="is a device, expected a file"):
        read_most(Waiting(), 10)


@pytest.mark.parametrize("delay", [0, 0.05])
def test_pipes_with_a_writer_are_read(fifo, delay):
    def write():
        time.sleep(delay)
        with fifo.open("w") as file:
            time.sleep(delay * 4)  # longer than a pipe without a writer is waited for
            file.write(ROWS)

    writer = threading.Thread(target=write)
    writer.start()
    assert dict(open_csv(fifo).items()) == {"a.jpg": ["1 3"], "b.jpg": []}
    writer.join()


def test_masks_of_two_pipes_do_not_mix(tmp_path):
    """The note in the folder tells what was in a pipe, which is empty when it is read again."""

    def masks(rows):
        script = f'{sys.executable} -m shipedge masks <(printf "{rows}") {tmp_path / "out"}'
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert masks(ROWS).returncode == 0
    assert masks(ROWS).returncode == 0
    other = masks(ROWS.replace("1 3", "1 4"))
    assert (other.returncode, "made with other csv_sha256" in other.stderr) == (1, True)


def test_the_size_is_looked_at_first(tmp_path):
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(5 << 30)  # takes no room on the disk
    started = time.monotonic()
    with pytest.raises(DatasetError, match=r"large\.json is 5368709120 bytes long, expected at most 1 GiB"):
        read_input(path, 1 << 30)
    assert invoked("rle", "info", path)[0] == 1
    assert time.monotonic() - started < 10


def test_folders_are_named(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder, expected a file"):
        open_input(tmp_path)


SMALL_DISK = 8 << 20


def piped(first, *arguments, endless=True, tmp=None):
    """The program with standard input that begins so and never ends; its files may have 8 MiB."""
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_DISK, SMALL_DISK))

    process = subprocess.Popen(
        [sys.executable, "-m", "shipedge", "rle", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limit,
        env={**os.environ, "TMPDIR": str(tmp)},
    )
    written = 0
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(first)
        while endless and written < 100 << 20:
            written += process.stdin.write(first[:1] * (1 << 16))
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    process.stdin = None
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors.decode(), written


@pytest.mark.parametrize("command", [["info", "-"], ["encode", "-"], ["decode", "-"]])
def test_zeros_on_standard_input_are_refused_at_once(tmp_path, command):
    code, errors, written = piped(b"\0", *command, tmp=tmp_path)
    assert code == 1
    assert errors.startswith("Error: standard input ")
    assert errors.count("\n") == 1
    assert written < 1 << 20


def test_texts_have_a_bound(tmp_path):
    for command in (["encode", "-"], ["decode", "-"]):
        code, errors, written = piped(b"1", *command, tmp=tmp_path)
        assert (code, errors) == (1, "Error: standard input is over 64 MiB long, expected less\n")
        assert written < 70 << 20


def test_a_full_disk_of_temporary_files_is_named(tmp_path):
    code, errors, written = piped(b"ImageId,EncodedPixels\n", "info", "-", tmp=tmp_path)
    assert code == 1
    assert errors == f"Error: standard input, kept in {tmp_path}: file too large\n"
    assert written < 20 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the file has a name")
def test_what_is_kept_of_standard_input_has_no_name(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "shipedge", "rle", "info", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    process.stdin.write(b"ImageId,EncodedPixels\n" + b"\n" * (1 << 20))
    process.stdin.flush()
    links = Path(f"/proc/{process.pid}/fd")
    kept = lambda: any("(deleted)" in str(link.readlink()) for link in links.iterdir())  # noqa: E731
    deadline = time.monotonic() + 60
    while not kept() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert kept()
    process.kill()
    process.communicate()
    assert list(tmp_path.iterdir()) == []


def test_the_same_figures_from_a_stream(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(ROWS)
    command = [sys.executable, "-m", "shipedge", "rle", "info", "--json"]
    given = [subprocess.run([*command, name], input=ROWS.encode(), capture_output=True, timeout=60, check=True)
             for name in ("-", str(path))]  # fmt: skip
    assert given[0].stdout == given[1].stdout


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_library_is_a_file(tmp_path, kind):
    path = tmp_path / "lib.so"
    os.mkfifo(path) if kind == "pipe" else path.symlink_to("/dev/zero")
    assert library_identity(str(path)) == [str(path)]
