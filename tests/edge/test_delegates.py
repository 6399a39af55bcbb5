"""Delegate libraries that work, refuse, crash, hang and lie, and what becomes of the work."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import logs
from shipedge.backends import accelerate as accelerate_module
from shipedge.backends import agreement, ladder, worker
from shipedge.backends.accelerate import accelerate
from shipedge.backends.device import parse_device
from shipedge.backends.probe import _rung
from shipedge.backends.runtimes import RUNTIMES
from shipedge.bundle import Models, load_bundle
from shipedge.cascade import Cascade
from shipedge.cli import main
from shipedge.errors import BackendError
from shipedge.frame import Frame
from shipedge.system.child import python

if not any(map(find_spec, ("ai_edge_litert", "tflite_runtime"))):
    pytest.skip("no TFLite runtime is installed", allow_module_level=True)
if os.name != "posix":
    pytest.skip("accelerators need POSIX", allow_module_level=True)

TRIAL = 2 * 2 + 2 * 5
"""Calls of a library that the comparison and the timing of two models make."""


@pytest.fixture(autouse=True)
def _cache_of_this_test(cache):
    """A verdict of another test would save the calls that are counted here."""


@pytest.fixture
def bundle(toy_bundle_dir):
    """Trusted, which saves two processes a test."""
    found = load_bundle(toy_bundle_dir)
    models = Models(*(dataclasses.replace(file, trusted=True) for file in found.models))
    return dataclasses.replace(found, models=models, variants={})


@pytest.fixture
def frames(sea):
    return [Frame(sea(768, 768, (100 + 40 * k, 200, 160 + 40 * k, 230)), f"{k}.png", k) for k in range(4)]


def told(results):
    return [[(ship.bbox, ship.score, ship.rle.runs.tolist()) for ship in result.ships] for result in results]


def test_a_library_that_works_is_used(bundle, frames, delegate):
    notes = []
    cascade = Cascade(bundle, 1, device=f"{delegate},does=work", report=notes.append)
    assert cascade.backend == str(delegate)
    assert told(map(cascade, frames)) == told(map(Cascade(bundle, 1, device="cpu"), frames))
    assert cascade.demoted == []
    assert notes[0].startswith(f"trying {delegate}")
    assert "takes 2 of 12 nodes, is right and" in notes[1]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("does=refuse", r"detector\.tflite: .*no chip here"),
        ("does=fail-at-start", r"detector\.tflite: "),
        ("does=crash-at-start", "crashes with SIGABRT"),
        ("does=crash", "crashes with SIGABRT"),
        ("does=exit", "its process ends"),
        ("does=fail", "failed to invoke"),
        ("does=lie", r"wrong answers: detector\.tflite differs from the CPU in .* of 1,152 values"),
        ("does=constant", r"wrong answers: detector\.tflite differs"),
        ("does=lie,after=2", r"wrong answers: segmenter\.tflite differs"),
    ],
)
def test_a_library_that_does_not_work_is_a_sentence(bundle, delegate, options, says):
    with pytest.raises(BackendError, match=rf"--device {delegate}: .*{says}"):
        Cascade(bundle, 1, device=f"{delegate},{options}")


@pytest.mark.parametrize(("options", "limit"), [("does=hang-at-start", "FIRST_S"), ("does=hang", "FIRST_S")])
def test_a_library_that_hangs_is_a_sentence(bundle, delegate, monkeypatch, options, limit):
    monkeypatch.setattr(worker, limit, 3.0)
    with pytest.raises(BackendError, match="no answer within 3 s"):
        Cascade(bundle, 1, device=f"{delegate},{options}")


@pytest.mark.parametrize("library", ["/no/such/library.so", "libnosuchlibrary.so.1"])
def test_a_library_that_is_not_there(bundle, library):
    with pytest.raises(BackendError, match=rf"--device {library}: .*cannot open shared object file|no such file"):
        Cascade(bundle, 1, device=library)


def test_a_file_that_is_no_delegate(bundle, tmp_path):
    other = Path(np.__file__).parent.glob("**/*.so")
    with pytest.raises(BackendError, match=r"tflite_plugin_create_delegate"):
        Cascade(bundle, 1, device=str(next(other)))


@pytest.mark.parametrize("does", ["crash", "exit", "fail", "hang"])
@pytest.mark.parametrize("call", [0, 1, 2, 5])
def test_in_the_middle_of_a_run_the_next_rung_goes_on(bundle, frames, delegate, monkeypatch, does, call):
    """Detector and segmenter take turns: calls 1 and 5 fail in the middle of a frame."""
    monkeypatch.setattr(worker, "CALL_S", 2.0)
    expected = told(map(Cascade(bundle, 1, device="cpu"), frames))
    notes = []
    cascade = Cascade(bundle, 1, device=f"{delegate},does={does},after={TRIAL + call}", report=notes.append)
    results = [cascade(frame) for frame in frames]
    assert told(results) == expected
    assert [result.index for result in results] == [0, 1, 2, 3]
    assert cascade.backend in ("litert", "tflite-runtime")
    assert len(cascade.demoted) == 1
    assert cascade.demoted[0].startswith(f"{delegate}: ")
    assert [note for note in notes if note.endswith(f"{cascade.backend} goes on from the same frame")] == notes[2:]
    assert len(notes) == 3


@pytest.fixture
def automatic(monkeypatch):
    """automatic(device): "auto" tries this library, which the clock says is fast, in the place of GPU and NPU."""

    def take(text):
        device = parse_device(text)
        monkeypatch.setattr(ladder, "rungs_of", lambda _: [device, *RUNTIMES])
        monkeypatch.setitem(ladder._FINDS, "library", lambda: ("here", ""))
        monkeypatch.setattr(agreement, "milliseconds", lambda *_: [1.0, 10.0])

    return take


def test_a_failure_in_a_run_is_remembered_until_doctor_tries_again(
    toy_bundle_dir, frames, delegate, automatic, monkeypatch
):
    bundle = load_bundle(toy_bundle_dir)
    device = f"{delegate},does=crash,after={2 * 2 + 1}"  # in the first frame, after the comparison
    automatic(device)
    first = Cascade(bundle, 1)
    assert first.backend == str(delegate)
    first(frames[0])
    notes = []
    with monkeypatch.context() as patch:
        patch.setattr(accelerate_module, "Worker", lambda _: pytest.fail("started a process"))
        for threads in (1, 2):
            later = Cascade(bundle, threads, report=notes.append)
            assert later.backend in ("litert", "tflite-runtime")
    today = time.strftime("%Y-%m-%d")
    assert notes == [f"{delegate} failed in a run on {today}: crashes with SIGABRT; shipedge doctor tries it again"] * 2
    accelerate(bundle, parse_device(device), 1, notes.append, asked=True).worker.close()  # its name asks for it
    assert Cascade(bundle, 1).backend in ("litert", "tflite-runtime")
    assert json.loads(_rung(str(toy_bundle_dir), device))["faster"]
    assert Cascade(bundle, 1).backend == str(delegate)


def test_a_new_library_is_not_the_one_that_failed(bundle, frames, delegate, automatic):
    automatic(f"{delegate},does=fail,after={2 * 2}")
    Cascade(bundle, 1)(frames[0])
    assert Cascade(bundle, 1).backend in ("litert", "tflite-runtime")
    os.utime(delegate)
    assert Cascade(bundle, 1).backend == str(delegate)


def test_predict_says_it_once_and_loses_nothing(toy_bundle_dir, image, tmp_path, delegate):
    for k in range(4):
        image(tmp_path / "in" / f"{k}.png", 768, 768, (100 + 40 * k, 200, 160 + 40 * k, 230))
    command = ["predict", str(tmp_path / "in"), "--bundle", str(toy_bundle_dir), "--json", "--threads", "1"]
    done = {}
    for name, device in {"cpu": "cpu", "crash": f"{delegate},does=crash,after={TRIAL + 3}"}.items():
        result = CliRunner().invoke(main, [*command, "--out", str(tmp_path / name), "--device", device])
        assert result.exit_code == 0, result.output
        done[name] = (
            json.loads(result.stdout),
            [frame | {"timings_ms": 0} for frame in logs.frames(tmp_path / name)],
            result.stderr,
        )
    assert done["crash"][1] == done["cpu"][1]
    assert len(done["crash"][1]) == 4
    assert done["crash"][0]["device"] == done["cpu"][0]["device"]
    assert done["cpu"][0]["demoted"] == []
    assert done["crash"][0]["demoted"] == [f"{delegate}: crashes with SIGABRT"]
    assert done["crash"][2].count("goes on from the same frame") == 1


def test_a_second_start_tries_no_more(bundle, delegate, cache):
    notes = []
    for _ in range(2):
        found = accelerate(bundle, parse_device(str(delegate)), 1, notes.append, asked=True)
        found.worker.close()
    assert len(notes) == 2
    assert len(list((cache / "verdicts").iterdir())) == 1
    os.utime(delegate)  # another file, for all that is known
    accelerate(bundle, parse_device(str(delegate)), 1, notes.append, asked=True).worker.close()
    assert len(notes) == 4


HANGS = """
import sys
from shipedge.backends.worker import Setup, Worker
from shipedge.bundle import Models, load_bundle
bundle = load_bundle(sys.argv[1])
worker = Worker(Setup("x", tuple(bundle.models), 1, library=sys.argv[2], options=(("does", "hang"),)))
print(worker._process.pid, flush=True)
import numpy as np
worker.models[0](np.zeros((768, 768, 3), np.uint8))
"""


def alive(number):
    try:
        return "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_worker_ends_with_its_parent_also_inside_a_call_that_hangs(toy_bundle_dir, delegate, number):
    parent = subprocess.Popen(
        [sys.executable, "-c", HANGS, str(toy_bundle_dir), str(delegate)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with parent:
        child = int(parent.stdout.readline())
        time.sleep(0.5)
        assert alive(child)
        parent.send_signal(number)
        parent.wait(20)
        end = time.monotonic() + 10
        while alive(child) and time.monotonic() < end:
            time.sleep(0.05)
    assert not alive(child)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_the_worker_inherits_nothing_and_outlives_signals_for_us(bundle, delegate, tmp_path, sea):
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)
        found = worker.Worker(worker.Setup("x", tuple(bundle.models), 1, library=str(delegate)))
    number = found._process.pid
    links = [str(path.readlink()) for path in Path(f"/proc/{number}/fd").iterdir()]
    assert not any("secret" in link for link in links)
    assert os.getsid(number) != os.getsid(0)
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(number, signal_number)
    assert found.models[0](sea(768, 768, (64, 32, 96, 64))).max() == 255
    found.close()
    assert not alive(number)
    with pytest.raises(BackendError):
        found.models[0](sea(768, 768))


def test_a_frame_may_be_a_view(bundle, delegate, sea):
    found = worker.Worker(worker.Setup("x", tuple(bundle.models), 1, library=str(delegate)))
    wide = sea(768, 1600, (900, 100, 960, 160))
    answer = found.models[0](wide[:, 800:1568])
    before = answer.copy()
    found.models[0](sea(768, 768))
    found.close()
    assert np.array_equal(answer, before)  # a copy of its own
    cpu = Cascade(bundle, 1, device="cpu")._detector
    assert np.array_equal(answer, cpu(wide[:, 800:1568]))


def test_modules_in_the_working_folder_are_not_run(tmp_path, monkeypatch):
    for name in ("numpy", "json", "shipedge", "multiprocessing"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w').close()")
    monkeypatch.chdir(tmp_path)
    subprocess.run(
        python("shipedge.backends.host", "0", "0", "0"), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert not (tmp_path / "run").exists()
