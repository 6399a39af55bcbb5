"""`shipedge config`: recipes by name, from any folder."""

import pytest
from click.testing import CliRunner

from shipedge.cli import main
from shipedge_train.cli.options import CONFIGS


def run(*arguments):
    return CliRunner().invoke(main, ["config", *map(str, arguments)])


def test_every_recipe_is_listed_with_its_command():
    done = run("list")
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [path.stem for path in sorted(CONFIGS.glob("*.toml"))]
    assert all(line.split()[1:2] == ["shipedge"] and f"--config {line.split()[0]}" in line for line in lines)


def test_a_recipe_is_shown_and_copied_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (CONFIGS / "cascade.toml").read_text(encoding="utf-8")
    assert run("show", "cascade").stdout == text
    assert run("copy", "cascade").stdout == "cascade.toml (shipedge train ... --config cascade.toml)\n"
    assert run("copy", "cascade", "mine.toml").exit_code == 0
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == text
    (tmp_path / "mine.toml").write_text("[train]\nepochs = 3\n")
    refused = run("copy", "cascade", "mine.toml")
    assert (refused.exit_code, refused.stderr) == (1, "Error: mine.toml exists: --force overwrites it\n")
    assert (tmp_path / "mine.toml").read_text() == "[train]\nepochs = 3\n"
    assert run("show", "mine.toml").exit_code == 0
    assert run("copy", "cascade", "mine.toml", "--force").exit_code == 0
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("command", ["show", "copy"])
def test_a_name_that_is_not_known_lists_those_that_are(command):
    done = run(command, "boats")
    assert done.exit_code == 1
    assert done.stderr.startswith(
        "Error: there is no configuration boats: expected a TOML file, or one of airbus, cascade, "
    )


def test_a_file_with_an_unknown_key_is_named(tmp_path):
    (tmp_path / "mine.toml").write_text("[train]\nepoch = 3\n")
    done = run("show", tmp_path / "mine.toml")
    assert done.exit_code == 1
    assert "epoch" in done.stderr
