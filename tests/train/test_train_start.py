"""Runs that start from the weights of others."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from shipedge.errors import ConfigError
from shipedge_train.progress import Console
from shipedge_train.runs.checkpoint import load_best, load_checkpoint
from shipedge_train.runs.folder import read_run
from shipedge_train.tasks import TASKS, build
from shipedge_train.training.model import build_trainable
from shipedge_train.training.run import train

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_init_starts_from_the_best_weights_of_another_run(made_dataset, finished, tiny_config, tmp_path):
    first = finished["segmenter"][0]
    still = replace(
        tiny_config("segmenter"), train=replace(tiny_config("segmenter").train, learning_rate=1e-12, epochs=1)
    )
    folder = train("segmenter", made_dataset, still, tmp_path / "on", init=[first], console=Console(lambda _: None))
    weights = []
    for run in (first, folder):
        model = build(TASKS["segmenter"], still)
        load_best(model, read_run(run))
        weights.append([w for v, w in zip(model.variables, model.get_weights(), strict=True) if "kernel" in v.path])
    for before, after in zip(*weights, strict=True):
        np.testing.assert_allclose(before, after, atol=1e-5)
    with pytest.raises(ConfigError, match="holds the segmenter, not the detector"):
        train("detector", made_dataset, tiny_config("detector"), tmp_path / "no", init=[first])
    assert not (tmp_path / "no").exists()


def test_a_share_of_the_weights_at_the_start_is_kept(made_dataset, finished, tiny_config, tmp_path):
    config = tiny_config("segmenter", init_share=0.25, ema=0.0, keep="last")
    start = build(TASKS["segmenter"], config)
    load_best(start, read_run(finished["segmenter"][0]))
    options = {"init": [finished["segmenter"][0]], "console": Console(lambda _: None)}

    def stop_in_the_second_epoch(batches, count, label):
        for _ in range(count):
            if label.startswith("epoch 2"):
                raise KeyboardInterrupt
            yield next(batches)

    with pytest.raises(KeyboardInterrupt):
        train(
            "segmenter",
            made_dataset,
            config,
            tmp_path,
            init=options.pop("init"),
            console=Console(lambda _: None, stop_in_the_second_epoch),
        )
    train("segmenter", made_dataset, config, tmp_path, resume=True, **options)
    end, kept = build_trainable(TASKS["segmenter"], config), build(TASKS["segmenter"], config)
    load_checkpoint(end, tmp_path)
    load_best(kept, read_run(tmp_path))
    changed = False
    for first, last, mean in zip(start.get_weights(), end.get_weights(), kept.get_weights(), strict=True):
        np.testing.assert_allclose(mean, 0.25 * first + 0.75 * last, rtol=1e-5, atol=1e-6)
        changed |= bool(np.abs(first - last).max() > 1e-4)
    assert changed
    with pytest.raises(ConfigError, match=r"train\.init_share keeps weights that a run starts from"):
        train("segmenter", made_dataset, config, tmp_path / "other", console=Console(lambda _: None))
    assert not (tmp_path / "other").exists()


def test_a_run_is_never_validated_on_what_it_learned_from(made_dataset, tiny_config, tmp_path):
    """The split is written into the run; going on, or starting from it, with another split is refused."""
    data = shutil.copytree(made_dataset, tmp_path / "data")
    rows = {"a.jpg": "fold0", "b.jpg": "fold1", "c.jpg": "fold1", "d.jpg": "fold1", "e.jpg": "fold0", "f.jpg": "test"}

    def write(parts):
        lines = [f"{name},{name},{part}" for name, part in parts.items()]
        (data / "splits.csv").write_text("\n".join(["ImageId,Group,Part", *lines]) + "\n")

    write(rows)
    config, folder = tiny_config("detector", 1), tmp_path / "run"
    train("detector", data, config, folder, console=Console(lambda _: None))
    run = read_run(folder)
    assert (run.data["training"], run.data["validation"], run.data["split"]["fold"]) == (3, 2, 0)
    write(rows | {"b.jpg": "fold0"})
    for options in ({"resume": True}, {"init": [folder]}):
        out = folder if "resume" in options else tmp_path / "other"
        with pytest.raises(ConfigError, match="was trained with another split of this data"):
            train("detector", data, config, out, **options, console=Console(lambda _: None))
