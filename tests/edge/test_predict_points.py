"""Operating points and thresholds of the user's own, with the toy models."""

from dataclasses import asdict

import pytest
from click.testing import CliRunner

import logs

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.bundle import Thresholds, default_bundle, load_bundle
from shipedge.cli import main
from shipedge.errors import BundleError


@pytest.fixture
def areas(make_bundle, edit_manifest, image, tmp_path, monkeypatch):
    """areas("--point", "sensitive") -> exit code, and areas of the ships found, or what was said."""
    monkeypatch.chdir(tmp_path)
    bundle = make_bundle()
    sensitive = asdict(load_bundle(bundle).thresholds) | {"min_area": 4}
    edit_manifest(bundle, "points", {"sensitive": sensitive})
    image(tmp_path / "a.png", 768, 768, (100, 50, 103, 53), (400, 300, 420, 360))

    def run(*args):
        done = CliRunner().invoke(main, ["predict", "a.png", "--bundle", str(bundle), *args])
        if done.exit_code:
            return done.exit_code, done.output
        line = logs.frames("predictions")[0]
        return 0, sorted(sum(int(n) for n in ship["rle"].split()[1::2]) for ship in line["ships"])

    return run


def test_a_point_brings_its_thresholds(areas):
    assert areas() == areas("--point", "careful") == (0, [1200])
    assert areas("--point", "sensitive") == (0, [9, 1200])


def test_a_point_that_the_bundle_has_not(areas):
    code, said = areas("--point", "balanced")
    assert code == 1
    assert "has no operating point balanced, only careful, sensitive" in said


def test_thresholds_of_ones_own(areas):
    assert areas("--min-area", "5") == (0, [9, 1200])
    assert areas("--point", "sensitive", "--min-area", "10") == (0, [1200])
    assert areas("--point", "sensitive", "--min-score", "0.999") == (0, [])
    assert areas("--point", "sensitive", "--min-score", "0.5") == (0, [9, 1200])


@pytest.mark.parametrize(
    "bad", [("--min-score", "1.5"), ("--min-score", "nan"), ("--min-area", "0"), ("--point", "bold")]
)
def test_refused(areas, bad):
    assert areas(*bad)[0] == 2


def test_overridden():
    thresholds = Thresholds(0.5, 0.3, 0.5, 12, small_area=60, small_score=0.7)
    assert thresholds.overridden() == thresholds
    assert thresholds.overridden(min_area=3) == Thresholds(0.5, 0.3, 0.5, 3, small_area=60, small_score=0.7)
    changed = thresholds.overridden(min_score=0.2)
    assert (changed.small_area, changed.small_score, changed.min_area) == (2**32 - 2, 0.2, 12)


def test_unknown_point_of_the_default_bundle():
    with pytest.raises(BundleError, match="no operating point bold"):
        default_bundle().at_point("bold")
