"""Which rung is chosen, what is remembered, and when two answers are the same."""

import dataclasses
import json

import pytest
from click.testing import CliRunner

from shipedge.backends import accelerate as accelerate_module
from shipedge.backends import agreement, cpu, ladder
from shipedge.backends.accelerate import accelerate, key_of
from shipedge.backends.cache import Verdict, read_verdict, write_verdict
from shipedge.backends.cpu import NotInstalledError, RefusedError, models_for
from shipedge.backends.device import Device, parse_device
from shipedge.backends.found import find_gpu, find_npu
from shipedge.backends.runtimes import RUNTIMES
from shipedge.bundle import load_bundle
from shipedge.cascade import Cascade
from shipedge.cli import main
from shipedge.errors import BackendError, ConfigError
from shipedge.frame import Frame

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")


@pytest.fixture
def bundle(two_precisions_dir):
    return load_bundle(two_precisions_dir)


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("auto", Device("auto")),
        ("gpu", Device("gpu")),
        ("libedgetpu.so.1", Device("library", "libedgetpu.so.1")),
        ("/a/b.so,device=usb:0,x=", Device("library", "/a/b.so", (("device", "usb:0"), ("x", "")))),
        ("x.dylib", Device("library", "x.dylib")),
    ],
)
def test_devices(text, device):
    assert parse_device(text) == device


@pytest.mark.parametrize("text", ["", "GPU", "gpuu", "so", "gpu,x=1", "/a/b.so,usb", "/a/b.so,=1", "/a/b.so,"])
def test_devices_that_do_not_exist(text):
    with pytest.raises(ConfigError, match=r"device .*expected"):
        parse_device(text)


def test_a_wrong_device_is_a_sentence(image, tmp_path):
    command = ["predict", str(image(tmp_path / "a.png", 100, 100)), "--out", str(tmp_path), "--device", "gpuu"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: device 'gpuu', expected auto, cpu, gpu, npu or a delegate library")
    assert result.stderr.count("\n") == 1


def test_each_rung_has_the_precision_that_suits_it(bundle, toy_bundle_dir):
    assert models_for(bundle, ("float16", "none")).detector.quantize == "float16"
    assert models_for(bundle, RUNTIMES["litert"].precisions).detector.quantize == "int8"
    assert models_for(load_bundle(toy_bundle_dir), ("float16", "none")).detector.quantize == "int8"


# What is found


def test_auto_starts_nothing_where_no_accelerator_is_found(bundle, monkeypatch, sea):
    monkeypatch.setitem(ladder._FINDS, "gpu", lambda: ("", "no GPU"))
    monkeypatch.setitem(ladder._FINDS, "npu", lambda: ("", "no NPU"))
    monkeypatch.setattr(accelerate_module, "accelerate", lambda *_: pytest.fail("tried an accelerator"))
    notes = []
    cascade = Cascade(bundle, 1, report=notes.append)
    assert (cascade.backend, notes) == ("litert", [])


def test_device_nodes(tmp_path, monkeypatch):
    monkeypatch.delenv("VK_DRIVER_FILES", raising=False)
    monkeypatch.delenv("VK_ICD_FILENAMES", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert find_gpu(tmp_path) == ("", f"no GPU in {tmp_path}")
    assert find_npu(tmp_path) == ("", f"no NPU in {tmp_path}")
    (tmp_path / "dri").mkdir()
    (tmp_path / "dri" / "card0").touch()  # a screen
    assert find_gpu(tmp_path)[0] == ""
    node = tmp_path / "dri" / "renderD128"
    node.touch()
    assert find_gpu(tmp_path) == (str(node), "")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert find_gpu(tmp_path) == ("", f"no permission for {node} (join the group that owns it)")
    monkeypatch.setenv("VK_DRIVER_FILES", "/x.json")
    assert find_gpu(tmp_path) == ("/x.json", "")


# What is remembered


@pytest.fixture
def software(monkeypatch, cache):
    """A driver is named, and is not there: LiteRT finds no GPU, whatever this machine has."""
    monkeypatch.setenv("VK_DRIVER_FILES", "/no/such/driver.json")
    monkeypatch.setenv("VK_ICD_FILENAMES", "/no/such/driver.json")


@pytest.mark.usefixtures("software")
def test_an_accelerator_that_is_not_there_is_tried_once(bundle, monkeypatch):
    notes = []
    for _ in range(2):
        assert Cascade(bundle, 1, report=notes.append).backend == "litert"
        monkeypatch.setattr(accelerate_module, "Worker", lambda _: pytest.fail("started a process"))
    assert notes == ["trying the GPU: its programs are compiled, which can take a minute"]


@pytest.mark.usefixtures("software")
def test_one_that_was_asked_for_is_no_silent_run_on_the_cpu(two_precisions_dir, image, tmp_path):
    command = ["predict", str(image(tmp_path / "a.png", 100, 100)), "--bundle", str(two_precisions_dir)]
    for _ in range(2):
        result = CliRunner().invoke(main, [*command, "--out", str(tmp_path / "out"), "--device", "gpu"])
        assert result.exit_code == 1
        lines = [line for line in result.stderr.splitlines() if not line.startswith("trying")]
        assert lines == [
            "Error: --device gpu: detector.float16.tflite: LiteRT finds no GPU adapter, or no driver for it"
        ]
    assert not (tmp_path / "out").exists()


def test_a_gpu_needs_float16_files(toy_bundle_dir):
    with pytest.raises(BackendError, match="--device gpu: the bundle has no float16 files, which GPUs need"):
        Cascade(load_bundle(toy_bundle_dir), 1, device="gpu")


@pytest.fixture
def timed(monkeypatch):
    """timed(ms, cpu_ms): what the clock will say."""
    return lambda *ms: monkeypatch.setattr(agreement, "milliseconds", lambda *_: list(ms))


@pytest.mark.parametrize(("ms", "faster"), [(1.0, True), (9.5, False), (50.0, False)])
def test_only_a_faster_one_is_taken(bundle, delegate, timed, cache, ms, faster):
    timed(ms, 10.0)
    device = parse_device(str(delegate))
    for _ in range(2):
        if faster:
            accelerate(bundle, device, 1, lambda text: None, asked=False).worker.close()
        else:
            with pytest.raises(RefusedError, match=f"not faster than the CPU: {ms} ms instead of 10.0 for one call"):
                accelerate(bundle, device, 1, lambda text: None, asked=False)
        timed()  # the second time nobody looks at the clock
    found = accelerate(bundle, device, 1, lambda text: None, asked=True)
    found.worker.close()
    assert found.verdict == Verdict(True, ms, 10.0, "")


def test_a_remembered_verdict_never_makes_a_wrong_one_right(bundle, delegate, cache):
    device = parse_device(f"{delegate},does=lie")
    write_verdict(key_of(bundle, device, 1), Verdict(True, 1.0, 10.0, ""))
    with pytest.raises(RefusedError, match="wrong answers"):
        accelerate(bundle, device, 1, lambda text: None, asked=False)
    assert not read_verdict(key_of(bundle, device, 1)).right


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"right": true}',
        b'{"right": 1, "ms": 1, "cpu_ms": 1, "says": ""}',
        b'{"right": true, "ms": NaN, "cpu_ms": 1, "says": ""}',
        b'{"right": true, "ms": "1", "cpu_ms": 1, "says": ""}',
        b'{"right": true, "ms": 1, "cpu_ms": 1, "says": "", "more": 1}',
        b'{"right": true, "ms": 1, "cpu_ms": 1, "says": null}',
        b"[" * 100_000,
    ],
)
def test_a_verdict_that_is_none_is_ignored(cache, content):
    write_verdict(["a"], Verdict(True, 1.0, 2.0, ""))
    assert read_verdict(["a"]) == Verdict(True, 1.0, 2.0, "")
    assert read_verdict(["b"]) is None
    (path,) = (cache / "verdicts").iterdir()
    path.write_bytes(content)
    assert read_verdict(["a"]) is None
    write_verdict(["a"], Verdict(False, 0.0, 0.0, "no"))
    assert json.loads(path.read_bytes())["says"] == "no"


def test_a_verdict_that_is_a_link_is_ignored(cache, tmp_path):
    write_verdict(["a"], Verdict(True, 1.0, 2.0, ""))
    (path,) = (cache / "verdicts").iterdir()
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert read_verdict(["a"]) is None


def test_a_cache_that_cannot_be_written_costs_time_alone(cache):
    cache.parent.mkdir(parents=True)
    cache.touch()
    write_verdict(["a"], Verdict(True, 1.0, 2.0, ""))
    assert read_verdict(["a"]) is None


def test_another_bundle_or_option_or_library_is_another_question(bundle, toy_bundle_dir, delegate):
    keys = [
        key_of(bundle, Device("gpu"), 1),
        key_of(bundle, Device("npu"), 1),
        key_of(bundle, Device("gpu"), 2),
        key_of(load_bundle(toy_bundle_dir), Device("gpu"), 1),
        key_of(bundle, Device("library", str(delegate)), 1),
        key_of(bundle, Device("library", str(delegate), (("a", "b"),)), 1),
        key_of(bundle, Device("library", "libother.so"), 1),
    ]
    assert len({json.dumps(key) for key in keys}) == len(keys)


# The way down


class Failing:
    """A model that fails from a call on."""

    def __init__(self, model, calls):
        self.model, self.calls, self.window = model, calls, model.window

    def __call__(self, window):
        self.calls -= 1
        if self.calls < 0:
            raise BackendError("driver lost")
        return self.model(window)


def test_the_next_runtime_goes_on_where_one_fails_and_the_last_failure_is_an_error(bundle, monkeypatch, sea):
    opened = []

    def open_models(files, threads, runtime):
        if runtime == "tf.lite":
            raise NotInstalledError("no")
        opened.append((runtime, files.detector.quantize))
        return [Failing(model, 3) for model in cpu.open_models(files, threads, "litert")]

    monkeypatch.setattr(ladder, "open_models", open_models)
    notes = []
    cascade = Cascade(bundle, 1, device="cpu", report=notes.append)
    frames = [Frame(sea(768, 768, (100, 100, 150, 130 + k)), str(k), k) for k in range(7)]
    results = [cascade(frame) for frame in frames[:6]]
    assert [result.ships[0].bbox for result in results] == [(100, 100, 150, 130 + k) for k in range(6)]
    assert notes == ["litert: driver lost; tflite-runtime goes on from the same frame"]
    assert cascade.demoted == ["litert: driver lost"]
    assert [runtime for runtime, _ in opened] == ["litert", "tflite-runtime"]
    with pytest.raises(BackendError, match="driver lost"):
        cascade(frames[6])


def test_all_models_of_a_bundle_run_on_one_runtime(bundle, monkeypatch):
    """Where a runtime refuses the second model, the first one moves down with it."""

    def open_models(files, threads, runtime):
        if runtime == "litert":
            raise RefusedError("too new", "segmenter.tflite")
        return cpu.open_models(files, threads, "litert")

    monkeypatch.setattr(ladder, "open_models", open_models)
    assert Cascade(bundle, 1, device="cpu").backend == "tflite-runtime"


def test_tensorflow_is_the_last_and_not_imported_before(bundle, monkeypatch):
    assert list(RUNTIMES)[-1] == "tf.lite"
    asked = []

    def missing(name):
        asked.append(name)
        raise ModuleNotFoundError("no module")

    monkeypatch.setattr(cpu, "LADDER", {name: lambda *_, name=name: missing(name) for name in RUNTIMES})
    trusted = dataclasses.replace(
        bundle, models=type(bundle.models)(*(dataclasses.replace(f, trusted=True) for f in bundle.models)), variants={}
    )
    with pytest.raises(BackendError, match="no TFLite runtime is installed"):
        Cascade(trusted, 1, device="cpu")
    assert asked == ["litert", "tflite-runtime", "tf.lite"]
