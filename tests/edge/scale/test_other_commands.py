"""``masks`` and ``evaluate`` on several workers: the files and words of one process."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import scale_results
from shipedge import rle
from shipedge.airbus import write_airbus
from shipedge.cli import main
from shipedge.engines import processes
from shipedge.system.child import start_server

pytestmark = pytest.mark.skipif(os.name != "posix", reason="workers need POSIX")

TESTS = Path(scale_results.__file__).parent
MANY = 700
"""Images: some shares of the work."""


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def poisoned(monkeypatch):
    """Images called poison-SIGNAL end the worker that reads them."""
    environment = {"PYTHONPATH": str(TESTS)}
    monkeypatch.setattr(processes, "start_server", lambda _: start_server("scale_poisoned", environment=environment))


@pytest.fixture
def ships(tmp_path):
    """tmp_path/ships.csv: images with ships of 20 x 10 pixels in 100 x 120, others without, some rows that are bad."""
    draw = np.random.default_rng(1)
    rows = []
    for k in range(MANY):
        mask = np.zeros((100, 120), np.uint8)
        top, left = draw.integers(0, 80), draw.integers(0, 100)
        mask[top : top + 20, left : left + 10] = 1
        rows.append((f"{k:03d}.png", [rle.encode(mask)] if k % 3 else []))
    write_airbus(tmp_path / "ships.csv", rows)
    with (tmp_path / "ships.csv").open("a") as file:
        file.write("x.png,1 2 3\n333b.png,11999 5\nbad,1 1,1\n")
    return tmp_path / "ships.csv"


def words(result):
    """What a command says, without times."""
    return re.sub(r"\d+ images/s|checked in [\d.]+ s", "", result.stdout), result.stderr, result.exit_code


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("options", [[], ["--instances", "--only-ships"]])
def test_masks_are_those_of_one_process(ships, tmp_path, workers, options):
    options = ["--shape", 100, 120, *options]
    one = run("masks", ships, tmp_path / "out", *options)
    alone = scale_results.files(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "one")
    many = run("masks", ships, tmp_path / "out", *options, "--workers", workers)
    assert one.exit_code == 1  # the bad rows
    assert words(many) == words(one)
    assert scale_results.files(tmp_path / "out") == alone
    assert len(alone) > MANY / 2


def test_masks_by_the_size_of_the_images(ships, image, tmp_path):
    for k in range(300):
        image(tmp_path / "images" / f"{k:03d}.png", 100 + k % 2, 120)
    (tmp_path / "images" / "007.png").write_bytes(b"no image")
    (tmp_path / "images" / "290.png").write_bytes(b"")
    found = []
    for options in ([], ["--workers", 2]):
        said = words(run("masks", ships, tmp_path / "out", "--images", tmp_path / "images", *options))
        found.append((said, scale_results.files(tmp_path / "out")))
        (tmp_path / "out").rename(tmp_path / f"out{len(found)}")
    assert found[0] == found[1]
    assert len(found[0][1]) == 299


def test_masks_that_are_there_are_kept(ships, tmp_path):
    options = [ships, tmp_path / "out", "--shape", 100, 120, "--workers", 2]
    run("masks", *options)
    complete = scale_results.files(tmp_path / "out")
    (tmp_path / "out" / "001.png").unlink()
    (tmp_path / "out" / "002.png").write_bytes(b"kept as it is")
    again = run("masks", *options)
    assert again.stdout.startswith("1 masks with 1 ships")
    (tmp_path / "out" / "002.png").unlink()
    run("masks", *options)
    assert scale_results.files(tmp_path / "out") == complete


def test_an_image_that_kills_whoever_reads_its_size(ships, image, poisoned, tmp_path):
    with ships.open("a") as file:
        file.write("poison-SIGKILL.png,1 2\n")
    for name in ("001", "002", "poison-SIGKILL"):
        image(tmp_path / "images" / f"{name}.png", 100, 120)
    done = run("masks", ships, tmp_path / "out", "--images", tmp_path / "images", "--workers", 2)
    assert done.exit_code == 1
    expected = (
        "Error: image 'poison-SIGKILL.png': no process survives it: 3 were tried, the last one was ended by SIGKILL"
    )
    assert expected in done.stderr.splitlines()
    assert {"001.png", "002.png"} == {name for name in scale_results.files(tmp_path / "out") if name.endswith(".png")}


@pytest.fixture
def begun(tmp_path):
    """(command, process) of 20,000 masks with two workers, the first of which are there."""
    rows = "".join(f"{k}.png,{k + 1} 40 {k + 900} 40\n" for k in range(20_000))
    (tmp_path / "many.csv").write_text("ImageId,EncodedPixels\n" + rows)
    command = [sys.executable, "-m", "shipedge", "masks", "many.csv", "out", "--workers", "2"]
    masks = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out = tmp_path / "out"
    while masks.poll() is None and not (out.exists() and any(out.glob("*.png"))):
        pass
    return command, masks


def test_killed_workers(begun, tmp_path):
    _, masks = begun
    for worker in scale_results.children(masks.pid)[:1]:
        os.kill(worker, signal.SIGKILL)
    _, error = masks.communicate()
    assert masks.returncode == 0, error.decode()
    run("masks", tmp_path / "many.csv", tmp_path / "one")
    assert scale_results.files(tmp_path / "out") == scale_results.files(tmp_path / "one")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_whole_files_and_goes_on(begun, tmp_path, number):
    command, masks = begun
    out = tmp_path / "out"
    masks.send_signal(number)
    _, error = masks.communicate()
    assert masks.returncode == 128 + number, error.decode()
    left = [path for path in out.iterdir() if path.suffix == ".png"]
    assert 0 < len(left) < 20_000
    assert all(path.read_bytes().endswith(b"IEND\xaeB`\x82") for path in left)
    left[0].write_bytes(b"a part")  # as if a worker had been killed, too
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith(f"{20_000 - len(left) + 1} masks".encode())
    assert not (out / ".shipedge-masks.running").exists()


def test_two_runs_into_one_folder(begun, tmp_path):
    command, masks = begun
    masks.send_signal(signal.SIGSTOP)
    try:
        for options in (command[4:], command[4:6]):
            second = subprocess.run([*command[:4], *options], cwd=tmp_path, capture_output=True, check=False, text=True)
            assert second.returncode == 1
            assert second.stderr == "Error: out: another run writes its results there now, expected another folder\n"
    finally:
        masks.send_signal(signal.SIGCONT)
    _, error = masks.communicate()
    assert masks.returncode == 0, error.decode()
    assert len(list((tmp_path / "out").glob("*.png"))) == 20_000


def test_a_csv_that_only_one_process_can_read(ships, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    command = f"cat ships.csv > pipe.csv & {sys.executable} -m shipedge masks pipe.csv out --workers 2; wait"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == "Error: pipe.csv is no file, expected one that every worker can read\n"


def test_a_csv_that_changes(ships, tmp_path, monkeypatch):
    from shipedge import masks

    monkeypatch.setattr(masks, "_digest", lambda *_: "0" * 64)
    done = run("masks", ships, tmp_path / "out", "--workers", 2)
    assert done.exit_code == 1
    assert "ships.csv has changed, or is another file for the workers; expected the same" in done.stderr


@pytest.mark.parametrize("command", [["masks", "x.csv", "out"], ["evaluate", "x.csv", "x.csv"], ["predict", "x.png"]])
def test_an_address_without_ray(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("ImageId,EncodedPixels\nx.png,1 1\n")
    (tmp_path / "x.png").write_bytes(b"")
    done = run(*command, "--ray-address", "h:1")
    assert (done.exit_code, done.stderr) == (
        1,
        "Error: --ray-address says where Ray is, expected --engine ray beside it\n",
    )


@pytest.fixture
def prediction(ships, image, tmp_path):
    """tmp_path/found.csv beside tmp_path/truth.csv, and tmp_path/images."""
    rows = [line.split(",") for line in ships.read_text().splitlines()[1 : MANY + 1]]
    write_airbus(tmp_path / "truth.csv", [(name, [text] if text else []) for name, text in rows])
    found = []
    for k, (name, text) in enumerate(rows):
        image(tmp_path / "images" / name, 100, 120, (5, 5, 9, 9))
        moved = [f"{int(start) + 1} {length}" for start, length in zip(*[iter(text.split())] * 2, strict=True)]
        found.append((name, [" ".join(moved)] if text and k % 5 else ["1 9 101 9"] if k % 2 else []))
    write_airbus(tmp_path / "found.csv", found)
    return tmp_path


def evaluate(folder, *options):
    given = ["evaluate", folder / "found.csv", folder / "truth.csv", "--shape", 100, 120, "--worst", 5, *options]
    return run(*given, "--save", folder / "scores.json", "--force")


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("with_images", [False, True])
def test_scores_are_those_of_one_process(prediction, workers, with_images):
    options = ["--images", prediction / "images"] if with_images else []
    one = evaluate(prediction, *options)
    assert one.exit_code == 0, one.output
    saved = (prediction / "scores.json").read_bytes()
    many = evaluate(prediction, *options, "--workers", workers)
    assert words(many) == words(one)
    assert (prediction / "scores.json").read_bytes() == saved
    assert {image["f2"] for image in json.loads(saved)["per_image"]} > {0.0, 1.0}


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({450: "1 x", 451: "1 y"}, id="runs that are none"),
        pytest.param({450: "1 40|20 40", 460: "1 x"}, id="ships that overlap before runs that are none"),
        pytest.param({450: "12000 5", 460: "1 40|20 40"}, id="runs outside before ships that overlap"),
    ],
)
def test_the_first_error_is_that_of_one_process(prediction, damage):
    lines = (prediction / "found.csv").read_text().splitlines()
    for number, texts in damage.items():
        name = f"{number:03d}.png"
        lines = [line for line in lines if not line.startswith(name)] + [f"{name},{text}" for text in texts.split("|")]
    (prediction / "found.csv").write_text("\n".join(lines) + "\n")
    one = evaluate(prediction)
    assert one.exit_code == 1
    assert "450.png" in one.stderr
    assert words(evaluate(prediction, "--workers", 2)) == words(one)


def test_an_image_of_another_size_or_unreadable_is_the_same_error(prediction, image):
    image(prediction / "images" / "300.png", 50, 60)
    for _ in range(2):
        one, many = (evaluate(prediction, "--images", prediction / "images", *more) for more in ([], ["--workers", 2]))
        assert one.exit_code == 1
        assert words(many) == words(one)
        image(prediction / "images" / "300.png", 100, 120)
        content = (prediction / "images" / "005.png").read_bytes()
        (prediction / "images" / "005.png").write_bytes(content[:60])


def test_an_image_that_kills_whoever_reads_it_ends_the_evaluation(prediction, image, poisoned):
    for name in ("truth.csv", "found.csv"):
        with (prediction / name).open("a") as file:
            file.write("poison-SIGSEGV.png,1 5\n")
    image(prediction / "images" / "poison-SIGSEGV.png", 100, 120)
    done = evaluate(prediction, "--images", prediction / "images", "--workers", 2)
    assert done.exit_code == 1
    assert done.stderr.endswith(
        "poison-SIGSEGV.png: no process survives it: 3 were tried, the last one was ended by SIGSEGV\n"
    )
