"""Whatever stands on the other end of stdout and stderr: code pages, decoders that print, a terminal that goes away."""

import os
import subprocess
import sys

import pytest

from shipedge.cli import terminal

ODD = "船🚢\udce9"
"""A name that no code page of eight bits holds, with a byte that is no text in any encoding."""

PRINT = """
import os, sys, click
from shipedge import cli
from shipedge.errors import DatasetError

@click.command()
def command():
    name = "\\u8239\\U0001f6a2\\udce9"
    click.echo(f"echo {name}")
    print(f"print {name}")
    print(f"log {name}", file=sys.stderr)
    raise DatasetError(f"error {name}")

cli.lazy.attribute = lambda target: command
cli.main(["doctor"])
"""

LIBRARY = """
import os, click
from shipedge import cli

@click.command()
def command():
    os.write(2, b"Corrupt JPEG data: premature end of data segment\\n")  # as libjpeg does it, past sys.stderr
    click.echo("ours", err=True)
    {last}

cli.lazy.attribute = lambda target: command
cli.main(["doctor"])
"""


def python(code, **variables):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False, env=environment)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8", "cp932"])
def test_every_encoding_takes_every_name(encoding):
    done = python(PRINT, PYTHONIOENCODING=encoding)
    shown = "".join(c if c.encode(encoding, "ignore") else c.encode("ascii", "backslashreplace").decode() for c in ODD)
    assert done.returncode == 1
    assert done.stdout.decode(encoding).splitlines() == [f"echo {shown}", f"print {shown}"]
    assert done.stderr.decode(encoding).splitlines() == [f"log {shown}", f"Error: error {shown}"]


@pytest.mark.parametrize(
    "variables", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}]
)
def test_a_terminal_without_a_locale_takes_every_name(variables):
    done = python(PRINT, **variables)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert [len(done.stdout.splitlines()), len(done.stderr.splitlines())] == [2, 2]


def test_lines_of_libraries_do_not_reach_stderr():
    assert python(LIBRARY.format(last="")).stderr == b"ours\n"
    assert python(LIBRARY.format(last=""), SHIPEDGE_DEBUG="1").stderr == (
        b"Corrupt JPEG data: premature end of data segment\nours\n"
    )


def test_a_bug_keeps_its_traceback():
    done = python(LIBRARY.format(last="1 / 0"))
    assert done.returncode == 1
    assert b"Corrupt" not in done.stderr
    assert done.stderr.startswith(b"ours\nTraceback")
    assert done.stderr.endswith(b"ZeroDivisionError: division by zero\n")


def test_a_damaged_image_is_named_in_our_words_alone(tmp_path):
    cv2 = pytest.importorskip("cv2")
    np = pytest.importorskip("numpy")
    whole = cv2.imencode(".jpg", np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))[1].tobytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2 : -200] = bytes(len(whole) - 200 - len(whole) // 2)
    (tmp_path / "a.jpg").write_bytes(damaged)
    (tmp_path / "船.jpg").write_bytes(whole[: len(whole) // 2])
    command = ["predict", str(tmp_path), "--out", str(tmp_path / "out")]
    done = python(f"from shipedge.cli import main\nmain({command})", PYTHONIOENCODING="cp1252")
    lines = done.stderr.decode("cp1252").splitlines()
    assert done.returncode == 1
    assert any("\\u8239.jpg: " in line for line in lines)
    assert all(line.startswith("Error: ") or line.endswith("sources failed") for line in lines)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these file systems take only text as names")
def test_a_folder_whose_name_is_no_text_is_read_and_written(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "ships.csv").write_text("ImageId,EncodedPixels\na.jpg,1 3\nb.jpg,5 3 2 1\n")
    command = ["masks", str(folder / "ships.csv"), str(folder / "masks")]
    done = python(f"from shipedge.cli import main\nmain({command!a})")
    sentence = r"caf\udce9/ships.csv: line 3: image 'b.jpg': run 2 starts at 2, expected 8 or later"
    assert (done.returncode, done.stderr.decode()) == (1, f"Error: {tmp_path}/{sentence}\n")
    assert (folder / "masks" / "a.png").exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a b-ä船.jpg", "a b-ä船.jpg"), ("\x1b[31m\r\n\t\x07", r"\x1b[31m\r\n\t\x07"), ("\udce9\u202e", r"\udce9\u202e")],
)
def test_names_are_printed_on_one_line_without_control_characters(name, shown):
    assert terminal.printable(name) == shown


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are POSIX")
def test_a_terminal_that_goes_away_does_not_end_the_work(tmp_path):
    """Ignoring SIGHUP, as after nohup or disown: writes fail from then on, and the command goes on to its end."""
    code = f"""
import os, signal, sys, time, click
from shipedge import cli
signal.signal(signal.SIGHUP, signal.SIG_IGN)

@click.command()
def command():
    assert sys.stderr.isatty() and sys.stdout.isatty()
    click.echo("ready")
    time.sleep(0.5)
    click.echo("lost"); click.echo("lost", err=True)
    try:
        os.write(1, b"x")
    except OSError:
        open({str(tmp_path / "done")!r}, "w").close()

cli.lazy.attribute = lambda target: command
cli.main(["doctor"])
"""
    main_side, process_side = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=process_side,
        stdout=process_side,
        stderr=process_side,
        start_new_session=True,
    )
    os.close(process_side)
    assert os.read(main_side, 100) == b"ready\r\n"
    os.close(main_side)
    assert process.wait(timeout=60) == 0
    assert (tmp_path / "done").exists()
