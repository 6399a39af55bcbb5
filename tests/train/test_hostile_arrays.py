"""Weights and checkpoints that somebody damaged, or made on purpose: one sentence, whatever NumPy and zlib raise."""

import hashlib
import io
import json
import random
import struct
import zipfile

import numpy as np
import pytest

from shipedge.errors import BundleError, ConfigError, ShipedgeError
from shipedge_train.config import Config
from shipedge_train.runs import folder as runs
from shipedge_train.runs import initial
from shipedge_train.runs.bundle_weights import MANIFEST, learned_from, read_weights
from shipedge_train.runs.checkpoint import load_checkpoint
from shipedge_train.runs.initial import load_initial
from shipedge_train.runs.npz import read_arrays
from shipedge_train.runs.start import Setup
from shipedge_train.tasks import TASKS


def saved(*arrays, pack=np.savez_compressed, **named):
    buffer = io.BytesIO()
    pack(buffer, *arrays, **named)
    return buffer.getvalue()


RNG = np.random.default_rng(0)
WEIGHTS = saved(*(RNG.normal(size=shape).astype("f2") for shape in ((3, 3, 3, 8), (8,), (2, 5))))
CHECKPOINT = saved(pack=np.savez, model_0=np.zeros((3, 4), "f4"), progress=json.dumps({"epoch": 3}))


def zipped(**entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def array(header, data=b"", magic=b"\x93NUMPY\x01\x00"):
    text = header.encode() + b"\n"
    return magic + struct.pack("<H", len(text)) + text + data


def test_what_numpy_writes_is_read():
    for content in (WEIGHTS, CHECKPOINT):
        with np.load(io.BytesIO(content)) as file:
            expected = {name: file[name] for name in file.files}
        found = read_arrays(content)
        assert list(found) == list(expected)
        for name, value in expected.items():
            np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("whole", [WEIGHTS, CHECKPOINT], ids=["weights", "checkpoint"])
def test_damage_is_a_value_error(whole):
    chance = random.Random(1)
    refused = 0
    for _ in range(4000):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 4))):
            place = chance.randrange(len(content))
            if chance.random() < 0.7:
                content[place] = chance.randrange(256)
            else:
                del content[place : place + chance.randrange(1, 20)]
        try:
            read_arrays(bytes(content))
        except ValueError:
            refused += 1
    assert refused > 3000


BIG = "{'descr': '<f8', 'fortran_order': False, 'shape': (%s,), }"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged"),
        (b"PK\x03\x04 torn", "damaged"),
        (zipped(arr_0=b""), "EOF|magic"),
        (zipped(arr_0=array(BIG % 10**13)), r"shape \(10000000000000,\) has 0 bytes"),
        (zipped(arr_0=array(BIG % 10**30)), "has 0 bytes"),
        (zipped(arr_0=array(BIG % -1, bytes(8))), r"shape \(-1,\), expected numbers"),
        (zipped(arr_0=array("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"cos\n")), "expected numbers"),
        (zipped(arr_0=array("(" * 5000)), r"\w"),
        (zipped(arr_0=array("__import__('os').abort()")), r"\w"),
        (zipped(arr_0=array(BIG % "1", bytes(8), b"\x93NUMPY\x09\x00")), r"format \(9, 0\)"),
        (saved(np.array([{"a": 1}], object)), "expected numbers"),
        (zipped(arr_0=array(BIG % 1, bytes(8))).replace(b"\x08\x00", b"\x63\x00"), "damaged"),  # an unknown compression
    ],
)  # fmt: skip
def test_files_made_on_purpose(content, message):
    with pytest.raises(ValueError, match=message):
        read_arrays(content)


def test_a_bomb_is_refused_by_what_it_says():
    content = zipped(arr_0=array(BIG % 1, bytes(8)))
    at = content.rindex(b"PK\x01\x02")
    bomb = content[: at + 24] + struct.pack("<I", 0xFFFF_FFF0) + content[at + 28 :]
    with pytest.raises(ValueError, match="it holds 4,294,967,280 bytes, expected at most 2,147,483,648"):
        read_arrays(bomb)


class Model:
    """A network of one layer."""

    optimizer = None

    def set_weights(self, arrays):
        if [array.shape for array in arrays] != [(2, 2)]:
            raise ValueError("another network")


@pytest.fixture
def bundle(tmp_path):
    """bundle(content, **manifest) -> a folder whose weights have the checksum of its manifest."""

    def make(content, **more):
        (tmp_path / "w.npz").write_bytes(content)
        entry = {"file": "w.npz", "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content) or 1}
        manifest = {"models": {"segmenter": {"weights": entry}}} | more
        (tmp_path / MANIFEST).write_text(json.dumps(manifest))
        return tmp_path

    return make


@pytest.mark.parametrize(
    "content",
    [
        b"",
        WEIGHTS,
        WEIGHTS[:-10],
        saved(np.full((2, 2), np.nan, "f2")),
        saved(np.full((2, 2), "text")),
        saved(np.zeros((2, 2), [("a", "f4"), ("b", "f4")])),
        saved(other=np.zeros((2, 2))),
    ],
    ids=["empty", "other", "cut", "nan", "text", "records", "names"],
)
def test_weights_of_a_bundle(bundle, content, tmp_path, monkeypatch):
    monkeypatch.setattr(initial, "ships_digest", lambda _: "")
    monkeypatch.setattr(initial, "build", lambda *_: Model())
    with pytest.raises(ShipedgeError, match=r"w\.npz.* is damaged") as caught:
        load_initial(Model(), bundle(content), Setup(TASKS["segmenter"], Config(), tmp_path, None))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "manifest",
    [
        "[" * 100_000,
        '{"models": []}',
        '{"models": {"segmenter": 1}}',
        '{"models": {"segmenter": {"weights": {"file": 1' + "0" * 5000 + "}}}}",
        r'{"models": {"segmenter": {"weights": {"file": "\ud800", "sha256": "0"}}}}',
        r'{"models": {"segmenter": {"weights": {"file": "a\u0000", "sha256": "0"}}}}',
        '{"models": {"segmenter": {"weights": {"file": "..", "sha256": "0", "bytes": 1}}}}',
        '{"models": {"segmenter": {"weights": {"file": "w.npz", "sha256": "0", "bytes": 1, "network": [1]}}}}',
        '{"models": {"cascade": 5, "segmenter": {"weights": {"file": "w.npz", "sha256": "0", "bytes": 1}}}, "data": 7}',
    ],
)
def test_manifests_of_others(tmp_path, manifest, monkeypatch):
    (tmp_path / MANIFEST).write_text(manifest)
    monkeypatch.setattr(initial, "ships_digest", lambda _: "")
    monkeypatch.setattr(initial, "build", lambda *_: Model())
    for kind in ("segmenter", "cascade"):
        with pytest.raises(ShipedgeError) as caught:
            load_initial(Model(), tmp_path, Setup(TASKS[kind], Config(), tmp_path, None))
        assert "\n" not in str(caught.value)


def test_entries_that_are_no_objects(tmp_path):
    assert learned_from({"models": {"a": 1}, "data": 7}, "a") == {}
    with pytest.raises(BundleError, match=r"manifest\.json: models\.segmenter\.weights\.file is missing"):
        read_weights(tmp_path, {"models": {"segmenter": {"weights": 3}}}, "segmenter")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK torn",
        CHECKPOINT[:-30],
        saved(pack=np.savez, progress="[" * 50_000),
        saved(pack=np.savez, progress="[1]"),
        saved(pack=np.savez, progress=np.zeros(3)),
        saved(pack=np.savez, model_7=np.zeros(3), progress="{}"),
    ],
)
def test_a_checkpoint_that_is_damaged(tmp_path, content):
    (tmp_path / runs.CHECKPOINT).write_bytes(content)
    model = Model()
    model.set_weights = lambda arrays: None
    model.optimizer = type("O", (), {"variables": []})
    with pytest.raises(ConfigError, match=r"checkpoint\.npz is damaged or belongs to another model"):
        load_checkpoint(model, tmp_path)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"kind": 1, "kind": 2}', "1" * 5000, '"\\ud800"', "NaN"])
def test_a_run_that_is_damaged(tmp_path, text):
    (tmp_path / runs.CONFIG).write_text(text)
    with pytest.raises(ConfigError, match=r"config\.json is damaged"):
        runs.read_run(tmp_path)
