import json
import os
import signal
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from shipedge import opencv_wheels
from shipedge.cli import doctor as doctor_module
from shipedge.cli import main
from shipedge.cli.doctor import NAMES, Finding, run_probe
from shipedge.probe import PROBES

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")


def code(text):
    return [sys.executable, "-c", text]


def test_names_and_probes_belong_together():
    assert tuple(PROBES) == NAMES


def test_finds_what_works_here(toy_bundle_dir):
    result = CliRunner().invoke(main, ["doctor", "--json", "--bundle", str(toy_bundle_dir)])
    report = json.loads(result.output)
    assert result.exit_code == 0
    assert report["ready"] is True
    assert set(report["probes"]) == set(NAMES)
    assert report["probes"]["core"] == {"works": True, "says": "masks work"}
    assert "detector" in report["probes"]["litert"]["says"]
    assert report["machine"]["cores"] >= 1


@pytest.mark.parametrize(
    ("broken", "ready"), [((), True), (("litert",), True), (("litert", "tflite-runtime"), False), (("opencv",), False)]
)
def test_ready_means_that_predict_can_run(monkeypatch, broken, ready):
    monkeypatch.setattr(doctor_module, "probe", lambda name, bundle: Finding(name not in broken, "so"))
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == (0 if ready else 1)
    assert f"shipedge predict {'works' if ready else 'does not work'} here" in result.output
    for name in NAMES:
        assert f"  {'no ' if name in broken else 'yes'} {name}" in result.output


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
    assert PROBES["opencv"]("").endswith(end)


def test_an_empty_opencv_does_not_work(tmp_path):
    (tmp_path / "cv2" / "qt").mkdir(parents=True)
    code_ = f"import sys; sys.path[:] = [{str(tmp_path)!r}, *(p for p in sys.path if 'site-packages' not in p)]\n"
    code_ += f"sys.path.append({str(Path(opencv_wheels.__file__).parents[1])!r})\n"
    finding = run_probe(code(code_ + "from shipedge.probe import main; sys.exit(main('opencv'))"))
    assert not finding.works
    assert "OpenCV is not whole (its package cv2 is empty), install it anew: " in finding.says


def test_missing_bundle_is_said_by_the_probes():
    finding = doctor_module.probe("litert", "/no/such/bundle")
    assert not finding.works
    assert "no bundle at" in finding.says


@pytest.mark.parametrize("command", ["doctor", "predict"])
def test_help_has_one_example_a_line(command):
    shown = CliRunner().invoke(main, [command, "--help"]).output
    lines = shown[shown.index("Examples:") :].split("\n\n")[0].splitlines()[1:]
    assert len(lines) >= 3
    assert all(line.startswith(f"    shipedge {command}") for line in lines)
