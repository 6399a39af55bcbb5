"""A bundle alone: converted again from the weights that it carries."""

import json
import shutil

import numpy as np
import pytest

from shipedge.backends import open_model
from shipedge.bundle import load_bundle
from shipedge.errors import ConfigError, DatasetError
from shipedge_train.dataset import read_dataset
from shipedge_train.export import Conversion, convert, job
from shipedge_train.progress import Console

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def quiet(_line):
    pass


@pytest.fixture(scope="module")
def bundle(finished, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundle") / "b"
    return convert([finished["cascade"][0]], out, Conversion(["none"], window=192), console=Console(quiet))


def test_it_gets_new_variants_and_keeps_what_it_has(bundle, made_dataset, tmp_path):
    lines = []
    out = convert(
        [bundle], tmp_path / "new", Conversion(["none", "float16"]), data=made_dataset, console=Console(lines.append)
    )
    before, after = load_bundle(bundle), load_bundle(out)
    assert [file.content for file in after.models] == [file.content for file in before.models]
    assert sum(": as it was, " in line for line in lines) == 2
    assert after.points == before.points  # three images choose nothing
    pixels = read_dataset(made_dataset)[0].pixels()
    for old, new in zip(before.models, after.variant("float16"), strict=True):
        window = np.ascontiguousarray(pixels[: old.window, : old.window])
        np.testing.assert_allclose(open_model(new, 1)(window).astype(int), open_model(old, 1)(window), atol=1)
    assert sorted(path.name for path in out.iterdir()) == [
        "cascade.weights.npz", "detector.float16.tflite", "detector.tflite", "manifest.json",
        "segmenter.float16.tflite", "segmenter.tflite",
    ]  # fmt: skip


def test_enough_images_choose_the_other_points_and_leave_the_careful_one(bundle, made_dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(job, "ENOUGH", 2)
    old = shutil.copytree(bundle, tmp_path / "old")
    manifest = json.loads((old / "manifest.json").read_text())
    del manifest["points"]
    (old / "manifest.json").write_text(json.dumps(manifest))
    out = convert([old], old, Conversion(["none"]), data=made_dataset, console=Console(quiet))
    after = load_bundle(out)
    assert after.thresholds == load_bundle(bundle).thresholds
    assert set(after.points) == {"careful", "balanced", "sensitive"}
    scores = after.manifest["scores"]["points"]
    assert set(scores["sensitive"]) == {"precision", "recall", "f2", "dice"}
    assert scores["sensitive"]["recall"] >= scores["balanced"]["recall"] >= scores["careful"]["recall"]


def test_what_it_cannot_be_converted_from_is_named(bundle, made_dataset, tmp_path):
    with pytest.raises(ConfigError, match="--data says on which images to calibrate"):
        convert([bundle], tmp_path / "new", console=Console(quiet))
    with pytest.raises(DatasetError, match="is not a dataset"):
        convert([bundle], tmp_path / "new", data=tmp_path, console=Console(quiet))
    old = shutil.copytree(bundle, tmp_path / "old")
    manifest = json.loads((old / "manifest.json").read_text())
    widths = manifest["models"]["detector"]["weights"]["model"]["widths"]
    widths[0] += 1
    (old / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConfigError, match="is damaged or of another network"):
        convert([old], tmp_path / "new", data=made_dataset, console=Console(quiet))
    del manifest["models"]["detector"]["weights"]["model"]
    (old / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConfigError, match=r"models\.detector\.weights does not say how its network is built"):
        convert([old], tmp_path / "new", data=made_dataset, console=Console(quiet))
