"""The benchmark compares before it times, says so where a peer is wrong, and knows its floors."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

import reference
from shipedge import _core, rle
from shipedge.airbus import write_airbus
from shipedge.bench import material, timing
from shipedge.bench.material import SHAPE, Material
from shipedge.bench.peers import Peer, installed
from shipedge.bench.table import show
from shipedge.bench.work import Floor, Job, Row, Work, run
from shipedge.bench.works import WORKS
from shipedge.cli import main
from shipedge.errors import ShipedgeError


@pytest.fixture(scope="module")
def ships(tmp_path_factory):
    return Material(material.made_up_images(40), tmp_path_factory.mktemp("bench"))


def test_made_up_ships_are_like_real_ones(ships):
    assert ships.images == material.made_up_images(40)
    areas = [rle.parse(text).area for text in ships.ships]
    assert min(areas) < 200 < max(areas)
    assert 1.2 < len(ships.ships) / 40 < 4
    assert abs(ships.ship(34).count(" ") // 2 + 1 - 34) < 5


def test_masks_are_what_their_names_say():
    np.testing.assert_array_equal(material.checkerboard()[:2, :3], [[0, 1, 0], [1, 0, 1]])
    assert abs(material.random_mask().mean() - 0.5) < 0.01
    assert 850 < len(rle.components(material.blobs())) < 950
    assert rle.parse(material.large_text(), material.LARGE).area > 100_000


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_every_installed_peer_agrees_with_us(work, ships):
    if "PNG" in work.name:
        pytest.importorskip("cv2", reason="what is compared is read back with OpenCV (extra edge)")
    peers, missing = installed()
    (row,) = run(work, ships, peers, [_core.kernels()], 0)
    assert row.failed == {}
    assert all(us > 0 for us in row.median_us.values())
    assert row.best_peer is not None or missing


def test_there_are_peers_without_any_library():
    assert installed()[0][0].name == "kaggle recipe"


def work_of(skill="decode", ours=rle.decode, **more):
    return Work("work", Floor((2, 1), (4, 8)), lambda m: Job(ours, skill, lambda _: (m.ship(34), SHAPE), **more))


def test_a_wrong_peer_is_named_and_not_timed(ships):
    def broken(_text, _shape):
        raise KeyError("lost")

    peers = [
        Peer("wrong", {"decode": lambda _text, shape: np.zeros(shape, np.uint8)}),
        Peer("broken", {"decode": broken}),
        Peer("elsewhere", {"encode": broken}),
    ]
    (row,) = run(work_of(), ships, peers, [_core.kernels()], 0)
    assert row.failed == {"wrong": "WRONG", "broken": "KeyError: 'lost'"}
    assert list(row.median_us) == ["shipedge"]
    assert (row.best_peer, row.times_faster) == (None, None)


def test_a_buffer_is_soiled_before_each_check(ships):
    out = np.zeros(SHAPE, np.uint8)

    def ours(text, shape):
        return rle.decode(text, shape, out=out)

    idle = Peer("idle", {"decode": lambda _text, _shape: out})
    (row,) = run(work_of(ours=ours, soiled=out), ships, [idle], [_core.kernels()], 0)
    assert row.failed == {"idle": "WRONG"}


def test_every_tier_has_a_row_of_its_own(ships):
    chosen = _core.kernels()
    rows = run(work_of(), ships, [Peer("same", {"decode": rle.decode})], _core.tiers, 0)
    assert [row.kernels for row in rows] == list(_core.tiers)
    assert all(list(row.median_us) == ["shipedge", "same"] for row in rows)
    assert _core.kernels() == chosen


@pytest.mark.skipif(len(_core.tiers) == 1, reason="this machine has one tier")
def test_tiers_that_disagree_are_no_table(ships):
    first, last = _core.tiers[0], _core.tiers[-1]

    def ours(text, shape):
        return rle.decode(text, shape) * (1 if _core.kernels() == first else 2)

    with pytest.raises(ShipedgeError, match=f"^work: shipedge, {last}: WRONG, expected what shipedge, {first} gives$"):
        run(work_of(ours=ours), ships, [], [first, last], 0)


def test_ratios_and_floors():
    times = {"shipedge": 2.0, "a": 9.0, "b": 5.0, "limit": 0.4}
    row = Row("work", Floor((2, 3), (4, 5), (1, 1)), "avx512", times, times, {}, "memset", None)
    assert (row.best_peer, row.times_faster, row.of_limit) == ("b", 2.5, 5.0)
    assert row.floors() == {"peer": (2, True), "limit": (4, False), "gb_s": (1, None)}
    assert re.search(r" 2\.5 +2 +memset +5\.00 +4!$", show([row]).splitlines()[0])
    alone = Row("work", Floor((2, 3)), "avx512", {"shipedge": 2.0}, {"shipedge": 2.0}, {}, None, None)
    assert "2!" not in show([alone])  # what was not measured is not missed
    portable = Row("work", Floor((2, 3), (4, 5)), "sse2", times, times, {}, "memset", None)
    assert portable.floors() == {"peer": (3, False), "limit": (5, True)}
    between = Row("work", Floor((2, 3), (4, 5)), "avx2", times, times, {}, "memset", None)
    assert between.floors() == {"peer": (1.6, True), "limit": (5, True)}


def test_slow_contenders_leave_and_fast_ones_go_on():
    calls = {"fast": 0, "slow": 0}

    def called(name, seconds):
        def call():
            calls[name] += 1
            timing.time.sleep(seconds)

        return timing.Contender(call, lambda: 1)

    timing.compare({"fast": called("fast", 0.0011), "slow": called("slow", 0.02)}, None, 0.03)
    assert calls["slow"] == 3
    assert calls["fast"] > 8


@pytest.mark.parametrize("peer", installed()[0][:2], ids=lambda peer: peer.name)
def test_numpy_recipes_are_right(peer):
    for density in (0.001, 0.5):
        mask = (np.random.default_rng(1).random(SHAPE) < density).astype(np.uint8)
        text = reference.encode(mask)
        np.testing.assert_array_equal(peer.skills["decode"](text, SHAPE), mask)
        assert peer.skills["encode"](mask) == text


def test_command_prints_table_and_json(tmp_path):
    table = CliRunner().invoke(main, ["bench", "rle", "--quick", "--only", "union"], catch_exceptions=False)
    assert table.exit_code == 0
    (head,) = (line for line in table.output.splitlines() if "x faster  " in line)
    columns = head.split("  ")
    assert len(set(filter(None, columns))) == len(list(filter(None, columns)))
    assert "! marks what is missed" in table.output.split("union of 15 strings -> mask")[1]
    assert "union of 15 strings -> mask" in table.output
    assert "batch" not in table.output
    table = CliRunner().invoke(main, ["bench", "rle", "--quick", "--only", "+ bbox", "--kernels", "all"])
    assert table.exit_code == 0
    assert f"kernels: {', '.join(reversed(_core.tiers))}\n" in table.output
    assert sum("area + bbox" in line for line in table.output.splitlines()) == len(_core.tiers)
    path = tmp_path / "ships.csv"
    write_airbus(path, [("a.jpg", material.made_up_images(3)[0]), ("b.jpg", [])])
    options = ["--quick", "--json", "--only", "34", "--csv", str(path)]
    figures = json.loads(CliRunner().invoke(main, ["bench", "rle", *options], catch_exceptions=False).output)
    assert figures["csv"] == str(path)
    assert [row["work"] for row in figures["results"]] == [work.name for work in WORKS if "34" in work.name]
    assert all(row["median_us"]["shipedge"] > 0 for row in figures["results"])
    assert all("peer" in row["floors"] for row in figures["results"])


def test_what_cannot_be_measured_is_one_sentence(tmp_path):
    path = tmp_path / "ships.csv"
    write_airbus(path, [("b.jpg", [])])
    done = CliRunner().invoke(main, ["bench", "rle", "--csv", str(path)])
    assert (done.exit_code, done.output) == (1, f"Error: {path} has no ship, expected at least one to measure with\n")
    path.write_text("ImageId,EncodedPixels\na.jpg,1 2 2 1\n")
    done = CliRunner().invoke(main, ["bench", "rle", "--csv", str(path)])
    assert done.exit_code == 1
    assert "line 2: image 'a.jpg': run 2 starts at 2, expected 3 or later" in done.output
    done = CliRunner().invoke(main, ["bench", "rle", "--kernels", "mmx"])
    assert done.exit_code == 1
    assert done.output == (
        f"Error: no kernels of this machine are called 'mmx', expected all, or one of: {', '.join(_core.tiers)}\n"
    )
    done = CliRunner().invoke(main, ["bench", "rle", "--only", "sailing"])
    assert done.exit_code == 1
    assert "no work is called 'sailing', expected part of: ship string -> runs, 34, " in done.output
