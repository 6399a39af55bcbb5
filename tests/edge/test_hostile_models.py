"""Model files that are what their manifest says, and end or exhaust the process that runs them."""

import base64
import dataclasses
import os
import stat
import subprocess
import sys
import zlib
from importlib import metadata
from pathlib import Path

import pytest

import shipedge
from shipedge.backends import open_model, trial
from shipedge.bundle import ModelFile, default_bundle, load_bundle
from shipedge.errors import BackendError, BundleError
from shipedge.system.child import python, run_probe

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

# The segmenter of the tests with one byte changed: LiteRT 2.3 ends with SIGSEGV when it loads it.
ENDS_THE_PROCESS = zlib.decompress(
    base64.b85decode(
        "c-p;IO>Yxd6n%*u$8n}62n!6!!bk~15V^KN5GAybCaH=<NE9rDSacZSabv}?!+0D;EQp2L9Sas+bP=JnimEK4whLAjE81Vcs*5fv#10mSB{&(*ow"
        "@VjamHa)OULhH?z{J#`|g`JDIrAu>ucxGh=fRqA(2EoAS8^VB8<MkoDh$ISAf)wG4NANh!DnIKp1$qYZwySUIGpQHC0<JRlbu8YEh||b;tIxVHh#"
        ")M}cZxU#aVIMtJ-^*fR`j<G_-tDK%MFE48X7Ul0P}#d)^-7rs8@{t;km?)uG{g&SAruFJDC`N`?Y{3K#XrWT4Nd2E+U6<MoS^wP2_uc}(DRIQlth"
        "Cw0;gn>60{{#FDJOiErJHQsO0sIK)>@#OrobPa)D7@Km2Y}NgP(;kR2(KZ%uR~;S=RIt$O(g!3&W^nJnY4DZEv?C=bJ;X9^@L-Q-)uU2K5b^t`fc"
        "Lb7O)NM0Dk~affu}n_HBKAUA*LRnAg4IF>zY=@gy9Flcs4CHpjHbv)8UJq^7DB<WE-%X>)DD^cHs%k)JrvQ+;g0XbafxvivS9rHWvEi<pz>8Tthv"
        "!?FKFJ=pt4F=E{InXzI{oEX~-2)91_xQ+UF^?P`c32{rY?YGd`#eHh*_2jdc_k`wtgWa%Y(?c~m#?P!c$6EAv`C$9)<#B}9o$&EXu`SilsI!(dA9"
        "6JNeMXpT59cq$YwU9!V?B00d))Oc`K4b!*}~x%j5grx3h)dL$AAqkP&zY@Io9}l!=U9!uK8*9K{Rf$4bo;bu!cZ!hTmKJJK%{coPJ|s5dSxHMOTa"
        "U^1PzyB^{?#ElerpvYZ{yIA_W0^SO`5H>`_F;!XgM9p;g+{TbHJ%VnrDm#pxdZLjZz5AA&Vn9p_qpGzNF`5gD<=9kUQFN$c3^~znMp@4#%{roOYW"
        "Ue5eLwB-Jm<WDK-D<f`4?9>bsI^69Ma}N7>rAtKzoV>cF+f+M*}C6$o~i$^(U>^Xu4!3WlUJ(MGOiTRqM2D`Z5|W3!v4ITH{0{wdjPMUX6OAUZl?"
        "nCoomf#K)!D8w)2WGulap=(b=8eJ+Lk>(^=Mw<@CL}f=lhbx?dfVuV449_zAv8dpLHU^!wrnU%e^6k6s-4RQ;a#HYoln!;PPD@1JgZcaH7_zXvEb"
        "y$=<wq%Wosr=~-w>-&Mxsw?Et_5EIFT|azv^2?Eq=cuzT%jZ$^`^kRmTfbh+T48Kn-K>|s9fpj~yp~>_99RFZ^X=0@UxS0r*C3r~S4)z$<XzsOm4"
        "Monob_S8e>{2{ZSVTasrGM2x%C@xJQGygG<S>d;Utg$1E08?_xM|k54+>Tl6jN5{6cQ+ge3DGwxZE9&6?Lf0`;Nnas"
    )
)

FAKE = """
import os
class Interpreter:
    def __init__(self, model_content, num_threads):
        with open(os.environ["STARTS"], "ab") as log:
            log.write(b"x")
        exec(model_content)
    def allocate_tensors(self): pass
    def get_input_details(self): return []
    def get_output_details(self): return []
    def invoke(self): pass
"""


@pytest.fixture
def cache(cache):
    """The folder in which the marks of this test lie."""
    return cache / "ran"


@pytest.fixture
def fake(tmp_path, monkeypatch, cache):
    """fake(text) -> a model whose load runs that text; starts(): how often a process has loaded one."""
    package = tmp_path / "fake" / "ai_edge_litert"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "interpreter.py").write_text(FAKE)
    monkeypatch.setenv("PYTHONPATH", str(package.parent), prepend=os.pathsep)
    monkeypatch.setenv("STARTS", str(tmp_path / "starts"))
    return lambda text: ModelFile("m.tflite", text.encode(), (1, 64, 64, 3), (1, 2, 2, 1), "int8")


@pytest.fixture
def starts(tmp_path):
    return lambda: len((tmp_path / "starts").read_bytes())


def marks(cache):
    return list(cache.iterdir()) if cache.is_dir() else []


def test_a_model_that_ends_the_process_is_a_sentence(cache):
    file = ModelFile("m.tflite", ENDS_THE_PROCESS, (1, 384, 384, 3), (1, 384, 384, 1), "int8")
    with pytest.raises(BackendError, match=r"no runtime can run m\.tflite \(litert: crashes with SIG"):
        open_model(file, 1)
    assert marks(cache) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("os.abort()", "crashes with SIGABRT"),
        ("os._exit(0)", "exit code 0, no output"),
        ("os._exit(7)", "exit code 7, no output"),
        ("raise ValueError('no\\nmodel')", "no model"),
        ("import numpy; numpy.ones(1 << 30, 'u1')", "Unable to allocate 1.00 GiB"),
        ("raise SystemExit(0)", "exit code 0, no output"),
    ],
)
def test_every_end_is_a_complaint(fake, cache, text, says):
    assert says in trial.complaint(fake(text), "litert", 1)
    assert marks(cache) == []


def test_where_no_process_can_be_started(fake, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert trial.complaint(fake("good = 1"), "litert", 1) == (
        "cannot be tried in a process of its own (No such file or directory)"
    )


def test_a_hang_ends(fake, monkeypatch):
    monkeypatch.setattr(trial, "TIMEOUT_S", 2.0)
    assert trial.complaint(fake("import time; time.sleep(60)"), "litert", 1) == "no answer within 2 s"


def test_a_model_is_tried_once_for_each_content_and_version(fake, starts, monkeypatch, cache):
    file = fake("good = 1")
    for _ in range(3):
        assert trial.complaint(file, "litert", 1) is None
    assert (starts(), len(marks(cache))) == (1, 1)
    trial.complaint(fake("good = 2"), "litert", 1)
    assert starts() == 2
    monkeypatch.setattr(metadata, "version", lambda name: "99.0")
    trial.complaint(file, "litert", 1)
    assert starts() == 3
    assert all(mark.stat().st_size == 0 for mark in marks(cache))


@pytest.mark.skipif(os.name != "posix", reason="links and owners are POSIX")
@pytest.mark.parametrize("kind", ["link", "folder", "fifo", "foreign"])
def test_a_mark_that_somebody_else_may_have_planted_says_nothing(fake, starts, cache, tmp_path, kind, monkeypatch):
    file = fake("good = 1")
    assert trial.complaint(file, "litert", 1) is None
    (mark,) = marks(cache)
    mark.unlink()
    if kind == "link":
        mark.symlink_to(tmp_path / "starts")
    elif kind == "folder":
        mark.mkdir()
    elif kind == "fifo":
        os.mkfifo(mark)
    else:
        mark.touch()
        monkeypatch.setattr(os, "geteuid", lambda: mark.stat().st_uid + 1)
    assert trial.complaint(file, "litert", 1) is None
    assert starts() == 2


def test_a_cache_that_cannot_be_written_costs_time_alone(fake, starts, cache):
    cache.parent.parent.mkdir(parents=True)
    cache.parent.touch()  # a file where the folder would be
    file = fake("good = 1")
    assert [trial.complaint(file, "litert", 1) for _ in range(2)] == [None, None]
    assert starts() == 2


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_cache_is_private(fake, cache):
    trial.complaint(fake("good = 1"), "litert", 1)
    assert stat.S_IMODE(cache.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("given", ["", "relative"])
def test_a_cache_folder_is_absolute(fake, monkeypatch, tmp_path, given):
    monkeypatch.setenv("XDG_CACHE_HOME", given)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    trial.complaint(fake("good = 1"), "litert", 1)
    assert not (tmp_path / "relative").exists()
    assert len(marks(tmp_path / "home" / ".cache" / "shipedge" / "ran")) == 1


def test_the_models_of_the_package_are_not_tried(monkeypatch, cache):
    monkeypatch.setattr(trial, "run_probe", lambda *_: pytest.fail("started a process"))
    bundle = default_bundle()
    assert bundle.detector.trusted
    open_model(bundle.detector, 1)
    with pytest.raises(BaseException, match="started a process"):
        open_model(dataclasses.replace(bundle.detector, trusted=False), 1)


def test_a_copy_of_the_package_s_models_is_anybody_s(tmp_path):
    source = Path(shipedge.__file__).parent / "bundles" / "default"
    for path in source.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    bundle = load_bundle(tmp_path)
    assert not any(model.trusted for model in (bundle.detector, bundle.segmenter, bundle.refiner))


@pytest.mark.parametrize("module", ["shipedge.backends.probe", "shipedge.backends.trial"])
def test_modules_in_the_working_folder_are_not_run(tmp_path, monkeypatch, module):
    for name in ("numpy", "json", "shipedge", "click"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w').close()")
    monkeypatch.chdir(tmp_path)
    run_probe(python(module, "core", "1"))
    run_probe(python("shipedge.backends.probe", "core"))
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices are POSIX")
@pytest.mark.parametrize("name", ["manifest.json", "detector.tflite"])
@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_files_that_never_end_are_no_files(make_bundle, name, kind):
    bundle = make_bundle()
    (bundle / name).unlink()
    if kind == "fifo":
        os.mkfifo(bundle / name)
    else:
        (bundle / name).symlink_to("/dev/zero")
    with pytest.raises(BundleError, match=rf"{name} is missing in .*, or is no regular file"):
        load_bundle(bundle)


def test_predict_survives_and_says_so(make_bundle, image, tmp_path, edit_manifest, cache):
    import hashlib

    bundle = make_bundle()
    (bundle / "segmenter.tflite").write_bytes(ENDS_THE_PROCESS)
    edit_manifest(bundle, "models.segmenter.sha256", hashlib.sha256(ENDS_THE_PROCESS).hexdigest())
    edit_manifest(bundle, "models.segmenter.bytes", len(ENDS_THE_PROCESS))
    command = ["predict", str(image(tmp_path / "a.png", 100, 100)), "--bundle", str(bundle), "--out", str(tmp_path)]
    code = f"from shipedge.cli import main; main({command})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: no runtime can run segmenter.tflite (litert: ")
    assert done.stderr.count("\n") == 1
