from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from shipedge.errors import DatasetError
from shipedge_train.config import DataConfig
from shipedge_train.dataset import Image, read_dataset
from shipedge_train.loader.sampling import Sampler


def column(length, x=100):
    """A ship of one column: `length` pixels high."""
    return f"{x * 768 + 100} {length}"


def image(name, *ships):
    return Image(Path(name), ships, name)


def drawn(sampler, count=4000, crops=1):
    rng = np.random.default_rng(5)
    return [sampler.draw(rng, crops) for _ in range(count)]


def shares(sampler):
    names = Counter(found.path.name for found, _ in drawn(sampler))
    return {name: count / names.total() for name, count in names.items()}


def test_shares_of_ships_and_empty_images(made_dataset):
    images = read_dataset(made_dataset)
    sampler = Sampler(images, DataConfig(ship_share=0.5, empty_share=0.3))
    ships = sum(bool(found.ships) for found, _ in drawn(sampler)) / 4000
    assert ships == pytest.approx(0.5 + 0.2 * 4 / 6, abs=0.03)  # the rest is drawn from all six images


@pytest.mark.parametrize(("balance", "large"), [(0.0, 0.1), (0.5, 0.3), (1.0, 0.5)])
def test_size_classes_are_made_equal_as_far_as_asked(balance, large):
    small = [column(8, x) for x in range(0, 90, 10)]
    images = [image("small", *small), image("large", column(100))]
    sampler = Sampler(images, DataConfig(ship_share=1.0, empty_share=0.0, size_balance=balance))
    assert shares(sampler)["large"] == pytest.approx(large, abs=0.03)


def test_hard_images_come_as_often_as_their_weights_say():
    images = [image("ship", column(9)), image("easy"), image("hard"), image("never")]
    sampler = Sampler(images, DataConfig(ship_share=0.0, empty_share=1.0), {"hard": 3.0, "never": 0.0})
    assert shares(sampler) == pytest.approx({"easy": 0.25, "hard": 0.75}, abs=0.03)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_none(weight):
    with pytest.raises(DatasetError, match=r"weight of a .*expected a number from 0 up"):
        Sampler([image("a", column(9))], DataConfig(), {"a": weight})


def test_a_hard_image_of_the_validation_side_is_refused():
    with pytest.raises(DatasetError, match="held-back, which is not among the images to learn from"):
        Sampler([image("a", column(9))], DataConfig(), {"held-back": 2.0})


def test_crops_of_one_image_lie_around_its_ships():
    sampler = Sampler([image("a", column(9), column(9, 700)), image("b", column(9))], DataConfig(ship_share=1.0))
    for found, centers in drawn(sampler, 200, crops=5):
        assert len(centers) == 5
        xs = {100.0, 700.0} if found.path.name == "a" else {100.0}
        assert all(min(abs(x - ship) for ship in xs) <= 0.35 * 256 + 1 for _, x in centers)


def test_ships_without_any_are_a_sentence():
    with pytest.raises(DatasetError, match=r"none of 1 images has ships, but data.ship_share is 0.6"):
        Sampler([image("a")], DataConfig())


def test_a_bad_ship_names_its_image():
    with pytest.raises(DatasetError, match=r"^a\.jpg: "):
        Sampler([image("a.jpg", "1 2 3")], DataConfig())
