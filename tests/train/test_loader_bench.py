import json
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from shipedge.errors import DatasetError
from shipedge_train.cli.data.bench import bench
from shipedge_train.dataset import read_dataset
from shipedge_train.loader import Loader
from shipedge_train.loader.bench.contenders import CONTENDERS, Contender, Job, check
from shipedge_train.loader.bench.plan import FLIPS, SEED
from shipedge_train.loader.bench.run import scratch


def run(*arguments):
    return CliRunner().invoke(bench, [str(a) for a in arguments])


def test_json_has_a_figure_for_each_contender(made_dataset):
    done = run(made_dataset, "--crop", "256", "--only", "in memory", "--seconds", "0.1", "--json")
    assert done.exit_code == 0, done.output
    (plain, varied) = json.loads(done.stdout)
    assert plain["name"] == "shipedge, decoded images in memory"
    assert plain["samples_per_s"] > 0
    assert not plain["failed"]
    assert varied["crop"] == 256


@pytest.mark.parametrize(
    "name", ["tf.data, decode_and_crop_jpeg", "PyDataset, threads", "shipedge, decoded images on disk"]
)
def test_all_make_the_same_crops(made_dataset, name):
    with scratch(made_dataset, peers=True) as (masks, cache):
        assert check(name, Job(made_dataset, masks, cache, 256, 1, 0.1)) == ""


def test_other_crops_are_not_timed(made_dataset, monkeypatch):
    def others(job, _shuffle):
        return Loader(read_dataset(job.data), job.config(), FLIPS, SEED + 1).batches()

    monkeypatch.setitem(CONTENDERS, "wrong", Contender(others))
    with scratch(made_dataset, peers=False) as (masks, cache):
        assert check("wrong", Job(made_dataset, masks, cache, 256, 1, 0.1)) == "other masks"


def test_an_unknown_contender_is_a_sentence(made_dataset):
    done = run(made_dataset, "--only", "dali")
    assert done.exit_code == 1
    assert "no contender is called 'dali'" in done.output


def test_the_loader_needs_neither_keras_nor_tensorflow():
    code = (
        "import sys, shipedge_train.loader, shipedge_train.loader.bench.contenders\n"
        "print({'keras', 'tensorflow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_folder_that_is_no_dataset(tmp_path):
    done = run(tmp_path)
    assert isinstance(done.exception, DatasetError)  # the `shipedge` group makes a sentence of it
    assert "is not a dataset" in str(done.exception)


def test_a_image_that_cannot_be_read_fails_the_run(made_dataset, tmp_path):
    folder = tmp_path / "set"
    shutil.copytree(made_dataset, folder)
    for path in (folder / "images").iterdir():
        path.write_bytes(b"no image")
    done = run(folder, "--crop", "256", "--only", "every crop decoded", "--seconds", "0.1")
    assert done.exit_code == 1
    assert "not an image that shipedge reads" in done.output
    assert "the loader failed" in done.output
