"""`shipedge data compare` and `judge`: known differences are found, equal folders are not told apart."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from shipedge import rle
from shipedge.airbus import write_airbus
from shipedge_train.cli.data import data
from shipedge_train.data.compare.boosting import fit_stumps
from shipedge_train.data.compare.crops import CROP, balanced, cut
from shipedge_train.data.compare.distances import gaps, ks_distance, wasserstein_distance
from shipedge_train.data.compare.judge import judge_statistics
from shipedge_train.data.compare.network import judge_network
from shipedge_train.data.compare.ships import describe_ship
from shipedge_train.data.compare.statistics import blockiness, describe, jpeg_quality, spectrum
from shipedge_train.dataset import read_dataset


def write_folder(folder, seed, blur, count=10):
    """Images of noise, blurred by `blur`; every second one shows a bright box."""
    (folder / "images").mkdir(parents=True)
    rng, rows = np.random.default_rng(seed), []
    for number in range(count):
        field = rng.normal(0, 12, (768, 768)).astype(np.float32)
        image = np.clip(cv2.GaussianBlur(field, (0, 0), blur)[..., None] * 2 + (40, 80, 90), 0, 255).astype(np.uint8)
        mask = np.zeros((768, 768), np.uint8)
        if number % 2:
            mask[300:312, 200:250] = 1
            image[mask > 0] = 220
        name = f"{seed}-{number}.jpg"
        cv2.imwrite(str(folder / "images" / name), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        rows.append((name, [rle.encode(mask)] if number % 2 else []))
    write_airbus(folder / "ships.csv", rows)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("compare")
    return {name: write_folder(root / name, seed, blur) for name, seed, blur in (
        ("one", 1, 0.8), ("same", 2, 0.8), ("soft", 3, 1.6),
    )}  # fmt: skip


def test_distances_of_known_samples():
    low, high = np.arange(10.0), np.arange(10.0) + 5
    assert ks_distance(low, high) == pytest.approx(0.5)
    spread = np.concatenate([low, high]).std()
    assert wasserstein_distance(low, high) == pytest.approx(5 / spread)
    assert ks_distance(low, low) == wasserstein_distance(low, low) == 0
    found = gaps({"far": [0, 1], "near": [0.0, 1]}, {"far": [5, 6], "near": [0.0, 1], "only here": [1]})
    assert [gap.name for gap in found] == ["far", "near"]


@pytest.mark.parametrize("quality", [40, 75, 85, 95])
def test_the_quality_of_a_jpeg_is_read_from_its_table(quality):
    _, file = cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert jpeg_quality(file.tobytes()) == pytest.approx(quality, abs=0.6)
    assert jpeg_quality(file.tobytes()[:20]) is None
    assert jpeg_quality(b"not an image") is None


def test_statistics_see_what_was_done_to_a_image():
    rng = np.random.default_rng(0)
    noise = rng.integers(60, 140, (128, 128, 3), dtype=np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), 2)
    sharp, blurred = describe(noise), describe(soft)
    assert blurred["fine detail"] < 0.3 * sharp["fine detail"]
    assert blurred["power 1.4 px"] < sharp["power 1.4 px"] - 3
    red = describe(np.full((128, 128, 3), (200, 50, 50), np.uint8))
    assert red["red - green"] == 150
    assert red["flat share"] == 1
    assert all(np.isfinite(list(red.values())))
    coarse = cv2.imdecode(cv2.imencode(".jpg", soft, [cv2.IMWRITE_JPEG_QUALITY, 10])[1], cv2.IMREAD_GRAYSCALE)
    assert blockiness(coarse.astype(np.float32)) > 1.5 > blockiness(noise[:, :, 0].astype(np.float32))


def test_white_noise_has_a_flat_spectrum():
    noise = np.random.default_rng(0).normal(100, 10, (256, 256)).astype(np.float32)
    assert np.ptp(spectrum(noise)[:5]) < 0.3


def test_a_ship_is_compared_with_the_water_around_it():
    pixels = np.full((100, 100, 3), (20, 40, 60), np.uint8)
    mask = np.zeros((100, 100), np.uint8)
    mask[40:50, 20:60] = 1
    pixels[41:49, 21:59] = 220  # the label is a pixel larger all round
    ship = describe_ship(pixels, mask, mask)
    assert ship["ship length"] == pytest.approx(40)
    assert ship["ship width"] == pytest.approx(10)
    assert ship["label covered by ship"] == pytest.approx(8 * 38 / 400)
    assert ship["ship fills its rectangle"] == pytest.approx(1)
    assert ship["ring unlike its median"] == 0
    assert describe_ship(pixels, mask * 0, mask) is None


def test_crops_are_balanced_and_no_scene_is_in_two_folds(folders):
    one, other = read_dataset(folders["one"]), read_dataset(folders["soft"])[:7]
    assert [sum(bool(p.ships) for p in side) for side in balanced(one, other)] == [3, 3]
    crops = cut(one, other, per_image=4, folds=3)
    assert crops.pixels.shape == (2 * 7 * 4, CROP, CROP, 3)
    assert (crops.side == 0).sum() == (crops.side == 1).sum()
    for group in np.unique(crops.group):
        assert len(np.unique(crops.fold[crops.group == group])) == len(np.unique(crops.side[crops.group == group])) == 1


def test_stumps_find_the_column_that_matters():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(400, 5))
    target = (np.abs(table[:, 3]) > 0.7).astype(np.int64)  # no line separates it
    model = fit_stumps(table[:300], target[:300])
    assert model.gain.argmax() == 3
    assert ((model.scores(table[300:]) > 0) == target[300:]).mean() > 0.95


def test_the_judge_knows_soft_from_sharp_and_not_same_from_same(folders):
    one = read_dataset(folders["one"])
    told, why = judge_statistics(cut(one, read_dataset(folders["soft"]), 4, 5))
    assert told.accuracy > 0.95
    assert told.low <= told.accuracy <= told.high
    assert sum(why.values()) == pytest.approx(1)
    guess, _ = judge_statistics(cut(one, read_dataset(folders["same"]), 4, 5))
    assert 0.25 < guess.accuracy < 0.75


def test_the_network_knows_soft_from_sharp(folders):
    crops = cut(read_dataset(folders["one"]), read_dataset(folders["soft"]), 8, 2)
    assert judge_network(crops, epochs=4).accuracy > 0.8


def test_compare_prints_and_writes(folders, tmp_path):
    arguments = ["compare", str(folders["one"]), str(folders["soft"])]
    result = CliRunner().invoke(data, [*arguments, "--images", "4", "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "4 images | 4 images" in result.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"gaps.json", "sides.png"}
    assert cv2.imread(str(tmp_path / "out" / "sides.png")).shape[1] > 1900
    result = CliRunner().invoke(data, [*arguments, "--images", "4", "--json"])
    assert json.loads(result.output)[0]["ks"] == 1


def test_judge_prints_json(folders):
    result = CliRunner().invoke(data, ["judge", str(folders["one"]), str(folders["soft"]), "--crops", "2", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert report["crops"] == 40
    assert report["statistics"]["accuracy"] > 0.9


def test_too_few_images_are_one_sentence(folders):
    from shipedge.errors import DatasetError

    one = read_dataset(folders["one"])
    with pytest.raises(DatasetError, match="expected at least 5"):
        cut(one, one[:2], 2, 2)
