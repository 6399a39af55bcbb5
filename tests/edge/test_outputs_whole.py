"""Outputs appear whole or not at all: planted links, leftovers of killed runs, full disks and devices."""

import errno
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from shipedge.errors import DatasetError
from shipedge.files import atomic

FULL = Path("/dev/full")
posix = pytest.mark.skipif(os.name != "posix", reason="links and limits are those of POSIX")
full_device = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def python(code, *arguments):
    """Run lines in a process that may write files of at most 4 KiB."""
    limit = "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    command = [sys.executable, "-c", limit + textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def shipedge(*arguments, **streams):
    """The command in a process of its own: (exit code, what it printed on standard error)."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    command = [sys.executable, "-m", "shipedge", *map(str, arguments)]
    done = subprocess.run(command, text=True, timeout=120, check=False, **streams)
    return done.returncode, done.stderr or ""


# --- names that others may have planted


@posix
def test_temporary_files_follow_no_planted_link(tmp_path, monkeypatch):
    """Even where the random name is guessed: O_EXCL refuses it, and nothing is lost."""
    monkeypatch.setattr(os, "urandom", lambda count: b"\7" * count)
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    planted = tmp_path / f".shipedge-{os.getpid()}-{'07' * 8}.tmp"
    planted.symlink_to(precious)
    with pytest.raises(FileExistsError) as caught:
        atomic.write_atomic(tmp_path / "a", b"new")
    assert caught.value.filename == str(tmp_path / "a")
    assert precious.read_bytes() == b"precious"


@posix
def test_files_of_libraries_are_made_in_a_folder_for_its_owner_alone(tmp_path):
    with atomic.hidden_folder(tmp_path) as first, atomic.hidden_folder(tmp_path) as second:
        assert first != second
        assert stat.S_IMODE(first.stat().st_mode) == 0o700
        assert first.stat().st_dev == tmp_path.stat().st_dev
        (first / "video.mp4").write_bytes(b"x")
    assert names(tmp_path) == []


@posix
def test_new_folder_has_the_usual_mode_and_is_not_stopped_by_leftovers(tmp_path):
    (tmp_path / "usual").mkdir()
    for name in (f".new.{os.getpid()}.tmp", ".shipedge-killed"):
        (tmp_path / name).symlink_to(tmp_path / "usual")
    with atomic.new_folder(tmp_path / "new") as inside:
        (inside / "a").write_bytes(b"a")
        assert not (tmp_path / "new").exists()
    assert names(tmp_path / "new") == ["a"]
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert names(tmp_path / "usual") == []
    with pytest.raises(DatasetError, match="expected a new or an empty folder"), atomic.new_folder(tmp_path / "new"):
        pass


@posix
def test_annotated_video_follows_no_link(tmp_path):
    """Neither one at the name that earlier versions used for the file in the making, nor one at the video's own."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
    import numpy as np

    from shipedge.sinks.mp4 import Mp4

    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (tmp_path / "v.mp4").symlink_to(precious)
    (tmp_path / f".v.{os.getpid()}.tmp.mp4").symlink_to(precious)
    black = np.zeros((64, 64, 3), np.uint8)
    video = Mp4(tmp_path / "v.mp4", black)
    (hidden,) = (path for path in tmp_path.iterdir() if path.name.startswith(".shipedge-"))
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
    video.write(black, "v", 0.0)
    video.close(keep=True)
    assert precious.read_bytes() == b"precious"
    assert not (tmp_path / "v.mp4").is_symlink()
    assert cv2.VideoCapture(str(tmp_path / "v.mp4")).read()[0]
    assert names(tmp_path) == [f".v.{os.getpid()}.tmp.mp4", "precious", "v.mp4"]


@posix
def test_a_link_in_place_of_a_folder_of_ours_is_refused(tmp_path):
    annotate = pytest.importorskip("shipedge.sinks.annotate", reason="OpenCV is not installed (extra edge)")
    (tmp_path / "mine").mkdir()
    (tmp_path / "annotated").symlink_to(tmp_path / "mine")
    with pytest.raises(OSError, match="is a link, expected a folder"), annotate.Annotated(tmp_path / "annotated", []):
        pass


@posix
def test_masks_make_no_file_behind_a_planted_link(tmp_path):
    (tmp_path / "ships.csv").write_text("ImageId,EncodedPixels\na.jpg,1 3\n")
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / ".shipedge-masks.running").symlink_to(tmp_path / "elsewhere")
    code, text = shipedge("masks", tmp_path / "ships.csv", tmp_path / "masks")
    assert (code, text) == (0, "")
    assert not (tmp_path / "elsewhere").exists()
    assert (tmp_path / "masks" / "a.png").is_file()


# --- disks that are full


@posix
@pytest.mark.parametrize(
    "code",
    [
        "atomic.write_atomic(path, bytes(9999))",
        "atomic.write_output(path, bytes(9999))",
        "airbus.write_airbus(path, [('a.jpg', ['1 3'] * 999)])",
        "with atomic.new_folder(path) as inside: (inside / 'a').write_bytes(bytes(9999))",
    ],
)
def test_disk_full_names_the_output_and_leaves_nothing(tmp_path, code):
    done = python(
        f"""
        from shipedge.files import atomic
        from shipedge import airbus
        path = sys.argv[1]
        try:
            {code}
        except OSError as error:
            print(error.errno, error.filename)
        """,
        tmp_path / "out",
    )
    assert done.stdout == f"{errno.EFBIG} {tmp_path / 'out'}\n", done.stderr
    assert names(tmp_path) == []


@posix
@pytest.mark.parametrize("target", ["out.csv", "out.json", "folder"])
def test_commands_say_which_output_has_no_room(tmp_path, target):
    rows = "".join(f"{'x' * 99}{k}.jpg,1 3\n" for k in range(99))
    (tmp_path / "ships.csv").write_text("ImageId,EncodedPixels\n" + rows)
    kind = ["--to", "yolo"] if target == "folder" else []
    if target == "folder":  # one ship of many corners: files of YOLO labels are small
        text = " ".join(f"{768 * 2 * k + 1} {1 + k % 300}" for k in range(380))
        (tmp_path / "ships.csv").write_text(f"ImageId,EncodedPixels\na.jpg,{text}\n")
    done = python(
        "from shipedge.cli import main\nmain(sys.argv[1:])",
        *("rle", "convert", tmp_path / "ships.csv", tmp_path / target, *kind),
    )
    assert done.returncode == 1
    assert done.stderr == f"Error: {tmp_path / target}: file too large\n"
    assert names(tmp_path) == ["ships.csv"]


@full_device
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["predict", "--help"], ["rle", "info", "1 3"], ["rle", "decode", "1 3"], ["doctor"]],
    ids=" ".join,
)
def test_standard_output_into_a_full_device_is_one_sentence(arguments):
    with FULL.open("w") as full:
        code, text = shipedge(*arguments, stdout=full)
        assert (code, text) == (1, "Error: standard output: no space left on device\n")
        code, _ = shipedge(*arguments, stdout=full, stderr=full)
        assert code == 1


@full_device
@pytest.mark.parametrize("arguments", [["rle", "info", "no mask"], ["nothing"]], ids=" ".join)
def test_standard_error_into_a_full_device_still_fails(arguments):
    with FULL.open("w") as full:
        code, _ = shipedge(*arguments, stderr=full)
    assert code == (2 if arguments == ["nothing"] else 1)  # 2: there is no such command


@full_device
def test_an_output_that_is_a_full_device_is_named(tmp_path):
    (tmp_path / "ships.csv").write_text("ImageId,EncodedPixels\na.jpg,1 3\n")
    (tmp_path / "full.csv").symlink_to(FULL)
    code, text = shipedge("rle", "convert", tmp_path / "ships.csv", tmp_path / "full.csv")
    assert (code, text) == (1, f"Error: {tmp_path / 'full.csv'}: no space left on device\n")
    assert (tmp_path / "full.csv").is_symlink()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_may_not_be_written_to_is_kept(tmp_path):
    (tmp_path / "ships.csv").write_text("ImageId,EncodedPixels\na.jpg,1 3\n")
    (tmp_path / "out.json").write_text("{}")
    (tmp_path / "out.json").chmod(0o400)
    code, text = shipedge("rle", "convert", tmp_path / "ships.csv", tmp_path / "out.json")
    assert (code, text) == (1, f"Error: {tmp_path / 'out.json'}: no permission to replace this file\n")
