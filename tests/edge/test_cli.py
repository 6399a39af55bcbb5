"""The command group: help without imports, one sentence per failure, exit codes."""

import errno
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace

import click
import pytest
from click.testing import CliRunner, Result

from shipedge import __version__, cli
from shipedge.cli import lazy
from shipedge.errors import BundleError
from shipedge.system import opencv_wheels

HEAVY = {"cv2", "numpy", "tensorflow", "keras", "ai_edge_litert", "shipedge._core", "shipedge_train"}


def python(code: str, *arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False, **more
    )


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> dict[str, EntryPoint]:
    """Entry points as the installed distributions would give them; filled by the test."""
    entries: dict[str, EntryPoint] = {}
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries.values())
    return entries


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, cli.ENTRY_POINTS)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, arguments)


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Result:
    """Run a command that raises ``error``."""

    @click.command()
    def broken() -> None:
        raise error

    monkeypatch.setattr(lazy, "import_module", lambda _name: SimpleNamespace(doctor=broken))
    return run("doctor")


def test_help_lists_every_command_and_imports_none(added: dict[str, EntryPoint]) -> None:
    added["train"] = entry("train", "no_such_module.cli:train")
    added["extra"] = entry("extra", "somebody.cli:extra")
    result = run("--help")
    assert result.exit_code == 0
    for name in (*cli.COMMANDS, "train", "extra"):
        assert f"\n  {name} " in result.stdout
    assert cli.ADDED_HELP["train"] in result.stdout
    assert "Added by somebody." in result.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys, time; start = time.perf_counter()\n"
        "from shipedge.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "took = time.perf_counter() - start\n"
        "print(*sorted(sys.modules), file=sys.stderr); print(f'{took * 1000:.0f} ms', file=sys.stderr)"
    )
    done = python(code, *arguments)
    assert done.returncode == 0, done.stderr
    assert not HEAVY & set(done.stderr.split())
    print("shipedge", *arguments, "took", done.stderr.splitlines()[-1])  # the budget is 300 ms: shown with pytest -s


@pytest.mark.parametrize("command", sorted({*cli.COMMANDS, *cli.ADDED_HELP}))
def test_help_of_a_command_loads_no_opencv_and_no_tensorflow(command: str) -> None:
    code = (
        "import sys; from shipedge.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as end: print(*sorted(sys.modules), file=sys.stderr); raise"
    )
    done = python(code, command, "--help")
    if "No such command" in done.stderr:
        pytest.skip("the training commands are not installed")
    assert done.returncode == 0, done.stderr
    assert not {"cv2", "tensorflow", "keras", "ai_edge_litert"} & set(done.stderr.split())


def test_importing_shipedge_loads_nothing() -> None:
    done = python("import shipedge, sys; print(*sys.modules)")
    assert not HEAVY & set(done.stdout.split())


def test_version() -> None:
    assert run("--version").stdout == f"shipedge {__version__}\n"


def test_an_unknown_command_is_a_usage_error() -> None:
    result = run("sail")
    assert result.exit_code == 2
    assert "No such command 'sail'" in result.stderr


@pytest.mark.parametrize("words", [[], ["rle"], ["bench"]], ids=str)
def test_a_group_alone_shows_its_help(words: list[str]) -> None:
    code = "import sys; sys.argv[0] = 'shipedge'; from shipedge.cli import main; main()"
    done, wanted = python(code, *words), python(code, *words, "--help")
    assert wanted.stdout.startswith("Usage: shipedge ")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", wanted.stdout)


def test_a_shipedge_error_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    result = failing(monkeypatch, BundleError("x is not a bundle"))
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "Error: x is not a bundle\n")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "/a/b"), "/a/b: permission denied"),
        (OSError(errno.ENOSPC, "No space left on device", "/a/b"), "/a/b: no space left on device"),
        (OSError(errno.EXDEV, "Cross-device link", "/a", None, "/b"), "/b: cross-device link"),
        (OSError("plain words"), "plain words"),
        (MemoryError("Unable to allocate 8 GiB"), "not enough memory: Unable to allocate 8 GiB"),
        (
            ModuleNotFoundError("No module named 'cv2'", name="cv2"),
            'shipedge doctor needs: pip install "shipedge[edge]" (module cv2 is missing)',
        ),
        (
            ModuleNotFoundError("No module named 'shipedge._core'", name="shipedge._core"),
            "the compiled core shipedge._core is missing from this source tree; build it with: pip install -e .",
        ),
    ],
)
def test_expected_failures(monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str) -> None:
    result = failing(monkeypatch, error)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"Error: {sentence}\n")


def test_a_damaged_module_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    result = failing(monkeypatch, ImportError("file too short", name="shipedge._core", path="/x/_core.so"))
    assert (result.exit_code, result.stderr) == (1, "Error: cannot load /x/_core.so: file too short\n")


def test_advice_on_an_opencv_that_cannot_be_loaded_leads_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both distributions go: what is left of one after the other was uninstalled is an empty package."""
    monkeypatch.setattr(opencv_wheels, "_is_installed", {"opencv-python", "opencv-python-headless"}.__contains__)
    error = ImportError("libGL.so.1: cannot open shared object file", name="cv2", path="/x/cv2.abi3.so")
    result = failing(monkeypatch, error)
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: OpenCV cannot be loaded (libGL.so.1: cannot open shared object file); this installs one that needs no "
        'screen: pip uninstall -y opencv-python opencv-python-headless && pip install "shipedge[headless]"\n',
    )


@pytest.mark.parametrize("command", ["predict", "doctor"])
def test_an_opencv_built_for_another_numpy_is_one_sentence(tmp_path: Path, command: str) -> None:
    """NumPy writes a page to stderr then."""
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").write_text(
        "import sys; sys.stderr.write('A module that was compiled using NumPy 1.x\\n')\n"
        "raise ImportError('numpy.core.multiarray failed to import')"
    )
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from shipedge.cli import main; main(sys.argv[1:])"
    path = os.pathsep.join([str(tmp_path), *sys.path])
    arguments = ["predict", "a.jpg"] if command == "predict" else ["doctor"]
    done = python(code, str(tmp_path), *arguments, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 1
    assert "OpenCV cannot be loaded (numpy.core.multiarray failed to import)" in done.stdout + done.stderr
    assert "compiled using" not in done.stdout + done.stderr


def test_what_else_is_missing_comes_without_a_second_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opencv_wheels, "_is_installed", {"opencv-python-headless"}.__contains__)
    result = failing(monkeypatch, ModuleNotFoundError("No module named 'ai_edge_litert'", name="ai_edge_litert"))
    assert 'pip install "shipedge[headless]" (module ai_edge_litert is missing)' in result.stderr


def test_an_empty_opencv_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What uninstalling one of two distributions leaves: a folder that Python imports as a package."""
    monkeypatch.setattr(opencv_wheels, "_is_installed", {"opencv-python"}.__contains__)
    with pytest.raises(AttributeError) as caught:
        ModuleType("cv2").imread("a.png")
    result = failing(monkeypatch, caught.value)
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: OpenCV is not whole (its package cv2 is empty), install it anew: "
        'pip uninstall -y opencv-python && pip install "shipedge[headless]"\n',
    )


def test_control_characters_of_a_name_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    result = failing(monkeypatch, BundleError("\x1b[31m\r\n\x07\udce9.png is not a bundle, 船"))
    assert result.stderr == "Error: \\x1b[31m\\r\\n\\x07\\udce9.png is not a bundle, 船\n"


@pytest.mark.parametrize(
    "error", [RuntimeError("a bug"), ImportError("cannot import name x"), ModuleNotFoundError("x", name="shipedge.x")]
)
def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    assert failing(monkeypatch, error).exception is error


def test_ctrl_c_exits_130(monkeypatch: pytest.MonkeyPatch) -> None:
    result = failing(monkeypatch, KeyboardInterrupt())
    assert (result.exit_code, result.stderr) == (130, "\nInterrupted\n")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import keras", 'shipedge train needs: pip install "shipedge[train]" (module keras is missing)'),
        (
            "import tensorflow.lite",
            'shipedge train needs: pip install "shipedge[train]" (module tensorflow is missing)',
        ),
        ("train = 5", "train is not a click command but int"),
    ],
)
def test_a_command_whose_libraries_are_absent(
    added: dict[str, EntryPoint],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    sentence: str,
) -> None:
    module = f"added_{abs(hash(code))}"
    (tmp_path / f"{module}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("keras", "tensorflow"):
        monkeypatch.setitem(sys.modules, name, None)  # as if not installed
    added["train"] = entry("train", f"{module}:train")
    result = run("train")
    assert (result.exit_code, result.stderr) == (1, f"Error: {sentence}\n")


def test_an_entry_point_runs_but_never_replaces_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [entry("masks", "evil:masks"), entry("train", "shipedge_train.cli.train:train")]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points if group == cli.ENTRY_POINTS else [])
    table = cli.main.table()
    assert set(table) == {*cli.COMMANDS, "train"}
    assert table["masks"] == cli.COMMANDS["masks"]


def test_a_closed_pipe_is_quiet() -> None:
    code = (
        "import sys, click; from types import SimpleNamespace\n"
        "from shipedge import cli; from shipedge.cli import lazy\n"
        "@click.command()\n"
        "def flood():\n"
        "    while True: click.echo('x' * 1000)\n"
        "lazy.import_module = lambda name: SimpleNamespace(doctor=flood)\n"
        "cli.main(['doctor'])"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_ctrl_c_during_masks_leaves_whole_files_and_130(tmp_path: Path) -> None:
    rows = "".join(f"{number}.jpg,{number % 500000 + 1} 40\n" for number in range(40_000))
    (tmp_path / "x.csv").write_text("ImageId,EncodedPixels\n" + rows)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "shipedge", "masks", str(tmp_path / "x.csv"), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (not out.exists() or len(list(out.iterdir())) < 50):
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    written = list(out.iterdir())
    assert len(written) >= 50
    assert {path.suffix for path in written} == {".png", ".json"}
    assert all(path.read_bytes().endswith(b"IEND\xaeB`\x82") for path in written if path.suffix == ".png")
