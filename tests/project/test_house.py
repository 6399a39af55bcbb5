"""Rules of the house that no linter knows: file length, import direction, the public API, help with examples."""

import ast
import importlib.util
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import shipedge
from shipedge import cli

ROOT = Path(__file__).parents[2]
SOURCES = {".py", ".pyi", ".cpp", ".hpp", ".h", ".toml", ".sh", ".cmake"}
TRAINING = {"keras", "tensorflow", "jax", "torch", "shipedge_train"}
LONGEST = 300


def tracked(*suffixes: str) -> list[Path]:
    """Files git knows, or (in an unpacked source archive) all files of the source folders."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        names = [path for folder in ("cpp", "edge", "python", "tests") for path in (ROOT / folder).rglob("*")]
    return [path for path in names if path.suffix in suffixes and path.is_file()]


def test_no_source_is_longer_than_a_reader_s_patience() -> None:
    files = [path for path in tracked(*SOURCES) if "third_party" not in path.parts]
    assert len(files) > 20
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports anywhere, functions included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_device_knows_nothing_of_training() -> None:
    files = [path for path in tracked(".py") if path.is_relative_to(ROOT / "edge")]
    assert files
    assert {str(path): imported(path) & TRAINING for path in files if imported(path) & TRAINING} == {}


def test_the_public_api_is_sorted_and_complete() -> None:
    assert shipedge.__all__ == sorted(shipedge.__all__)
    assert set(shipedge.__all__) == set(shipedge._HOMES) | {"__version__"}
    for name in shipedge.__all__:
        assert getattr(shipedge, name) is not None, name
        assert name in dir(shipedge)
    with pytest.raises(AttributeError, match="no attribute 'boat'"):
        shipedge.boat  # noqa: B018


def test_type_checkers_see_the_same_names() -> None:
    """The TYPE_CHECKING imports and the lazy table must not drift apart."""
    tree = ast.parse(Path(shipedge.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.name: (node.module or "").removeprefix("shipedge").removeprefix(".")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "shipedge"
        for alias in node.names
    }
    assert seen == shipedge._HOMES


def test_every_module_with_all_names_everything_once() -> None:
    checked = 0
    for path in tracked(".py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
            ):
                names = ast.literal_eval(node.value)
                assert len(set(names)) == len(names), path
                checked += 1
    assert checked


def commands() -> list[str]:
    return sorted({*cli.COMMANDS, *(entry.name for entry in entry_points(group=cli.ENTRY_POINTS))})


@pytest.mark.parametrize("name", commands())
def test_every_command_helps_with_an_example(name: str) -> None:
    result = CliRunner().invoke(cli.main, [name, "--help"], prog_name="shipedge")
    missing = re.search(r"\(module (\w+) is missing\)", result.stderr)
    if missing and importlib.util.find_spec(missing[1]) is None:
        pytest.skip(f"shipedge {name} needs {missing[1]}, which is not installed")
    assert result.exit_code == 0, result.output
    assert "Example" in result.stdout
    examples = result.stdout.partition("Example")[2]
    assert re.search(rf"^  +shipedge {name} ", examples, re.MULTILINE), (
        "each example on its own line: click's \\b is lost"
    )
    assert "\\b" not in result.stdout


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    command = cli.main.get_command(click.Context(cli.main), name)
    assert command is not None
    silent = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert silent == []


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
def test_the_help_knows_the_commands_of_the_training_package() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["entry-points"][cli.ENTRY_POINTS]) == set(cli.ADDED_HELP)


def test_the_documents_name_only_commands_that_exist() -> None:
    known = {*cli.COMMANDS, *cli.ADDED_HELP, "COMMAND"}
    named = {
        (str(path.relative_to(ROOT)), word)
        for path in tracked(".md")
        for block in re.findall(r"```.*?```|`[^`\n]+`", path.read_text(encoding="utf-8"), re.DOTALL)
        for word in re.findall(r"(?:^|[`$/ ])(?<!from )shipedge ([A-Za-z]\w*)", block, re.MULTILINE)
    }
    assert {(name, word) for name, word in named if word not in known} == set()


def test_help_of_the_device_commands_needs_no_training_library() -> None:
    code = (
        "import sys; from shipedge.cli import main\n"
        "for name in sys.argv[1:]:\n"
        "    try: main([name, '--help'])\n"
        "    except SystemExit as end: assert not end.code, name\n"
        f"print('LOADED', *sorted({TRAINING!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *cli.COMMANDS], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "LOADED"
