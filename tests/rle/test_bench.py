"""The benchmark compares before it times, and says so where a peer is wrong."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import reference
from shipedge import bench, peers, rle
from shipedge.cli import main
from shipedge.formats.airbus import write_airbus


def test_made_up_ships_are_masks_with_the_shape_of_ships():
    texts = bench.ship_texts(20)
    assert texts == bench.ship_texts(20)
    areas = [rle.parse(text).area for text in texts]
    assert len(areas) == 20
    assert min(areas) < 200 < max(areas)


def test_every_installed_peer_agrees_with_us_on_ships():
    texts = bench.ship_texts(6)
    results = [bench.measure(work, 1, 0.0) for work in bench.works([texts], peers.installed())]
    assert {result.name: result.wrong for result in results} == {result.name: () for result in results}
    assert all(us > 0 for result in results for us in result.times_us.values())
    assert sum(result.best_peer is not None for result in results) >= 8


def test_a_wrong_peer_is_named_and_not_timed():
    wrong = peers.Peer("wrong", {"decode": lambda text: np.zeros((768, 768), np.uint8)})
    work = next(work for work in bench.works([bench.ship_texts(2)], [wrong]) if "wrong" in work.calls)
    result = bench.measure(work, 1, 0.0)
    assert result.wrong == ("wrong",)
    assert "wrong" not in result.times_us
    assert result.best_peer is None
    assert result.times_faster is None


def test_ratios():
    result = bench.Result("work", {"shipedge": 2.0, "a": 9.0, "b": 5.0, "memset": 1.0, "memcpy": 0.1}, (), 4.0)
    assert (result.best_peer, result.times_faster, result.of_limit) == ("b", 2.5, 0.5)


def test_numpy_recipes_are_right():
    rng = np.random.default_rng(1)
    mask = (rng.random((768, 768)) < 0.001).astype(np.uint8)
    text = reference.encode(mask)
    recipe = peers.installed()[0].skills
    np.testing.assert_array_equal(recipe["decode"](text), mask)
    assert recipe["encode"](mask) == text


@pytest.fixture
def short(monkeypatch):
    """One short turn for each: the figures do not matter here."""
    measure = bench.measure
    monkeypatch.setattr("shipedge.cli.bench.measure", lambda work, rounds, round_s: measure(work, 1, 0.0))


@pytest.mark.usefixtures("short")
def test_command_prints_table_and_json(tmp_path):
    table = CliRunner().invoke(main, ["bench", "rle", "--quick"], catch_exceptions=False)
    assert table.exit_code == 0
    assert "x memset" in table.output
    assert "WRONG" not in table.output
    path = tmp_path / "ships.csv"
    write_airbus(path, [("a.jpg", bench.ship_texts(3)), ("b.jpg", [])])
    done = CliRunner().invoke(main, ["bench", "rle", "--quick", "--json", "--csv", str(path)], catch_exceptions=False)
    figures = json.loads(done.output)
    assert figures["csv"] == str(path)
    assert all(row["median_us"]["shipedge"] > 0 for row in figures["results"])


def test_csv_that_cannot_be_used_is_one_sentence(tmp_path):
    path = tmp_path / "ships.csv"
    write_airbus(path, [("b.jpg", [])])
    done = CliRunner().invoke(main, ["bench", "rle", "--csv", str(path)])
    assert (done.exit_code, done.output) == (1, f"Error: {path} has no ship, expected at least one to measure with\n")
    path.write_text("ImageId,EncodedPixels\na.jpg,1 2 2 1\n")
    done = CliRunner().invoke(main, ["bench", "rle", "--csv", str(path)])
    assert done.exit_code == 1
    assert "line 2: image 'a.jpg': run 2 starts at 2, expected 3 or later" in done.output
