"""Outputs that are no files: pipes, devices and open files are written into, never replaced."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

import logs
from shipedge.cli import main
from shipedge.events import Result, Start, utc
from shipedge.events.log import Log
from shipedge.files import atomic

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and devices with names are POSIX")

SHIPS = "ImageId,EncodedPixels\na.jpg,1 3\nb.jpg,\n"


@pytest.fixture
def pipe(tmp_path):
    """A named pipe and a function that gives what came through it; it is read from as soon as it is made."""
    path, found = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: found.append(path.read_bytes()), daemon=True)
    reader.start()

    def read():
        reader.join(timeout=30)
        return b"".join(found)

    return path, read


@pytest.fixture
def ships(tmp_path):
    path = tmp_path / "ships.csv"
    path.write_text(SHIPS)
    return str(path)


def test_a_pipe_gets_the_bytes_and_stays(pipe):
    path, read = pipe
    data = os.urandom(300_000)  # more than a pipe holds at once
    atomic.write_output(path, data)
    assert read() == data
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert [entry.name for entry in path.parent.iterdir()] == ["pipe"]


def test_a_link_to_a_pipe_is_followed_one_to_a_file_is_not(pipe):
    path, read = pipe
    link = path.with_name("link")
    link.symlink_to(path)
    atomic.write_output(link, b"through")
    assert read() == b"through"
    assert link.is_symlink()
    link.unlink()
    precious = path.with_name("precious")
    precious.write_bytes(b"precious")
    link.symlink_to(precious)
    atomic.write_output(link, b"new")
    assert (precious.read_bytes(), link.read_bytes(), link.is_symlink()) == (b"precious", b"new", False)


def test_a_pipe_without_a_reader_is_refused_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no program reads from this pipe") as caught:
        atomic.write_output(tmp_path / "pipe", b"lost")
    assert caught.value.filename == str(tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_device_is_written_into():
    ours, terminal = os.openpty()
    try:
        name = os.ttyname(terminal)
        atomic.write_output(name, b"ships")
        assert os.read(ours, 100) == b"ships"
        assert stat.S_ISCHR(Path(name).stat().st_mode)
    finally:
        os.close(ours)
        os.close(terminal)


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}", "link"])
def test_an_open_file_is_written_where_it_stands(tmp_path, name):
    """What the shell has opened (`> log`) goes on after what is in it; /dev/stdout is a link to such a name."""
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc")
    with (tmp_path / "log").open("w+b", buffering=0) as file:
        file.write(b"before ")
        path = tmp_path / "link"
        path.symlink_to(f"/proc/self/fd/{file.fileno()}")
        atomic.write_output(path if name == "link" else name.format(file.fileno()), b"ships")
        file.write(b" after")
        assert path.is_symlink()
    assert (tmp_path / "log").read_bytes() == b"before ships after"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root makes devices")
def test_a_disk_is_never_written_to(tmp_path, ships):
    disk = tmp_path / "disk"
    try:
        os.mknod(disk, 0o600 | stat.S_IFBLK, os.makedev(7, 250))  # a loop device that is not there
    except OSError as error:
        pytest.skip(f"no devices here: {error}")
    for call in (atomic.write_output, atomic.write_atomic):
        with pytest.raises(OSError, match="expected a file"):
            call(disk, b"x")
    done = CliRunner().invoke(main, ["evaluate", ships, ships, "--save", str(disk)])
    assert (done.exit_code, done.output) == (1, f"Error: {disk}: is a disk, expected a file\n")
    assert stat.S_ISBLK(disk.stat().st_mode)


def test_folders_of_ours_hold_files_alone(tmp_path):
    """A pipe or a link to a device in an output folder was not named by the user, so nothing is sent there."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileExistsError, match="is a pipe, socket or device"):
        atomic.write_atomic(tmp_path / "pipe", b"x")
    (tmp_path / "link").symlink_to("/dev/full")
    atomic.write_atomic(tmp_path / "link", b"x")
    assert (tmp_path / "link").read_bytes() == b"x"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link", "pipe"]


def test_predictions_do_not_replace_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "predictions.jsonl")
    start = Start(1, "0", utc(), "toy", None)
    with pytest.raises(FileExistsError, match="is a pipe or device"), Log(tmp_path / "predictions.jsonl", start):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["predictions.jsonl"]


def test_submission_into_a_pipe_that_nobody_reads_names_it(tmp_path):
    exports = pytest.importorskip("shipedge.exports", reason="sources need OpenCV (extra edge)")
    os.mkfifo(tmp_path / "pipe")
    with Log(tmp_path / "predictions.jsonl", Start(1, "0", utc(), "toy", None)) as log:
        log.write(Result("a.png", 0, None, [8, 8], 0.0, [], {}))
    written, (failed,) = exports.export(log.path, {"csv": tmp_path / "pipe"})
    assert written == []
    assert "pipe: cannot be written: no program reads" in failed


def test_predictions_stay_when_the_submission_is_lost(tmp_path, image):
    pytest.importorskip("ai_edge_litert", reason="needs the extra edge")
    photo = image(tmp_path / "a.png", 64, 64)
    os.mkfifo(tmp_path / "pipe")
    other = image(tmp_path / "b.png", 64, 64)
    arguments = ("predict", photo, other, "--out", tmp_path / "found", "--csv", tmp_path / "pipe")
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 1
    assert done.stderr == f"Error: {tmp_path / 'pipe'}: cannot be written: no program reads from this pipe\n"
    assert done.stdout.endswith(f"written: {tmp_path / 'found' / 'predictions.jsonl'}\n")
    assert len(logs.frames(tmp_path / "found")) == 2


COMMANDS = {
    "evaluate": (["evaluate", "{ships}", "{ships}", "--save", "{out}"], b"{"),
    "decode": (["rle", "decode", "1 3", "--out", "{out}"], b"\x89PNG"),
    "convert": (["rle", "convert", "{ships}", "{out}", "--to", "airbus"], SHIPS.encode()),
    "convert to coco": (["rle", "convert", "{ships}", "{out}", "--to", "coco"], b"{"),
    "stats": (["data", "stats", "{ships}", "--save", "{out}"], b"{"),
    "verify": (["data", "verify", "{ships}", "--save", "{out}"], b"{"),
    "report": (["report", "--predictions", "{ships}", "--truth", "{ships}", "--out", "{out}"], b"<!doctype html>"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_writes_into_a_pipe(name, pipe, ships):
    arguments, start = COMMANDS[name]
    if arguments[0] in ("data", "report"):
        pytest.importorskip("matplotlib", reason="needs the extra train")
    path, read = pipe
    done = CliRunner().invoke(main, [text.format(ships=ships, out=path) for text in arguments])
    assert done.exit_code == 0, done.output
    assert read().startswith(start)
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_standard_output_by_its_device_name(ships):
    """Through a link in a folder of the test: should the device's own name be replaced, the machine would suffer."""
    link = Path(ships).with_name("out.csv")
    link.symlink_to("/dev/stdout")
    command = [sys.executable, "-m", "shipedge", "rle", "convert", ships, str(link)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, link.is_symlink()) == (0, True)
    assert done.stdout.startswith(SHIPS)
    assert "2 images with 1 ship" in done.stdout
