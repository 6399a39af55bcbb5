"""Whoever shares the work, and whatever dies meanwhile: the results are those of one process."""

import json
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import scale_results

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.cli import main
from shipedge.engines import processes
from shipedge.engines.tries import Share, halves
from shipedge.events.reading import part_files
from shipedge.scale.blocks import Item, blocks
from shipedge.system.child import start_server

pytestmark = pytest.mark.skipif(os.name != "posix", reason="workers need POSIX")

KILLS = int(os.environ.get("SHIPEDGE_TEST_KILLS", "3"))


@pytest.fixture
def poisoned(monkeypatch):
    """Images called poison-SIGNAL end the worker that reads them."""
    environment = {"PYTHONPATH": str(Path(scale_results.__file__).parent)}
    monkeypatch.setattr(processes, "start_server", lambda _: start_server("scale_poisoned", environment=environment))


@pytest.mark.parametrize("workers", ["1", "2", "3"])
def test_results_are_those_of_one_process(predict, images, tmp_path, workers):
    assert predict("in", "--out", "one").exit_code == 1  # the broken image
    done = predict("in", "--out", "many", "--workers", workers, "--block-images", "5", "--json")
    assert done.exit_code == 1
    assert scale_results.results(tmp_path / "many") == scale_results.results(tmp_path / "one")
    assert len(scale_results.results(tmp_path / "many")) == 13
    assert [path.name for path in part_files(tmp_path / "many").values()] == [f"part-0000{k}.jsonl" for k in range(3)]
    assert (tmp_path / "many" / "failed.txt").read_text() == "in/05b.png\n"
    assert json.loads(done.stdout.splitlines()[-1])["ships"] == 10


def test_a_part_does_not_depend_on_the_workers(predict, images, tmp_path):
    for workers in ("1", "3"):
        predict("in", "--out", workers, "--workers", workers, "--block-images", "4")
    first, second = (
        [scale_results.results(path) for path in part_files(tmp_path / out).values()] for out in ("1", "3")
    )
    assert first == second


def test_exports_are_those_of_one_process(predict, images, tmp_path):
    (images / "05b.png").unlink()
    assert predict("in", "--out", "one", "--csv", "one.csv", "--coco", "one.json").exit_code == 0
    assert predict("in", "--out", "many", "--workers", "2", "--csv", "many.csv", "--coco", "many.json").exit_code == 0
    assert (tmp_path / "many.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
    assert (tmp_path / "many.json").read_bytes() == (tmp_path / "one.json").read_bytes()


def test_scores_are_those_of_one_process(predict, images, tmp_path):

    (images / "05b.png").unlink()
    predict("in", "--out", "truth", "--csv", "truth.csv")
    scores = []
    for out, options in (("one", []), ("many", ["--workers", "2", "--block-images", "5"])):
        predict("in", "--out", out, "--min-area", "900", *options)
        scores.append(CliRunner().invoke(main, ["evaluate", out, "truth.csv", "--shape", "300", "400"]))
    assert scores[0].exit_code == 0, scores[0].output
    assert scores[0].stdout == scores[1].stdout


def test_videos(predict, images, video, tmp_path):
    video(tmp_path / "v.mp4", frames=9)
    for out, options in (("one", []), ("many", ["--workers", "2"])):
        predict("in", "v.mp4", "--every", "2", "--out", out, *options)
    assert scale_results.results(tmp_path / "many") == scale_results.results(tmp_path / "one")
    assert len(scale_results.results(tmp_path / "many")) == 13 + 5


def test_an_image_that_kills_its_process_fails_alone(predict, images, poisoned, tmp_path):
    for name in ("SIGKILL", "SIGSEGV"):
        (images / f"03-poison-{name}.png").write_bytes((images / "03.png").read_bytes())
    done = predict("in", "--out", "out", "--workers", "2", "--block-images", "8")
    assert done.exit_code == 1
    failed = [one for one in scale_results.results(tmp_path / "out") if one["event"] == "error"]
    assert [one["source"] for one in failed] == ["in/03-poison-SIGKILL.png", "in/03-poison-SIGSEGV.png", "in/05b.png"]
    assert failed[0]["message"].endswith("no process survives it: 3 were tried, the last one was ended by SIGKILL")
    assert failed[1]["message"].endswith("the last one was ended by SIGSEGV")
    for name in ("SIGKILL", "SIGSEGV"):
        (images / f"03-poison-{name}.png").unlink()
    predict("in", "--out", "one")
    healthy = [one for one in scale_results.results(tmp_path / "out") if "poison" not in one["source"]]
    assert healthy == scale_results.results(tmp_path / "one")


def test_an_image_that_takes_too_long_fails_alone(predict, images, poisoned, tmp_path):
    (images / "03-poison-hang.png").write_bytes((images / "03.png").read_bytes())
    options = ["--workers", "2", "--block-images", "1", "--image-timeout", "2"]
    assert predict("in", "--out", "out", *options).exit_code == 1
    failed = [one for one in scale_results.results(tmp_path / "out") if one["event"] == "error"]
    assert [one["source"] for one in failed] == ["in/03-poison-hang.png", "in/05b.png"]
    assert failed[0]["message"].endswith("no process survives it: 3 were tried, the last one took more than 2 s")
    (images / "03-poison-hang.png").unlink()
    predict("in", "--out", "one")
    healthy = [one for one in scale_results.results(tmp_path / "out") if "poison" not in one["source"]]
    assert healthy == scale_results.results(tmp_path / "one")


def test_a_server_that_does_not_answer_takes_too_long(predict, images, tmp_path):
    pytest.importorskip("aiohttp", reason="fsspec[http] is not installed (extra scale)")
    with socket.create_server(("127.0.0.1", 0)) as server:  # accepts, and says nothing
        url = f"http://127.0.0.1:{server.getsockname()[1]}/a.png"
        (tmp_path / "list.txt").write_text(f"in/00.png\n{url}\nin/01.png\n")
        done = predict("--manifest", "list.txt", "--image-timeout", "2", "--block-images", "1", "--out", "out")
    assert done.exit_code == 1
    assert (tmp_path / "out" / "failed.txt").read_text() == f"{url}\n"
    failed = [one["message"] for one in scale_results.results(tmp_path / "out") if one["event"] == "error"]
    assert failed == [f"{url}: no process survives it: 3 were tried, the last one took more than 2 s"]


def test_a_video_may_take_longer_than_an_image(predict, video, tmp_path):
    video(tmp_path / "v.mp4", frames=9)
    assert predict("v.mp4", "--out", "out", "--image-timeout", "0.001").exit_code == 0
    assert len(scale_results.results(tmp_path / "out")) == 9


def test_killed_workers_and_drivers(predict, images, toy_bundle_dir, tmp_path):
    """SHIPEDGE_TEST_KILLS says how often."""
    predict("in", "--out", "one")
    chance, options = random.Random(3), ["--bundle", str(toy_bundle_dir), "--workers", "2", "--block-images", "1"]
    run = scale_results.start(["in"], tmp_path / "workers", *options)
    assert scale_results.kill_workers(run, KILLS, chance, pause_s=0.3)
    _, error = run.communicate()
    assert run.returncode == 1, error.decode()
    assert b"Traceback" not in error
    assert scale_results.results(tmp_path / "workers") == scale_results.results(tmp_path / "one")
    scale_results.kill_driver(["in"], tmp_path / "driver", KILLS, chance, *options)
    run = scale_results.start(["in"], tmp_path / "driver", *options)
    _, error = run.communicate()
    assert run.returncode == 1, error.decode()
    assert scale_results.results(tmp_path / "driver") == scale_results.results(tmp_path / "one")
    assert not list((tmp_path / "driver").rglob(".shipedge-*"))


def test_models_that_do_not_run_are_a_sentence(predict, images, make_bundle):
    bundle = make_bundle()
    (bundle / "detector.tflite").write_bytes(b"nothing")
    done = predict("in", "--bundle", str(bundle), "--workers", "2")
    assert done.exit_code == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--annotate", "--track", "--max-frames=3"])
def test_what_needs_one_process_is_refused(predict, images, option):
    done = predict("in", "--workers", "2", option)
    assert done.exit_code == 1
    assert f"{option.partition('=')[0]}: only where one process does all the work" in done.stderr


def test_a_camera_is_refused(predict):
    done = predict("0", "--workers", "2")
    assert done.exit_code == 1
    assert "has no end" in done.stderr


def test_nothing_is_loaded_before_it_is_needed():
    code = "import sys, shipedge.cli; shipedge.cli.main(['predict', '--help'], standalone_mode=False)"
    check = f"{code}; sys.exit(any(name in sys.modules for name in ('ray', 'fsspec', 'pyarrow', 'cv2')))"
    assert subprocess.run([sys.executable, "-c", check], stdout=subprocess.DEVNULL, check=False).returncode == 0


@given(st.lists(st.integers(0, 1 << 24), max_size=30), st.integers(1, 7))
def test_blocks_hold_every_item_once(sizes, images):
    items = [Item(str(number), "content", bytes(size >> 10)) for number, size in enumerate(sizes)]
    made = list(blocks(items, images))
    assert [item for block in made for item in block.items] == items
    assert [block.number for block in made] == list(range(len(made)))
    assert all(1 <= len(block.items) <= images for block in made)


@given(st.integers(1, 40), st.data())
def test_halves_end_with_the_item_that_kills(count, data):
    bad = data.draw(st.integers(0, count - 1))
    waiting, done, failed, deaths = [Share(0, tuple(range(count)))], set(), [], 0
    while waiting:
        share = waiting.pop()
        if bad not in share.items:
            done.update(share.items)
            continue
        deaths += 1
        again = halves(share)
        failed += [] if again else share.items
        waiting += again
    assert failed == [bad]
    assert done == set(range(count)) - {bad}
    assert deaths <= 3 + count.bit_length()
