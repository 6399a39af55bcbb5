"""`shipedge synth`: files, resuming, refusing, and one sentence per mistake."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from shipedge import rle
from shipedge.airbus import read_airbus
from shipedge.errors import DatasetError
from shipedge_train.cli.synth import synth
from shipedge_train.synth.dataset import JOURNAL, SynthParams, render_index, render_scenes

PARAMS = SynthParams(seed=11, ship_share=0.6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("synth") / "set"
    render_scenes(out, PARAMS, 6)
    return out


def snapshot(out):
    return {path.relative_to(out): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def test_every_image_has_rows_and_every_row_decodes(folder):
    rows = read_airbus(folder / "ships.csv")
    assert sorted(rows) == sorted(path.name for path in (folder / "images").iterdir())
    assert sorted(rows) == [f"s11-{index:06d}.jpg" for index in range(6)]
    assert any(rows.values())
    for ships in rows.values():
        masks = [rle.decode(ship) for ship in ships]
        assert [rle.encode(mask) for mask in masks] == ships
        assert not masks or np.sum(masks, axis=0, dtype=int).max() == 1


def test_a_scene_depends_on_its_seed_and_number_only(folder):
    (name, ships), jpeg = render_index(PARAMS, 4)
    assert (folder / "images" / name).read_bytes() == jpeg
    assert read_airbus(folder / "ships.csv")[name] == ships


@pytest.mark.slow
def test_workers_change_nothing(folder, tmp_path):
    render_scenes(tmp_path / "set", PARAMS, 6, workers=2)
    here, there = snapshot(folder), snapshot(tmp_path / "set")
    assert {k: v for k, v in here.items() if k.name != JOURNAL} == {k: v for k, v in there.items() if k.name != JOURNAL}


def test_a_stopped_run_goes_on(folder, tmp_path):
    out = tmp_path / "set"
    render_scenes(out, PARAMS, 3)
    journal = out / JOURNAL
    journal.write_text(journal.read_text()[:-7])  # killed within the last line
    (out / "images" / ".s11-000003.jpg.1.part").write_bytes(b"cut")
    seen = []
    render_scenes(out, PARAMS, 6, progress=seen.append)
    assert seen[0] == 2
    assert sum(seen) == 6
    assert {k: v for k, v in snapshot(out).items() if k.name != JOURNAL} == {
        k: v for k, v in snapshot(folder).items() if k.name != JOURNAL
    }


def test_a_missing_image_is_rendered_again(tmp_path):
    out = tmp_path / "set"
    render_scenes(out, PARAMS, 2)
    image = out / "images" / "s11-000001.jpg"
    before = image.read_bytes()
    image.unlink()
    render_scenes(out, PARAMS, 2)
    assert image.read_bytes() == before


def test_other_parameters_are_refused(folder):
    before = snapshot(folder)
    with pytest.raises(DatasetError, match="choose another folder"):
        render_scenes(folder, SynthParams(seed=12), 2)
    assert snapshot(folder) == before


def test_a_folder_with_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(DatasetError, match="expected a new or empty folder"):
        render_scenes(tmp_path, PARAMS, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_command_reports_what_it_wrote(tmp_path):
    result = CliRunner().invoke(synth, [str(tmp_path / "set"), "--count", "2", "--seed", "1", "--workers", "1"])
    assert result.exit_code == 0, result.output
    assert "2 scenes rendered" in result.output
    assert json.loads((tmp_path / "set" / JOURNAL).read_text().splitlines()[0])["seed"] == 1


@pytest.mark.parametrize("bad", [["--count", "0", "--seed", "1"], ["--count", "1", "--seed", "-1"], ["--seed", "1"]])
def test_bad_numbers_are_usage_errors(tmp_path, bad):
    result = CliRunner().invoke(synth, [str(tmp_path / "set"), *bad])
    assert result.exit_code == 2
    assert not (tmp_path / "set").exists()


def test_a_sheet_shows_what_was_rendered(tmp_path):
    arguments = [str(tmp_path / "set"), "--count", "2", "--seed", "1", "--workers", "1"]
    result = CliRunner().invoke(synth, [*arguments, "--sheet", str(tmp_path / "look.png")])
    assert result.exit_code == 0, result.output
    assert cv2.imread(str(tmp_path / "look.png")).std() > 5
    result = CliRunner().invoke(synth, [*arguments, "--sheet", str(tmp_path / "look.gif")])
    assert result.exit_code == 2
    assert "expected .png or .jpg" in result.output
