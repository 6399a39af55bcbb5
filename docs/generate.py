"""Write the pages that follow from the code: python docs/generate.py (tests/project/test_reference.py compares).

`docs/reference/cli.md` has every command, `docs/reference/configuration.md` every key of a training run, and
`docs/design/adr/index.md` every decision.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import click

from shipedge.cli import main
from shipedge_train.config import choices

REFERENCE = Path(__file__).parent / "reference"
DECISIONS = Path(__file__).parent / "design" / "adr"
SECTIONS = {
    "model": choices.ModelConfig,
    "data": choices.DataConfig,
    "augment": choices.AugmentConfig,
    "train": choices.TrainConfig,
    "train.stages": choices.Stage,
}


def cell(text: str) -> str:
    """One line for a cell of a table; what Markdown or HTML would take for its own is escaped."""
    line = " ".join(text.split())
    return re.sub(r"([|<*])", r"\\\1", line)


def paragraphs(docstring: str) -> str:
    """A help text; blocks that click is told to leave alone become code."""
    blocks = []
    for block in inspect.cleandoc(docstring).split("\n\n"):
        if block.startswith("\b"):
            first, *lines = block[1:].strip("\n").splitlines()
            code = "\n".join(line.removeprefix("  ") for line in lines)
            blocks.append(f"{first}\n\n```sh\n{code}\n```" if first.startswith("Example") else block[1:].strip("\n"))
        else:
            blocks.append(cell(block))
    return "\n\n".join(blocks)


def option_row(option: click.Option, context: click.Context) -> str:
    """Names and value of an option, its help, its default."""
    names = ", ".join([*option.opts, *option.secondary_opts])
    metavar = re.sub("INTEGER.*|FLOAT.*", "N", option.make_metavar(context))
    value = "" if option.is_flag or option.count else f" {metavar}"
    words = option.get_help_extra(context)
    extra = [words["range"]] if "range" in words else []
    extra += ["required"] if option.required else []
    extra += ["may be repeated"] if option.multiple else []
    text = cell(f"{(option.help or '').rstrip('.')} ({', '.join(extra)})." if extra else option.help or "")
    default = f"`{words['default']}`" if "default" in words else ""
    return f"| `{names}{value.replace('|', ', ')}` | {text} | {default} |"


def command_pages(command: click.Command, path: str, parent: click.Context | None = None) -> Iterator[str]:
    """The section of a command, and of those below it."""
    context = click.Context(command, info_name=path.rpartition(" ")[2], parent=parent, show_default=True)
    yield f"{'#' * min(path.count(' ') + 1, 3)} {path}" if parent else "# Command line"
    yield f"```text\n{' '.join([path, *command.collect_usage_pieces(context)])}\n```"
    yield paragraphs(command.help or "")
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
    if options:
        rows = [option_row(option, context) for option in options]
        yield "\n".join(["| option | what it does | default |", "|---|---|---|", *rows])
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from command_pages(below, f"{path} {name}", context)


def cli() -> str:
    """The page of all commands."""
    note = "Every command of `shipedge`, written from its `--help`. Bad input is one sentence and exit code 1."
    first, *others = command_pages(main, "shipedge")
    return "\n\n".join([first, note, *others]) + "\n"


def described(kind: type) -> dict[str, str]:
    """What the docstring of a dataclass says of each attribute."""
    _, _, listed = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")
    return {name: cell(text) for name, text in re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", listed, re.MULTILINE)}


def shown(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(shown, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def configuration() -> str:
    """The page of all keys of a configuration."""
    parts = [
        "# Configuration",
        "Every key of the TOML file that `shipedge train --config` reads, with its default. A key that is not here is "
        "an error. `shipedge config list` names the files that come along.",
    ]
    for section, kind in SECTIONS.items():
        text = described(kind)
        assert is_dataclass(kind)
        rows = [f"| `{one.name}` | {text[one.name]} | `{shown(one.default)}` |" for one in fields(kind)]
        summary = inspect.cleandoc(kind.__doc__ or "").splitlines()[0]
        title = f"[[{section}]]" if kind is choices.Stage else f"[{section}]"
        parts += [f"## `{title}`", summary, "\n".join(["| key | meaning | default |", "|---|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def decisions() -> str:
    """The page that lists the architecture decision records."""
    titles = {
        path.name: path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        for path in sorted(DECISIONS.glob("0*.md"))
    }
    lines = [f"- [{title}]({name})" for name, title in titles.items()]
    return "# Decisions\n\nWhat someone will question, and why it is so.\n\n" + "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """All pages and what stands in them."""
    return {
        REFERENCE / "cli.md": cli(),
        REFERENCE / "configuration.md": configuration(),
        DECISIONS / "index.md": decisions(),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
