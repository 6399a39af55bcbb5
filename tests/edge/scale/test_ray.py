"""Ray does the work that processes do, to the same results."""

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import scale_results
from shipedge.airbus import write_airbus

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

    def run(out: str, *module: str, options: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        program = [str(TESTS / name) for name in module] or ["-m", "shipedge"]
        options = ["--engine", "ray", "--workers", "2", "--block-images", "3", *options]
        options += ["--bundle", str(toy_bundle_dir)]
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


def test_an_image_that_takes_too_long_fails_alone(ray, images, tmp_path):
    (images / "07-poison-SIGKILL.png").rename(images / "07-poison-hang.png")
    run = ray("ray", "scale_poisoned.py", options=["--image-timeout", "3", "--block-images", "1"])
    _, error = run.communicate(timeout=300)
    assert run.returncode == 1, error.decode()
    failed = [one for one in scale_results.results(tmp_path / "ray") if one["event"] == "error"]
    assert [one["source"] for one in failed] == ["in/05b.png", "in/07-poison-hang.png"]
    assert failed[1]["message"].endswith("no process survives it: 3 were tried, the last one took more than 3 s")


def shipedge(folder, *arguments, program=("-m", "shipedge")):
    """A command in a folder: what it says without times, and its exit code."""
    command = [sys.executable, *program, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    return re.sub(r"\d+ images/s|checked in [\d.]+ s", "", done.stdout), done.stderr, done.returncode


def test_masks_evaluate_and_verify_are_those_of_one_process(image, tmp_path):
    rows = []
    for k in range(300):
        image(tmp_path / "data" / "images" / f"{k:03d}.png", 100, 120, (20, 20, 30 + k % 50, 40))
        rows.append((f"{k:03d}.png", [f"{20 * 100 + 21 + 100 * j} 20" for j in range(3)][: k % 3]))
    (tmp_path / "data" / "images" / "017.png").write_bytes(b"broken")
    write_airbus(tmp_path / "data" / "ships.csv", rows)
    write_airbus(tmp_path / "found.csv", [(name, texts[:1]) for name, texts in rows])
    with (tmp_path / "data" / "ships.csv").open("a") as file:
        file.write("x.png,1 2 3\n")
    found = []
    for more in ([], ["--engine", "ray", "--workers", "2"]):
        size = ["--shape", "100", "120"]
        masks = shipedge(tmp_path, "masks", "data/ships.csv", "masks", *size, *more)
        verify = shipedge(tmp_path, "data", "verify", "data", *size, "--save", "findings.json", "--force", *more)
        scores = [*size, "--save", "scores.json", "--force", "--images", "data/images"]
        evaluate = shipedge(tmp_path, "evaluate", "found.csv", "found.csv", *scores, *more)
        assert (masks[2], verify[2], evaluate[2]) == (1, 1, 0), (masks, verify, evaluate)
        found.append((masks, verify, evaluate, scale_results.files(tmp_path)))
        shutil.rmtree(tmp_path / "masks")
    assert found[0] == found[1]


def test_a_mask_whose_image_kills_its_process(image, tmp_path):
    image(tmp_path / "images" / "a-poison-SIGKILL.png", 100, 120)
    image(tmp_path / "images" / "b.png", 100, 120)
    write_airbus(tmp_path / "ships.csv", [("a-poison-SIGKILL.png", []), ("b.png", ["1 5"])])
    given = ["masks", "ships.csv", "masks", "--images", "images", "--engine", "ray", "--workers", "1"]
    _, error, code = shipedge(tmp_path, *given, program=[str(TESTS / "scale_poisoned.py")])
    assert code == 1
    assert "image 'a-poison-SIGKILL.png': no process survives it: 3 were tried" in error
    assert [path.name for path in (tmp_path / "masks").glob("*.png")] == ["b.png"]


def test_a_cluster_that_does_not_answer(predict, images):
    done = predict("in", "--engine", "ray", "--ray-address", "127.0.0.1:1")
    assert done.exit_code == 1
    assert "Ray at 127.0.0.1:1: " in done.stderr
    assert "Traceback" not in done.stderr
