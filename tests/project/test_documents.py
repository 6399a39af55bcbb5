"""The documents are true: their Python examples run, and so do the README's commands, in their order."""

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from shipedge import rle

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_examples_give_what_they_say(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert doctest.testfile(str(path), module_relative=False, optionflags=doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_public_name_of_the_masks_is_explained() -> None:
    text = (ROOT / "docs" / "reference" / "rle.md").read_text(encoding="utf-8")
    names = list(rle.__all__)
    for name in rle.__all__:
        if isinstance(kind := getattr(rle, name), type):
            inherited = {*dir(object), *dir(Mapping)}
            names += [f"{name}.{own}" for own in vars(kind) if not own.startswith("_") and own not in inherited]
    assert [name for name in names if not re.search(rf"`{re.escape(name)}[(`]", text)] == []


def commands(path: Path) -> list[str]:
    """Every line of a page's shell blocks, but for `make`, which runs this test."""
    blocks = re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip() and not line.startswith("make ")]


def run_as_printed(lines: list[str], folder: Path) -> None:
    """In one shell, whose folder has what a checkout has after `make test`, and whose PATH has no environment."""
    if not Path(sys.prefix, "bin", "activate").is_file():
        pytest.skip("the tests do not run in a virtual environment")
    (folder / ".venv").symlink_to(sys.prefix)
    for name in ("edge", "python"):
        (folder / name).symlink_to(ROOT / name)
    own = {str(Path(sys.prefix, "bin")), str(Path(sys.executable).parent)}
    path = os.pathsep.join(one for one in os.environ["PATH"].split(os.pathsep) if one not in own)
    done = subprocess.run(
        ["bash", "-exo", "pipefail"],
        input="\n".join(lines),
        cwd=folder,
        env={**{key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}, "PATH": path},
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-4000:]}"


@pytest.mark.slow
def test_the_readme_s_commands_work_in_their_order(tmp_path: Path) -> None:
    lines = commands(ROOT / "README.md")
    assert len(lines) >= 8
    run_as_printed(lines, tmp_path)
    assert len(list((tmp_path / "tasted").rglob("predictions.jsonl"))) == 1


@pytest.mark.slow
def test_the_labelling_loop_closes(tmp_path: Path) -> None:
    """Up to the training, with labels that nobody had to correct; Label Studio's converter is not installed."""
    lines = [line for line in commands(ROOT / "docs" / "guides" / "labelling.md") if "label-studio" not in line]
    lines = lines[: next(number for number, line in enumerate(lines) if line.startswith("shipedge train"))]
    assert len(lines) == 8
    run_as_printed([". .venv/bin/activate", *lines[:2], "cp found.json corrected.json", *lines[2:]], tmp_path)
    assert (tmp_path / "mine" / "splits.csv").is_file()
