"""The pages of the reference that are written from the code are current."""

import importlib.util
from pathlib import Path

import click
import pytest

from shipedge.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages():
    pytest.importorskip("keras")
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    return generate.pages()


@pytest.mark.parametrize("name", ["reference/cli.md", "reference/configuration.md", "design/adr/index.md"])
def test_the_page_is_what_the_code_says(pages, name):
    """After a change: python docs/generate.py"""
    path = ROOT / "docs" / name
    assert path.read_text(encoding="utf-8") == pages[path]


def test_every_command_and_option_has_its_line(pages):
    text = pages[ROOT / "docs" / "reference" / "cli.md"]

    def walk(command, path):
        yield path
        yield from (name for option in command.params for name in option.opts if isinstance(option, click.Option))
        for below in getattr(command, "list_commands", lambda context: [])(click.Context(command)):
            yield from walk(command.get_command(click.Context(command), below), f"{path} {below}")

    names = list(walk(main, "shipedge"))
    assert len(names) > 150
    assert [name for name in names if name not in text] == []
