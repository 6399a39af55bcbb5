"""Cross-validation on a tiny dataset: every image judged once, by a network that never saw it."""

import json
import shutil
from dataclasses import asdict

import numpy as np
import pytest

from shipedge.backends import open_model
from shipedge.bundle import load_bundle
from shipedge.errors import ConfigError
from shipedge.evaluate import read_prediction
from shipedge.formats.splits import NAME
from shipedge_train.crossval import VARIANTS, Others, cross_validate
from shipedge_train.dataset import read_dataset
from shipedge_train.dataset.splits import write_splits
from shipedge_train.export import Conversion, convert
from shipedge_train.progress import Console

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PARTS = {"a.jpg": 0, "b.jpg": 1, "c.jpg": 0, "d.jpg": 0, "e.jpg": 1, "f.jpg": 1}


@pytest.fixture
def data(made_dataset, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(made_dataset, folder)
    write_splits(folder / NAME, [(name, name, f"fold{fold}") for name, fold in PARTS.items()])
    return folder


def test_every_image_is_judged_by_the_fold_that_held_it_back(data, tiny_config, tmp_path):
    out, lines = tmp_path / "out", []
    config = tiny_config("cascade")
    assert cross_validate(data, config, out, only=[1], console=Console(lines.append)) is None
    assert lines[-1] == "not judged yet: fold0"
    first = (out / "fold1" / "seen.npz").stat().st_mtime_ns
    found = cross_validate(data, config, out, console=Console(lines.append))
    assert (out / "fold1" / "seen.npz").stat().st_mtime_ns == first  # not done again
    for fold in (0, 1):
        with np.load(out / f"fold{fold}" / "seen.npz") as file:
            assert sorted(file["names"].tolist()) == [name for name, part in PARTS.items() if part == fold]
        run = json.loads((out / f"fold{fold}" / "config.json").read_text())
        assert (run["config"]["data"]["fold"], run["config"]["train"]["keep"]) == (fold, "last")
    assert set(found) == set(VARIANTS) == set(json.loads((out / "scores.json").read_text()))
    assert set(found["cascade"]["thresholds"]) == {"fold0", "fold1"}
    assert found["segmenter-alone"]["thresholds"]["fold0"]["cell"] == 0
    for name in VARIANTS:
        assert sorted(read_prediction(out / name).ships) == sorted(PARTS)

    with pytest.raises(ConfigError, match="fold0 was judged with another configuration"):
        cross_validate(data, tiny_config("cascade", epochs=1), out)
    (data / NAME).unlink()
    write_splits(data / NAME, [(name, name, f"fold{1 - fold}") for name, fold in PARTS.items()])
    with pytest.raises(ConfigError, match="fold0 was trained with another split of this data"):
        cross_validate(data, config, out)


def test_a_bundle_may_bring_the_detector(data, finished, tiny_config, tmp_path):
    out, lines = tmp_path / "out", []
    bundle = convert(
        [finished["cascade"][0]], tmp_path / "b", Conversion(["none"], window=192), console=Console(lines.append)
    )
    path = bundle / "manifest.json"
    with pytest.raises(ConfigError, match=r"the detector of .* has learned from"):
        cross_validate(data, tiny_config("cascade"), out, others=Others(detector=bundle))
    table = json.loads(path.read_text())
    for model in table["models"].values():
        model["data"]["ships_csv_sha256"] = "0" * 64
    path.write_text(json.dumps(table))
    cross_validate(data, tiny_config("cascade"), out, console=Console(lines.append))
    own = read_prediction(out / "cascade").scores
    found = cross_validate(
        data, tiny_config("cascade"), out, others=Others(detector=bundle), console=Console(lines.append)
    )  # trains nothing
    assert found["thresholds-kept"]["thresholds"]["fold0"] == asdict(load_bundle(bundle).thresholds)
    detector = open_model(load_bundle(bundle).detector, 1)
    expected = {p.path.name: round(detector(p.pixels()).max() / 256, 4) for p in read_dataset(data)}
    assert read_prediction(out / "cascade").scores == expected != own


def test_trouble_is_one_sentence(data, made_dataset, tiny_config, tmp_path):
    with pytest.raises(ConfigError, match=r"has no splits\.csv: make it with `shipedge data split"):
        cross_validate(made_dataset, tiny_config("cascade"), tmp_path / "out")
    with pytest.raises(ConfigError, match="has the folds 0 to 1, but fold 7 is asked for"):
        cross_validate(data, tiny_config("cascade"), tmp_path / "out", only=[7])
    assert not (tmp_path / "out").exists()
