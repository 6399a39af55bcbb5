"""`shipedge bench cascade`: the table, the JSON, another model beside, and what is refused."""

import json

import pytest
from click.testing import CliRunner

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.bench import cascade as bench
from shipedge.bundle import load_bundle
from shipedge.cascade import Cascade
from shipedge.cli import main
from shipedge.errors import BackendError


@pytest.fixture
def run(toy_bundle_dir, image, tmp_path, monkeypatch):
    """run("--json") -> result of the command on an image with a ship and one without."""
    monkeypatch.chdir(tmp_path)
    image(tmp_path / "in" / "a.png", 768, 768, (100, 50, 140, 70))
    image(tmp_path / "in" / "b.png", 300, 500)
    options = ["--bundle", str(toy_bundle_dir), "--seconds", "0.1"]
    return lambda *args: CliRunner().invoke(main, ["bench", "cascade", *(args or ["in"]), *options])


def test_json(run, toy_bundle_dir):
    against = str(toy_bundle_dir / "detector.tflite")
    done = run("in", "--threads", "1,2", "--json", "--ship-share", "0.25", "--against", against)
    assert done.exit_code == 0, done.output
    tables = json.loads(done.output)["tables"]
    assert [table["threads"] for table in tables] == [1, 2]
    for table in tables:
        assert (table["frames"], table["frames_with_ships"], table["ship_share"]) == (2, 1, 0.25)
        ours, other = table["ms"]["shipedge"], table["ms"]["detector.tflite"]
        assert ours["all"]["all"] == pytest.approx(0.25 * ours["ships"]["all"] + 0.75 * ours["empty"]["all"])
        # Not their sum beside the whole: each is a median of its own.
        assert {*bench.STAGES, "all"} <= ours["ships"].keys()
        assert min(ours["ships"][stage] for stage in ("decode", "detector", "segmenter", "all")) > 0
        assert other["ships"]["all"] > 0


def test_table(run):
    done = run("in/a.png", "--threads", "1")
    assert done.exit_code == 0, done.output
    assert "1 threads, 1 frames, 1 with ships" in done.output
    assert "frames without" not in done.output  # there are none


def test_samples_of_the_package():
    done = CliRunner().invoke(main, ["bench", "cascade", "--threads", "2", "--seconds", "0.1"])
    assert done.exit_code == 0, done.output
    assert "8 frames" in done.output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["in", "--threads", "0"], "--threads is '0', expected numbers from 1 to 256"),
        (["in", "--threads", "1,"], "expected numbers from 1 to 256"),
        (["in", "--against", "in/a.png"], "in/a.png: "),
        (["in", "--against", "gone.tflite"], "gone.tflite: "),
        (["gone"], "gone: no such file or folder"),
        (["0"], "camera 0: expected image files"),
    ],
)
def test_refused(run, args, message):
    done = run(*args)
    assert done.exit_code == 1
    assert message in done.output
    assert "Traceback" not in done.output


def test_contenders_must_agree(toy_bundle_dir, image, tmp_path):
    name = str(image(tmp_path / "a.png", 768, 768, (100, 50, 140, 70)))
    bundle = load_bundle(toy_bundle_dir)
    blind = Cascade(bundle, 1, thresholds=bundle.thresholds.overridden(min_area=10_000))
    with pytest.raises(BackendError, match=r"blind finds other ships in .*a\.png"):
        bench.measure([name], {"ours": Cascade(bundle, 1), "blind": blind}, {}, 0.1)
