"""`shipedge data verify` on several workers: the findings of one process."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

import scale_results
from shipedge import rle
from shipedge.airbus import read_airbus, write_airbus
from shipedge.cli import main
from shipedge.engines import processes
from shipedge.system.child import start_server
from shipedge_train.data.verify import dataset

pytestmark = pytest.mark.skipif(os.name != "posix", reason="workers need POSIX")

TESTS = Path(scale_results.__file__).parent


@pytest.fixture
def folder(made_dataset, tmp_path):
    """tmp_path/data: 40 images with masks, of which some are broken, twice there, of another size or of one color."""
    copied = shutil.copytree(made_dataset, tmp_path / "data")
    (copied / "masks").mkdir()
    rows = read_airbus(copied / "ships.csv")
    draw = np.random.default_rng(1)
    for k in range(34):
        name = f"x{k:02d}.jpg"
        sea = draw.integers(20, 60, (768, 768, 3), dtype=np.uint8)
        ship = np.zeros((768, 768), np.uint8)
        ship[100 : 140 + k, 300:320] = 1
        sea[ship > 0] += 120
        cv2.imwrite(str(copied / "images" / name), sea if k % 11 else np.full_like(sea, k))
        cv2.imwrite(str(copied / "masks" / f"x{k:02d}.png"), 255 * (ship if k % 7 else 1 - ship))
        rows[name] = [rle.encode(ship)]
    for name, content in (("x05.jpg", b"nothing"), ("x06.jpg", (copied / "images" / "x07.jpg").read_bytes())):
        (copied / "images" / name).write_bytes(content)
    cv2.imwrite(str(copied / "images" / "x08.jpg"), np.zeros((100, 100, 3), np.uint8))
    content = (copied / "images" / "x09.jpg").read_bytes()
    (copied / "images" / "x09.jpg").write_bytes(content[: len(content) // 2])
    write_airbus(copied / "ships.csv", rows.items())
    return copied


def run(*arguments):
    result = CliRunner().invoke(main, ["data", "verify", *map(str, arguments)])
    return re.sub(r"checked in [\d.]+ s", "", result.stdout), result.stderr, result.exit_code


@pytest.fixture
def poisoned(monkeypatch):
    """Images called poison-SIGNAL end the worker that reads them."""
    environment = {"PYTHONPATH": str(TESTS)}
    monkeypatch.setattr(processes, "start_server", lambda _: start_server("scale_poisoned", environment=environment))


def test_findings_are_those_of_one_process(folder, tmp_path):
    one = run(folder, "--save", tmp_path / "one.json")
    assert one[2] == 1
    saved = (tmp_path / "one.json").read_bytes()
    codes = {finding["code"] for finding in json.loads(saved)["findings"]}
    assert codes >= {"unreadable", "truncated", "wrong-size", "same-file", "solid-image", "mask-inverted"}
    for workers in (1, 2, 3):
        assert run(folder, "--save", tmp_path / "many.json", "--workers", workers) == one
        assert (tmp_path / "many.json").read_bytes() == saved


def test_what_is_left_is_that_of_one_process(folder, tmp_path):
    for out, options in (("one", []), ("many", ["--workers", 2])):
        run(folder, "--fix", tmp_path / out, *options)
    assert scale_results.files(tmp_path / "one") == scale_results.files(tmp_path / "many")


def test_an_image_that_kills_whoever_reads_it_is_unreadable(folder, poisoned, tmp_path):
    (folder / "images" / "x20-poison-SIGSEGV.jpg").write_bytes((folder / "images" / "x20.jpg").read_bytes())
    assert run(folder, "--save", tmp_path / "found.json", "--workers", 2)[2] == 1
    findings = json.loads((tmp_path / "found.json").read_text())["findings"]
    (killed,) = [finding for finding in findings if "survives" in finding["text"]]
    assert (killed["code"], killed["image"]) == ("unreadable", "x20-poison-SIGSEGV.jpg")
    assert killed["text"] == "no process survives it: 3 were tried, the last one was ended by SIGSEGV"
    (folder / "images" / "x20-poison-SIGSEGV.jpg").unlink()
    run(folder, "--save", tmp_path / "without.json")
    others = [finding for finding in findings if "poison" not in finding["image"]]
    assert others == json.loads((tmp_path / "without.json").read_text())["findings"]


def test_an_image_that_hangs_is_unreadable(folder, poisoned, tmp_path, monkeypatch):
    (folder / "images" / "x20.jpg").rename(folder / "images" / "x20-poison-hang.jpg")
    monkeypatch.setattr(dataset._Job.__new__, "__defaults__", (2.0,))
    monkeypatch.setattr(dataset, "_SHARE", 1)
    assert run(folder, "--save", tmp_path / "found.json", "--workers", 2)[2] == 1
    findings = json.loads((tmp_path / "found.json").read_text())["findings"]
    texts = {
        finding["text"] for finding in findings if (finding["code"], finding["image"][:3]) == ("unreadable", "x20")
    }
    assert texts == {"no process survives it: 3 were tried, the last one took more than 2 s"}


def test_a_signal_stops_it(folder):
    for k in range(300):
        os.link(folder / "images" / "x10.jpg", folder / "images" / f"y{k}.jpg")
    command = [sys.executable, "-m", "shipedge", "data", "verify", str(folder), "--workers", "2"]
    verify = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while verify.poll() is None and not scale_results.children(verify.pid):
        pass
    verify.send_signal(signal.SIGINT)
    output, error = verify.communicate()
    assert (verify.returncode, output) == (130, b""), error.decode()
    assert b"Traceback" not in error


def test_an_address_without_ray(folder):
    assert run(folder, "--ray-address", "h:1")[1:] == (
        "Error: --ray-address says where Ray is, expected --engine ray beside it\n",
        1,
    )
