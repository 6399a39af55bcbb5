"""Ray does the work that processes do, to the same results."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import scale_results

pytestmark = pytest.mark.slow

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")
pytest.importorskip("ray", reason="Ray is not installed (extra ray)")

TESTS = Path(scale_results.__file__).parent


@pytest.fixture
def images(image, tmp_path):
    """tmp_path/in: twelve images, a broken one, and one that kills its process where that is poisoned."""
    for k in range(12):
        image(tmp_path / "in" / f"{k:02d}.png", 300, 400, (50 + 20 * k, 60, 90 + 20 * k, 80))
    (tmp_path / "in" / "05b.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (tmp_path / "in" / "07-poison-SIGKILL.png").write_bytes((tmp_path / "in" / "07.png").read_bytes())
    return tmp_path / "in"


@pytest.fixture
def ray(toy_bundle_dir, tmp_path, images):
    """ray("out", "scale_poisoned.py"): a run, of that module of the tests where it is given."""

    def run(out: str, *module: str) -> subprocess.Popen[bytes]:
        program = [str(TESTS / name) for name in module] or ["-m", "shipedge"]
        options = ["--engine", "ray", "--workers", "2", "--block-images", "3", "--bundle", str(toy_bundle_dir)]
        command = [sys.executable, *program, "predict", "in", "--out", out, *options]
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        return subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)

    return run


def test_results_are_those_of_one_process(predict, ray, tmp_path):
    predict("in", "--out", "one")
    run = ray("ray")
    _, error = run.communicate(timeout=180)
    assert run.returncode == 1, error.decode()  # the broken image
    assert scale_results.results(tmp_path / "ray") == scale_results.results(tmp_path / "one")
    assert len(scale_results.results(tmp_path / "ray")) == 14


def test_an_image_that_kills_its_process_fails_alone(predict, ray, tmp_path):
    predict("in", "--out", "one")
    run = ray("ray", "scale_poisoned.py")
    _, error = run.communicate(timeout=300)
    assert run.returncode == 1, error.decode()
    found = scale_results.results(tmp_path / "ray")
    failed = [one["source"] for one in found if one["event"] == "error"]
    assert failed == ["in/05b.png", "in/07-poison-SIGKILL.png"]
    healthy = [one for one in scale_results.results(tmp_path / "one") if "poison" not in one["source"]]
    assert [one for one in found if "poison" not in one["source"]] == healthy


def test_killed_drivers_and_actors(predict, ray, tmp_path):
    predict("in", "--out", "one")
    first = ray("ray")
    parts = tmp_path / "ray" / "parts"
    while first.poll() is None and not list(parts.glob("part-*.jsonl")):
        pass
    first.kill()
    first.communicate()
    before = {path.name: path.stat().st_mtime_ns for path in parts.glob("part-*.jsonl")}
    assert 0 < len(before) < 5
    second = ray("ray")
    killed = scale_results.kill_workers(second, 2, random.Random(1), pause_s=6.0, called=b"ray::Actor")
    _, error = second.communicate(timeout=300)
    assert second.returncode == 1, error.decode()
    assert killed
    assert scale_results.results(tmp_path / "ray") == scale_results.results(tmp_path / "one")
    assert {name: (parts / name).stat().st_mtime_ns for name in before} == before


def test_a_cluster_that_does_not_answer(predict, images):
    done = predict("in", "--engine", "ray", "--ray-address", "127.0.0.1:1")
    assert done.exit_code == 1
    assert "Ray at 127.0.0.1:1: " in done.stderr
    assert "Traceback" not in done.stderr
