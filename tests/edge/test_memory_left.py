"""Too little memory is one sentence, wherever it shows itself."""

import re
import signal
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from shipedge.cli import errors, main
from shipedge.system import memory


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the address space")
@pytest.mark.parametrize("mib", [40, 80, 110, 127])
@pytest.mark.parametrize("command", [["rle", "info", "1 3"], ["evaluate", "a.csv", "b.csv"]])
def test_a_small_address_space(mib, command):
    """OpenBLAS ends the process, or interrupts it, without a word where it gets no memory."""
    import resource

    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (mib << 20, mib << 20))  # noqa: E731
    code = f"from shipedge.cli import main; main({command})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, preexec_fn=limit)
    assert done.returncode in (0, 1)
    assert done.stderr.count("\n") == done.returncode
    if done.returncode:
        assert done.stderr.startswith("Error: ")
        assert "not enough memory" in done.stderr or ".csv: No such" in done.stderr


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError(), "not enough memory"),
        (MemoryError("std::bad_alloc"), "not enough memory"),
        (MemoryError("Unable to allocate 5 GiB"), "not enough memory: Unable to allocate 5 GiB"),
        (RuntimeError("can't start new thread"), "not enough memory"),
        (ImportError("x.so: failed to map segment from shared object"), "not enough memory"),
        (caused(ImportError("PLEASE READ THIS"), ImportError("x.so: cannot allocate memory in static TLS block")),
         "not enough memory"),
        (caused(ImportError("initialization failed"), MemoryError()), "not enough memory"),
    ],
)  # fmt: skip
def test_what_is_said(monkeypatch, error, sentence):
    assert errors.as_click(error, "x").message == sentence

    def fail():
        raise error

    monkeypatch.setattr("shipedge.cli.lazy.attribute", lambda target: click.Command("x", callback=fail))

    done = CliRunner().invoke(main, ["doctor"])
    assert (done.exit_code, done.output) == (1, f"Error: {sentence}\n")


def test_other_errors_stay_themselves():
    assert memory.sentence(RuntimeError("odd")) is None
    assert memory.sentence(caused(ImportError("no module"), KeyError("a"))) is None


def test_an_interrupt_without_memory_is_none_of_a_person(monkeypatch):
    monkeypatch.setattr("shipedge.cli.lazy.attribute", lambda target: signal.raise_signal(signal.SIGINT))
    monkeypatch.setattr(memory, "is_left", lambda size: size > 64 << 20)

    done = CliRunner().invoke(main, ["doctor"])
    assert (done.exit_code, done.output.strip()) == (1, "Error: not enough memory")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the address space")
@pytest.mark.parametrize("mib", [200, 350, 450])
def test_opencv_without_memory_is_not_loaded(mib):
    pytest.importorskip("cv2")
    code = (
        f"import resource, numpy; resource.setrlimit(resource.RLIMIT_AS, ({mib << 20},) * 2)\n"
        "from shipedge.cli import main; main(['predict', 'a.jpg'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"Error: not enough memory: at least \d+ MiB more are needed\n", done.stderr)


def test_what_is_left():
    assert memory.is_left(1 << 20)
    assert not memory.is_left(1 << 60)
