import json
import os
import signal
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from shipedge import _core
from shipedge.backends.probe import EXTRAS, PROBES
from shipedge.backends.runtimes import RUNTIMES
from shipedge.cli import doctor as doctor_module
from shipedge.cli import main
from shipedge.cli.doctor import NAMES, Finding, run_probe
from shipedge.system import opencv_wheels

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")


def code(text):
    return [sys.executable, "-c", text]


def test_names_and_probes_belong_together():
    assert tuple(PROBES) == NAMES
    assert set(EXTRAS) == set(RUNTIMES)


def rungs(*arguments):
    result = CliRunner().invoke(main, ["doctor", "--json", *map(str, arguments)])
    report = json.loads(result.stdout)
    assert result.exit_code == (0 if report["ready"] else 1)
    return report, {rung["rung"]: rung for rung in report["ladder"]}


def test_finds_what_works_here(toy_bundle_dir):
    report, ladder = rungs("--bundle", toy_bundle_dir)
    assert report["ready"] is True
    assert report["probes"]["core"] == {"works": True, "says": f"masks work, with kernels for {_core.kernels()}"}
    assert list(ladder) == ["gpu", "npu", "litert", "tflite-runtime", "tf.lite"]
    litert = ladder["litert"]
    assert all(litert[key] for key in ("found", "tried", "works"))
    assert litert["ms"] > 0
    assert "int8 models" in litert["says"]
    assert not ladder["tf.lite"]["tried"]  # it takes seconds to import
    assert sum(rung["chosen"] for rung in ladder.values()) == 1
    assert report["machine"]["cores"] >= 1


def test_a_library_is_tried_and_chosen(toy_bundle_dir, delegate):
    report, ladder = rungs("--bundle", toy_bundle_dir, "--device", delegate)
    assert report["ready"] is True
    rung = ladder[str(delegate)]
    assert rung["chosen"] is True
    assert rung["ms"] > 0
    assert rung["cpu_ms"] > 0
    assert rung["says"].startswith("takes 2 of 12 nodes, is right and ")
    assert not ladder["litert"]["chosen"]


@pytest.mark.parametrize(("does", "says"), [("crash", "crashes with SIGABRT"), ("lie", "wrong answers: detector")])
def test_a_library_that_does_not_work_is_a_line(toy_bundle_dir, delegate, does, says):
    report, ladder = rungs("--bundle", toy_bundle_dir, "--device", f"{delegate},does={does}")
    assert report["ready"] is False
    rung = ladder[f"{delegate},does={does}"]
    assert (rung["tried"], rung["works"], rung["chosen"]) == (True, False, False)
    assert rung["says"].startswith(says)
    assert ladder["litert"]["works"]
    assert not ladder["litert"]["chosen"]


@pytest.mark.parametrize(
    ("broken", "ready"),
    [
        ((), True),
        (("litert",), True),
        (("litert", "tflite-runtime"), True),
        (("litert", "tflite-runtime", "tf.lite"), False),
        (("opencv",), False),
    ],
)
def test_ready_means_that_predict_can_run(monkeypatch, broken, ready):
    def probe(name, bundle="", device="", timeout_s=0.0):
        works = (device or name) not in broken
        return Finding(works, json.dumps({"ms": 1.0, "says": "so"}) if device and works else "so")

    monkeypatch.setattr(doctor_module, "probe", probe)
    monkeypatch.setattr(doctor_module, "FINDS", {"gpu": lambda: ("", "no GPU")})
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == (0 if ready else 1)
    assert f"shipedge predict {'works' if ready else 'does not work'} here" in result.output
    for name in broken:
        assert f"  no  {name}" in result.output
    assert result.output.count("->") == (0 if "tf.lite" in broken else 1)


def test_a_slower_accelerator_is_not_chosen(monkeypatch):
    def probe(name, bundle="", device="", timeout_s=0.0):
        found = {"ms": 9.0, "cpu_ms": 5.0, "faster": False, "says": "right"} if device == "gpu" else {"ms": 5.0}
        return Finding(True, json.dumps(found) if device else "so")

    monkeypatch.setattr(doctor_module, "probe", probe)
    monkeypatch.setattr(doctor_module, "FINDS", {"gpu": lambda: ("/dev/dri/renderD128", "")})
    _, ladder = rungs()
    assert (ladder["gpu"]["works"], ladder["gpu"]["chosen"], ladder["litert"]["chosen"]) == (True, False, True)
    _, ladder = rungs("--device", "gpu")
    assert (ladder["gpu"]["chosen"], ladder["litert"]["chosen"]) == (True, False)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_crash_is_a_finding():
    finding = run_probe(code("import os, signal; os.kill(os.getpid(), signal.SIGILL)"))
    assert finding == Finding(False, f"crashes with {signal.SIGILL.name}")


def test_hang_is_a_finding():
    assert run_probe(code("import time; time.sleep(60)"), timeout_s=0.5) == Finding(False, "no answer within 0.5 s")


def test_words_of_a_probe():
    assert run_probe(code("print('chat'); print('fine')")) == Finding(True, "fine")
    assert run_probe(code("import sys; sys.exit(3)")) == Finding(False, "exit code 3, no output")
    assert run_probe(code("1 / 0")) == Finding(False, "ZeroDivisionError: division by zero")


def test_words_of_a_probe_in_every_encoding(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    assert run_probe(code("print('\\u8239\\xe9\\udce9')")) == Finding(True, "船é\\udce9")


def test_a_broken_core_spoils_only_what_needs_it(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['shipedge._core'] = None")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    assert doctor_module.probe("opencv").works
    assert not doctor_module.probe("core").works


@pytest.mark.parametrize(
    ("wheels", "end"),
    [
        (["opencv-python-headless"], " from opencv-python-headless"),
        ([], " from outside of pip"),
        (
            ["opencv-python", "opencv-python-headless"],
            "; only one of them may be installed: pip uninstall -y opencv-python opencv-python-headless "
            '&& pip install "shipedge[headless]"',
        ),
    ],
)
def test_says_which_distribution_opencv_comes_from(monkeypatch, wheels, end):
    monkeypatch.setattr(opencv_wheels, "_is_installed", wheels.__contains__)
    assert PROBES["opencv"]().endswith(end)


def test_an_empty_opencv_does_not_work(tmp_path):
    (tmp_path / "cv2" / "qt").mkdir(parents=True)
    code_ = f"import sys; sys.path[:] = [{str(tmp_path)!r}, *(p for p in sys.path if 'site-packages' not in p)]\n"
    (tmp_path / "shipedge").symlink_to(
        Path(opencv_wheels.__file__).parent
    )  # alone, without what is installed beside it
    finding = run_probe(code(code_ + "from shipedge.backends.probe import main; sys.exit(main('opencv'))"))
    assert not finding.works
    assert "OpenCV is not whole (its package cv2 is empty), install it anew: " in finding.says


def test_missing_bundle_is_said_by_the_probes():
    finding = doctor_module.probe("rung", "/no/such/bundle", "litert")
    assert not finding.works
    assert "no bundle at" in finding.says


@pytest.mark.parametrize("command", ["doctor", "predict"])
def test_help_has_one_example_a_line(command):
    shown = CliRunner().invoke(main, [command, "--help"]).output
    lines = shown[shown.index("Examples:") :].split("\n\n")[0].splitlines()[1:]
    assert len(lines) >= 3
    assert all(line.startswith(f"    shipedge {command}") for line in lines)
