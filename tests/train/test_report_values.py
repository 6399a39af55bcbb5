"""`shipedge report` on runs that were damaged or made to harm: one sentence or a page, never a traceback."""

import json
import os
import warnings

import pytest
from click.testing import CliRunner

from shipedge.cli import main

pytest.importorskip("matplotlib", reason="needs the extra train")

HEAD = "epoch,loss,score,minutes\n"
CONFIG = {"kind": "segmenter", "created": "2026-01-01T00:00:00", "config": {"train": {"epochs": 2}}}


@pytest.fixture
def make_run(tmp_path):
    """make_run(name, history, config): a run folder; config is a table or the text of the file."""

    def make(name="run", history=HEAD + "1,0.5,0.4,1\n2,0.4,0.5,2\n", config=CONFIG):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
        (folder / "history.csv").write_text(history)
        return folder

    return make


def report(*arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # those of charts end on standard error as lines of a library
        return CliRunner().invoke(main, ["report", *map(str, arguments)])


def nested(opening, closing, depth):
    return '{"kind":"segmenter","config":{"a":' + opening * depth + "1" + closing * depth + "}}"


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ("nan,1,1,1\n", "line 2: epoch is 'nan', expected a whole number"),
        ("inf,1,1,1\n", "line 2: epoch is 'inf', expected a whole number"),
        ("1e308,1,1,1\n", "line 2: epoch is '1e308', expected a whole number"),
        ("-1,1,1,1\n", "line 2: epoch is '-1', expected a whole number"),
        ("1.5,1,1,1\n", "line 2: epoch is '1.5', expected a whole number"),
        ("1,1e308,1,1\n2,-1e308,1,1\n", "line 2: loss is '1e308', expected a number of at most 1e+100"),
        ("1,1,x,1\n", "line 2: score is 'x', expected a number"),
        ("1," + "9" * 200_000 + ",1,1\n", "is damaged: field larger than field limit"),
    ],
)
def test_history_that_cannot_be_drawn_is_one_sentence(make_run, history, words):
    folder = make_run(history=HEAD + history)
    done = report(folder)
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {folder / 'history.csv'}")
    assert words in done.output
    assert done.output.count("\n") == 1
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize("values", ["1,nan,nan,nan\n2,nan,,\n", "1,inf,1,1\n2,-inf,0,1\n", "1,1e99,-1e99,1e400\n"])
def test_training_that_diverged_can_be_looked_at(make_run, values):
    folder = make_run(history=HEAD + values)
    assert report(folder).exit_code == 0
    assert "<svg" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("depth", [5_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_a_configuration_nested_too_deeply_is_one_sentence(make_run, opening, closing, depth):
    folder = make_run(config=nested(opening, closing, depth))
    done = report(folder)
    assert (done.exit_code, done.output) == (
        1,
        f"Error: {folder / 'config.json'} is damaged: it is nested too deeply\n",
    )


@pytest.mark.parametrize(
    "value", ["NaN", "-Infinity", "1e400", "1e308", "9" * 300, "9" * 4000, '"\\ud800"', '"\\u0000\\u001b"', "[[]]"]
)
def test_odd_values_of_a_configuration_are_shown(make_run, value):
    folder = make_run(config=f'{{"kind":"segmenter","config":{{"train":{{"epochs":{value},"x":{value}}}}}}}')
    done = report(folder, "--against", folder)
    assert done.exit_code == 0, done.output
    assert report(folder).exit_code == 0
    assert (folder / "report.html").read_bytes().startswith(b"<!doctype html>")


@pytest.mark.skipif(os.name != "posix", reason="other file systems refuse such names")
@pytest.mark.parametrize(
    "name", ["$", "$x$", "$\\frac$", "a$b_{", "{}", "{{ 7*7 }}", "%s %d", "_run", "a<b>&", "\x1b[31m"]
)
def test_any_name_of_a_folder_stands_on_the_page(make_run, name):
    folder, other = make_run(name), make_run("other")
    done = report(folder, "--against", other)
    assert done.exit_code == 0, done.output
    page = (folder / "report.html").read_text(encoding="utf-8")
    shown = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\x1b", "\\x1b")
    legend = page[page.index('<g id="legend') :]
    assert shown in legend[: legend.index("</svg>")]


def test_the_page_replaces_no_file_of_another_kind(make_run):
    folder = make_run()
    done = report(folder, "--out", folder / "config.json")
    assert done.exit_code == 1
    assert "config.json exists and is no HTML" in done.output
    assert json.loads((folder / "config.json").read_text()) == CONFIG
    for _ in range(2):
        assert report(folder).exit_code == 0
