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
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_python_examples_give_what_they_say(path: Path) -> None:
    assert doctest.testfile(str(path), module_relative=False, optionflags=doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_public_name_of_the_masks_is_explained() -> None:
    text = (ROOT / "docs" / "rle.md").read_text(encoding="utf-8")
    names = list(rle.__all__)
    for name in rle.__all__:
        if isinstance(kind := getattr(rle, name), type):
            inherited = {*dir(object), *dir(Mapping)}
            names += [f"{name}.{own}" for own in vars(kind) if not own.startswith("_") and own not in inherited]
    assert [name for name in names if not re.search(rf"`{re.escape(name)}[(`]", text)] == []


def readme_commands() -> list[str]:
    """Every line of the README's shell blocks, but for `make`, which runs this test."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    return [line for line in lines if not line.startswith("make ")]


@pytest.mark.slow
def test_the_readme_s_commands_work_in_their_order(tmp_path: Path) -> None:
    """Run in an empty folder that sees `edge/` and `python/` as a checkout does."""
    commands = readme_commands()
    assert len(commands) >= 8
    for name in ("edge", "python"):
        (tmp_path / name).symlink_to(ROOT / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in commands:
        done = subprocess.run(
            command,
            shell=True,
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    assert len(list((tmp_path / "tasted").rglob("predictions.jsonl"))) == 1
